// The directory that everything durable is in: that it is private, that nobody else works on it, and that its database is
// whole enough to be opened.

internal import Linux
internal import Store
internal import Tokens

/// A state directory that this process alone works on, as long as the value lives.
struct StateDirectory: ~Copyable {
  static let databaseName = "tokend.db"
  static let lockName = "tokend.lock"
  private static let copyToRestoreName = "restore.tmp"
  private static let backupName = "backup.tmp"
  private static let newName = "tokend.db.new"
  /// Names of databases that are being made, and may not be whole.
  static let unfinished = [copyToRestoreName, backupName, newName]

  let path: String
  private let lock: FileLock

  /// Takes the directory.
  /// - Parameter makingIt: whether it is made if it is not there. A daemon begins where a backup would lie unnoticed if a
  ///   word was mistyped.
  /// - Throws: if it is not there, belongs to somebody else, others may enter it, or another daemon works on it.
  init(_ path: String, makingIt: Bool) throws(Daemon.Failure) {
    let owner: System.Ownership
    do throws(Errno) {
      owner = try System.privateDirectory(path, makingIt: makingIt)
    } catch {
      throw Daemon.Failure(
        error.isAbsence && !makingIt
          ? "there is no \(path): name the daemon's state directory with --state-dir" : "\(path): \(error)")
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
      lock = try FileLock(at: "\(path)/\(Self.lockName)")
    } catch {
      switch error {
      case .held(let pid):
        throw Daemon.Failure(
          "\(path): another tokend (pid \(pid)) works on this state directory: stop it first, or choose another directory"
        )
      case .system(let error): throw Daemon.Failure("\(path)/\(Self.lockName): \(error)")
      }
    }
    self.path = path
  }

  /// What says that somebody works on it.
  var lockPath: String { "\(path)/\(Self.lockName)" }

  private var database: String { "\(path)/\(Self.databaseName)" }

  /// Where a backup is copied to before it takes the database's place.
  var copyToRestore: String { "\(path)/\(Self.copyToRestoreName)" }

  /// Removes that copy, and what SQLite had beside it.
  func removeCopyToRestore() { DatabaseFiles(copyToRestore).remove() }

  private var mark: RestoreMark { RestoreMark(in: path) }

  /// Space that is held back for a full disk. Only a daemon that has opened the database makes it.
  var reserve: String { path + "/tokend.reserve" }

  /// Where a backup is written while it is not whole.
  var backup: String { "\(path)/\(Self.backupName)" }

  /// Opens the database. A new one is made beside its place and moved there when it is whole, so that what stands in its
  /// place and is not whole is damage, never a beginning.
  func openStore() throws(Daemon.Failure) -> TokenStore {
    do {
      let cutOff = try CutOffRestore.find(in: path, of: database, copyingTo: DatabaseFiles(copyToRestore), mark)
      if let bytes = try System.regularFileBytes(database) {
        try Self.check(bytes: bytes)
        try checkWhatIsBeside()
        try cutOff?.end()
        tidy()
      } else if cutOff != nil {
        throw StartFailure.missing("as a restore was cut off: restore the backup again")
      } else if try System.isFile(at: DatabaseFiles(database).log) {
        throw StartFailure.missing("but its write-ahead log is there: restore a backup")
      } else if try System.isFile(at: reserve) {
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

  /// Removes what was being written when something was cut off, and nothing asks about.
  private func tidy() {
    removeCopyToRestore()
    mark.removeUnfinished()
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

  /// - Throws: if SQLite would open what is no file, and wait for ever if it is a pipe.
  private func checkWhatIsBeside() throws(StartFailure) {
    for file in DatabaseFiles(database).beside {
      do throws(Errno) { _ = try System.regularFileBytes(file) } catch {
        throw error.isNoFile
          ? .unfinished("\(file) is no regular file (\(error.text)): see what that is, and remove it")
          : .system("\(file): \(error)")
      }
    }
  }

  /// Begins to put a whole database in the place of the one that is there, which is kept.
  func beginReplacement() throws(RestoreRefusal) -> Replacement {
    try Replacement(of: database, in: path, mark, hasCopy: RestoreRefusal.asking(copyToRestore, System.isFile))
  }

  private func make() throws {
    let new = "\(path)/\(Self.newName)"
    // What a start that was cut off has left.
    DatabaseFiles(new).remove()
    try TokenStore.make(at: new)
    try System.move(new, to: database)
    try System.sync(directory: path)
  }
}
