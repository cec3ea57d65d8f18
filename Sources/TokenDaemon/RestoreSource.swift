// What is restored: a database that nobody changes while it is copied.

internal import Linux

/// A database that is to be restored, with all that belongs to it. As long as the value lives, no daemon begins to work on
/// it.
struct RestoreSource: ~Copyable {
  /// As whoever restores it has named it.
  let name: String
  /// Without links: its log is beside the file itself.
  private let files: DatabaseFiles
  /// Where its log is, if it has one.
  let log: String?
  /// Of the state directory that it is the database of, if it is one's.
  private let lock: FileLock?

  /// - Parameters:
  ///   - file: its path.
  ///   - own: the state directory that this process has locked.
  /// - Throws: if it can't be found, a daemon works on it, or its log is elsewhere, as far as that can be seen: without its
  ///   log a database is as it was a while ago.
  init(_ file: String, unlessIn own: borrowing StateDirectory) throws(Daemon.Failure) {
    let path = try Self.asked(file, System.realPath)
    guard try path != Self.asked(own.path, System.realPath) + "/" + StateDirectory.copyToRestoreName else {
      throw Daemon.Failure("\(file): is what a restore was making: name the backup; nothing was changed")
    }
    let files = DatabaseFiles(path)
    // First: a daemon that began now could make a log.
    let lock = try Self.lock(files, named: file, unlessIn: own)
    let names = try Self.asked(path, System.names(ofFile:))
    guard names == 1 else {
      throw Daemon.Failure(
        "\(file): it has \(names) names (ln(1)), and its log may be beside another: copy it, and that log if there is one, to a directory of their own, and name the copy; nothing was changed"
      )
    }
    if try Self.asked(files.rollback, System.isFile) {
      throw Daemon.Failure(
        "\(file): another program was cut off while it changed it, and has left \(files.rollback): open it with sqlite3(1) once, which takes that back; nothing was changed"
      )
    }
    let log = try Self.asked(files.log, System.isFile) ? files.log : nil
    if log == nil { try Self.checkThatLogIsNotElsewhere(files, named: file) }
    (name, self.files, self.log, self.lock) = (file, files, log, lock)
  }

  /// What a call says of a path.
  private static func asked<Answer>(
    _ path: String, _ call: (String) throws(Errno) -> Answer
  ) throws(Daemon.Failure) -> Answer {
    do throws(Errno) { return try call(path) } catch {
      throw Daemon.Failure("\(path): \(error): nothing was changed")
    }
  }

  /// - Throws: if a restore that was cut off has moved the database, and not yet its log, or the other way round.
  private static func checkThatLogIsNotElsewhere(_ files: DatabaseFiles, named name: String) throws(Daemon.Failure) {
    let (directory, file) = split(files.path)
    var log: String?
    if file == StateDirectory.databaseName {
      let mark = RestoreMark(in: directory, prefix: Replacement.prefix(of: files.path))
      let word: RestoreMark.Word
      do throws(RestoreMark.Unreadable) { word = try mark.read() } catch {
        throw Daemon.Failure("\(error); nothing was changed")
      }
      log = try asked(mark.path) { _ throws(Errno) in try word.strayedLog }
    } else if file.hasPrefix(Replacement.prefix(of: StateDirectory.databaseName)) {
      let place = DatabaseFiles("\(directory)/\(StateDirectory.databaseName)")
      if try asked(place.log, System.isFile), try !asked(place.path, System.isFile) { log = place.log }
    }
    guard let log else { return }
    throw Daemon.Failure(
      "\(name): its log is \(log), where a restore that was cut off has left it: move that to \(files.log), or restore another backup; nothing was changed"
    )
  }

  private static func split(_ path: String) -> (directory: String, file: String) {
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    return (String(path[..<slash]), String(path[slash...].dropFirst()))
  }

  /// - Returns: the lock of the state directory that it is the database of; nil if there is none, or it is this process's.
  private static func lock(
    _ files: DatabaseFiles, named name: String, unlessIn own: borrowing StateDirectory
  ) throws(Daemon.Failure) -> FileLock? {
    let (directory, file) = split(files.path)
    let path = "\(directory)/\(StateDirectory.lockName)"
    guard file == StateDirectory.databaseName, try asked(path, System.isFile),
      try asked(own.path, System.realPath) != directory
    else { return nil }
    do throws(FileLock.Failure) { return try FileLock(readingAt: path) } catch {
      switch error {
      case .held(let pid):
        throw Daemon.Failure(
          "\(name): a tokend (pid \(pid)) works on it: make a backup with tokend-client backup create, and restore that; nothing was changed"
        )
      case .system(let error): throw Daemon.Failure("\(path): \(error): nothing was changed")
      }
    }
  }

  /// Copies the database to `new`, with its log or without, durably.
  func copy(to new: DatabaseFiles, withLog: Bool) throws(Daemon.Failure) {
    try Self.copy(files.path, to: new.path)
    if withLog, let log { try Self.copy(log, to: new.log) }
  }

  private static func copy(_ path: String, to new: String) throws(Daemon.Failure) {
    do throws(File.CopyFailure) { try File.copy(path, to: new) } catch {
      switch error {
      case .source(let error): throw Daemon.Failure("\(path): \(error): nothing was changed")
      case .target(let error): throw Daemon.Failure("\(new): \(error): nothing was changed")
      }
    }
  }
}
