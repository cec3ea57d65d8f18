// Keeping a database from being worked on while its file is read or moved.

internal import Linux

/// As long as it lives no daemon works on a database: it shares the bytes that SQLite locks to work on one alone
/// (sqlite.org/lockingv3.html), which tells of a daemon whatever name it has opened the database by.
struct DatabaseHold: ~Copyable {
  /// SQLite's SHARED_FIRST and SHARED_SIZE: behind its PENDING and RESERVED bytes, which begin at 1 GiB.
  private static let shared: Range<Int64> = 0x4000_0002..<0x4000_0002 + 510

  private let lock: FileLock

  /// - Parameter advice: what to do if a daemon works on it.
  init(of path: String, named name: String, advice: String) throws(RestoreRefusal) {
    do throws(FileLock.Failure) { lock = try FileLock(sharing: Self.shared, of: path) } catch {
      switch error {
      case .held(let pid):
        throw RestoreRefusal("\(name): a process\(pid > 0 ? " (pid \(pid))" : "") works on it: \(advice)")
      case .system(let error): throw RestoreRefusal("\(name): \(error)")
      }
    }
  }
}
