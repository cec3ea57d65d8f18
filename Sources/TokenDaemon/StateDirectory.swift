// The directory that everything durable is in: that it is private, that nobody else works on it, and that its database is
// whole enough to be opened.

internal import Linux
internal import Store
internal import Tokens

/// A state directory that this process alone works on, as long as the value lives.
struct StateDirectory: ~Copyable {
  let path: String
  private let lock: FileLock

  /// Takes the directory, which is made if it is not there.
  /// - Throws: if it belongs to somebody else, others may enter it, or another daemon works on it.
  init(_ path: String) throws(Daemon.Failure) {
    let owner: System.Ownership
    do throws(Errno) {
      owner = try System.makePrivateDirectory(path)
    } catch {
      throw Daemon.Failure("\(path): \(error)")
    }
    // Whoever else can write there can put another database in the place of this one, and so make tokens.
    guard owner.uid == System.effectiveUser || owner.uid == 0, owner.mode & 0o077 == 0 else {
      throw Daemon.Failure(
        "\(path): belongs to uid \(owner.uid) with mode \(String(owner.mode, radix: 8)): it must be the daemon's own, with mode 700"
          + (owner.uid == System.effectiveUser
            ? ": chmod 700 \(path), and see who could have changed what is in it"
            : System.effectiveUser == 0 ? "; root runs this as the daemon's user, with runuser(1)" : "")
      )
    }
    do throws(FileLock.Failure) {
      lock = try FileLock(at: path + "/tokend.lock")
    } catch {
      switch error {
      case .held(let pid):
        throw Daemon.Failure(
          "\(path): another tokend (pid \(pid)) is running on this state directory: stop it first, or choose another directory"
        )
      case .system(let error): throw Daemon.Failure("\(path)/tokend.lock: \(error)")
      }
    }
    self.path = path
  }

  private var database: String { path + "/tokend.db" }

  /// Where a backup is copied to before it takes the database's place.
  var copyToRestore: String { path + "/restore.tmp" }

  /// Removes that copy, and what SQLite had beside it.
  func removeCopyToRestore() {
    for suffix in ["", "-wal", "-shm", "-journal"] { System.remove(copyToRestore + suffix) }
  }

  /// Says that a backup is taking the database's place, and under which name that one is kept. It is there without a
  /// database only if that was cut off.
  private var restoring: String { path + "/tokend.restoring" }
  /// More than any mark has: a time, and a number.
  private static let markBytes = 64

  /// Space that is held back for a full disk. Only a daemon that has opened the database makes it.
  var reserve: String { path + "/tokend.reserve" }

  /// Where a backup is written while it is not whole.
  var backup: String { path + "/backup.tmp" }

  /// Opens the database. A new one is made beside its place and moved there when it is whole, so that what stands in its
  /// place and is not whole is damage, never a beginning.
  func openStore() throws(Daemon.Failure) -> TokenStore {
    do {
      if let bytes = try System.regularFileBytes(database) {
        try Self.check(bytes: bytes)
        // Of a restore that was cut off before it had moved anything, or after it had moved all.
        removeCopyToRestore()
        System.remove(restoring)
      } else if try isThere(restoring) || isThere(copyToRestore) {
        throw StartFailure.missing("as a restore was cut off: restore the backup again")
      } else if try isThere(database + "-wal") {
        throw StartFailure.missing("but its write-ahead log is there: restore a backup")
      } else if try isThere(reserve) {
        throw StartFailure.missing(
          "but a daemon has worked here before: restore a backup; or remove \(reserve) to begin anew, with no tokens")
      } else {
        try make()
        Log.write(.databaseMade, "there was no \(database): a new one was made, with no tokens")
      }
      return try open()
    } catch {
      throw Daemon.Failure("\(database) \(error)")
    }
  }

  /// What is held back for a full disk is given up if the log can't be written again without it: verdicts come first.
  private func open() throws(StartFailure) -> TokenStore {
    do throws(StartFailure) { return try TokenStore(path: database, vfs: nil) } catch {
      guard error == .full, var held = try? ReservedFile(at: reserve, makingIt: false), held.give(held.bytes) else {
        throw error
      }
      return try TokenStore(path: database, vfs: nil)
    }
  }

  /// - Throws: if a database can't be so small. The header alone has 100 bytes; SQLite takes less for a new database, and
  ///   would write over it.
  static func check(bytes: Int) throws(StartFailure) {
    guard bytes >= 100 else { throw .damaged("it has only \(bytes) bytes") }
  }

