// What is restored: a database that nobody changes while it is copied.

internal import Linux

/// A database that is to be restored, with all that belongs to it. As long as the value lives no daemon works on it.
struct RestoreSource: ~Copyable {
  /// As whoever restores it has named it.
  let name: String
  /// Without links: its log is beside the file itself.
  private let files: DatabaseFiles
  /// Where its log is, if it has one.
  let log: String?
  private let hold: DatabaseHold

  /// - Parameter file: its path.
  /// - Throws: if it can't be found, is none, a daemon works on it, or its log is elsewhere, as far as that can be seen:
  ///   without its log a database is as it was a while ago.
  init(_ file: String) throws(RestoreRefusal) {
    let files = DatabaseFiles(try RestoreRefusal.asking(file, System.realPath))
    let (directory, last) = Self.split(files.path)
    let isInState = try RestoreRefusal.asking("\(directory)/\(StateDirectory.lockName)", System.isFile)
    guard !isInState || !StateDirectory.unfinished.contains(last) else {
      throw RestoreRefusal("\(file): is what a daemon, or a restore, has not made to its end: name a backup")
    }
    // First: a daemon that began now could make a log.
    let hold = try DatabaseHold(
      of: files.path, named: file, advice: "make a backup with tokend-client backup create, and restore that")
    let names = try RestoreRefusal.asking(files.path, System.names(ofFile:))
    guard names == 1 else {
      throw RestoreRefusal(
        "\(file): it has \(names) names (ln(1)), and its log may be beside another: copy it, and that log if there is one, to a directory of their own, and name the copy"
      )
    }
    if let bytes = try RestoreRefusal.asking(files.rollback, System.regularFileBytes), bytes > 0 {
      throw RestoreRefusal(
        "\(file): another program has left \(files.rollback), which may take changes back: sqlite3 \(file) 'PRAGMA journal_mode = DELETE; SELECT count(*) FROM tokens' does that, and removes it"
      )
    }
    for (path, what) in [(files.log, "its log"), (files.rollback, "what takes changes back")]
    where try RestoreRefusal.asking(path, System.leadsNowhere) {
      throw RestoreRefusal("\(path): leads nowhere, and may have been \(what): see where that is")
    }
    let log = try RestoreRefusal.asking(files.log, System.regularFileBytes).flatMap { $0 > 0 ? files.log : nil }
    if log == nil { try Self.checkThatLogIsNotElsewhere(files, in: directory, last, named: file) }
    (name, self.files, self.log) = (file, files, log)
    self.hold = hold
  }

  private static func split(_ path: String) -> (directory: String, last: String) {
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    return (String(path[..<slash]), String(path[slash...].dropFirst()))
  }

  /// - Throws: if a restore that was cut off has moved the database, and not yet its log, or the other way round.
  private static func checkThatLogIsNotElsewhere(
    _ files: DatabaseFiles, in directory: String, _ last: String, named name: String
  ) throws(RestoreRefusal) {
    let place = DatabaseFiles("\(directory)/\(StateDirectory.databaseName)")
    let isKept = last.hasPrefix(Replacement.prefix(of: StateDirectory.databaseName))
    guard isKept || last == StateDirectory.databaseName else { return }
    let mark = RestoreMark(in: directory)
    let word: RestoreMark.Word
    do throws(RestoreMark.Unreadable) { word = try mark.read() } catch { throw RestoreRefusal("\(error)") }
    guard isKept else {
      guard let log = try RestoreRefusal.asking(mark.path, { _ throws(Errno) in try word.strayedLog() }) else { return }
      throw RestoreRefusal(
        "\(name): its log is \(log), where a restore that was cut off has put it: move that to \(files.log), or name another backup"
      )
    }
    // A log that has no database is that of the last one that was put by.
    guard try RestoreRefusal.asking(place.log, System.isFile), try !RestoreRefusal.asking(place.path, System.isFile)
    else { return }
    switch word {
    case .database(files.path):
      throw RestoreRefusal(
        "\(name): its log is \(place.log), where a restore that was cut off has left it: move that to \(files.log), or name another backup"
      )
    case .database: return
    case .nothing, .noDatabase:
      throw RestoreRefusal(
        "\(name): \(place.log) has no database, and may be its log: move it to \(files.log) if it is, away if it is not, or name another backup"
      )
    }
  }

  /// Copies the database to `new`, with its log or without, durably.
  func copy(to new: DatabaseFiles, withLog: Bool) throws(RestoreRefusal) {
    try Self.copy(files.path, to: new.path)
    if withLog, let log { try Self.copy(log, to: new.log) }
  }

  private static func copy(_ path: String, to new: String) throws(RestoreRefusal) {
    do throws(File.CopyFailure) { try File.copy(path, to: new) } catch {
      switch error {
      case .source(let error): throw RestoreRefusal("\(path): \(error)")
      case .target(let error): throw RestoreRefusal("\(new): \(error)")
      }
    }
  }
}
