// Whether a copy of the database is worth keeping.

internal import Linux
internal import Store
private import Synchronization

/// Reads all of a copy on a thread of its own, which gives way to all others: a backup of a damaged database would take the
/// place of a good one, and be found useless when it is needed.
final class CopyCheck {
  /// What a copy has been found to hold.
  struct Contents {
    let tokens: Int
    let revision: UInt64
    /// The trail's chain as of that revision.
    let chain: [UInt8]
  }

  private final class Answer: Sendable {
    let held = Mutex<Result<Void, StartFailure>?>(nil)
  }

  private let answer = Answer()
  private let thread: Linux.Thread

  /// Begins to check the copy at `path`, and calls `tell` on its thread when `result` is there.
  init(of path: String, whenEnded tell: @escaping @Sendable () -> Void) throws(Errno) {
    thread = try Linux.Thread(named: "tokend-check") { [answer] in
      Linux.Thread.takeTurns(of: Limits.threadSlice, nicerBy: Limits.checkNiceness)
      let result: Result<Void, StartFailure>
      do throws(StartFailure) {
        _ = try Self.verify(path, after: nil)
        result = .success(())
      } catch {
        result = .failure(error)
      }
      answer.held.withLock { $0 = result }
      tell()
    }
  }

  /// What came of it; nil while it runs.
  var result: Result<Void, StartFailure>? {
    guard let result = answer.held.withLock({ $0 }) else { return nil }
    thread.join()
    return result
  }

  /// Opens a copy as a daemon would, which brings it to the newest schema, and checks all of it.
  /// - Parameter earlier: what was there before the changes in its log; nil if that is not known. A log that is another
  ///   database's goes on from another trail.
  static func verify(_ path: String, after earlier: Contents?) throws(StartFailure) -> Contents {
    let bytes: Int
    do throws(Errno) { bytes = try System.regularFileBytes(path) ?? 0 } catch { throw .system("\(error)") }
    try StateDirectory.check(bytes: bytes)
    let store = try TokenStore(path: path, vfs: nil)
    try store.checkIntegrity()
    let tokens = try store.tokenCount()
    let (chain, finding): ([UInt8]?, String?)
    do throws(SQLiteError) {
      chain = try store.audit.chain(at: store.audit.revision)
      finding = try Self.finding(in: store, after: earlier)
    } catch {
      throw StartFailure(error)
    }
    if let finding { throw .damaged(finding) }
    let contents = Contents(tokens: tokens, revision: store.audit.revision, chain: chain ?? [])
    try store.finish()
    return contents
  }

  /// What is wrong with the trail, or with the tokens beside it; nil if nothing is.
  private static func finding(in store: TokenStore, after earlier: Contents?) throws(SQLiteError) -> String? {
    if let problem = try store.audit.problem() { return "its audit trail is broken: \(problem)" }
    if let earlier, earlier.revision <= store.audit.revision,
      try store.audit.chain(at: earlier.revision) != earlier.chain
    {
      return "its log is another database's"
    }
    return try store.disagreementWithTrail()
  }
}