  /// Under which names a restore has kept what was there.
  struct Kept: CustomStringConvertible {
    /// The database that was in use; nil if there was none.
    fileprivate(set) var database: String?
    /// What a restore that did not come to its end had put in its place, if so.
    fileprivate(set) var unfinished: String?

    var isEmpty: Bool { database == nil && unfinished == nil }

    var description: String {
      [
        database.map { "the database that was there is kept as \($0)" },
        unfinished.map { "what a restore that did not come to its end had put there, as \($0)" },
      ].compactMap { $0 }.joined(separator: ", ")
    }
  }

  /// Puts a whole database in the place of the one that is there.
  /// - Throws: what is in the database's place, if a file could not be moved.
  func replaceDatabase(with new: String, at now: Instant) throws(Daemon.Failure) -> Kept {
    var moved: [String] = []
    var old = ""
    var begun: String?
    do throws(Errno) {
      begun = try keptByUnfinished()
      if let begun, try !isThere(database) { old = begun } else { old = try markRestoring(begun, at: now) }
      // The database first: without its log it would be as it was a while ago, and nobody would notice. A start that
      // finds a log, or the mark, but no database, refuses.
      for suffix in ["", "-wal", "-shm"] where try isThere(database + suffix) {
        try System.move(database + suffix, to: old + suffix)
        moved.append(suffix)
        try System.sync(directory: path)
      }
      try System.move(new, to: database)
    } catch {
      // The database last, for the same reason, and only if all else is back.
      let isBack =
        moved.reversed().allSatisfy { (try? System.move(old + $0, to: database + $0)) != nil } && begun == nil
      if isBack, (try? System.sync(directory: path)) != nil { System.remove(restoring) }
      throw Daemon.Failure(
        "\(path): \(error): "
          + (isBack
            ? "nothing was changed"
            : "what was there is kept as \(begun ?? "tokend.db.before-restore-…"): restore the backup again"))
    }
    // A log alone is no database that could be looked into.
    var kept = Kept(database: moved.contains("") ? old : nil)
    if let begun { kept = Kept(database: begun, unfinished: moved.contains("") ? old : nil) }
    do throws(Errno) { try System.sync(directory: path) } catch {
      throw Daemon.Failure(
        "\(path): \(error): the backup is in place, but perhaps not on the disk: see to the disk, and restore it again"
          + (kept.isEmpty ? "" : "; \(kept)"))
    }
    System.remove(restoring)
    return kept
  }

  private var namesOfKept: String { "\(database).before-restore-" }

  /// Where a restore that did not come to its end has put the database that was in use; nil if there was none.
  private func keptByUnfinished() throws(Errno) -> String? {
    // A mark without a name is of one that has moved nothing.
    guard let number = try File.read(restoring, most: Self.markBytes), !number.isEmpty else { return nil }
    let kept = namesOfKept + String(decoding: number, as: UTF8.self)
    return try isThere(kept) ? kept : nil
  }

  /// Writes down that a backup takes the database's place, unless the mark of a restore before says where the one in use
  /// is.
  /// - Returns: the name to keep under what is there.
  private func markRestoring(_ begun: String?, at now: Instant) throws(Errno) -> String {
    let name = try unusedName(namesOfKept + "\(now.seconds)")
    guard begun == nil else { return name }
    System.remove(restoring)
    let mark = try File.new(restoring)
    try File.write(Array(name.dropFirst(namesOfKept.count).utf8).span, to: mark)
    try File.sync(mark)
    try System.sync(directory: path)
    return name
  }

  /// `name`, or with a number behind it if a file has that name.
  private func unusedName(_ name: String) throws(Errno) -> String {
    var number = 1
    while true {
      let candidate = number == 1 ? name : "\(name)-\(number)"
      if try !isThere(candidate), try !isThere(candidate + "-wal") { return candidate }
      number += 1
    }
  }

  private func isThere(_ file: String) throws(Errno) -> Bool { try System.regularFileBytes(file) != nil }

  private func make() throws {
    let new = database + ".new"
    // What a start that was cut off has left.
    for leftover in [new, new + "-wal", new + "-shm", new + "-journal"] { System.remove(leftover) }
    try TokenStore.make(at: new)
    try System.move(new, to: database)
    try System.sync(directory: path)
  }
}
