// A backup takes the database's place, file by file, so that whatever cuts that off is seen by whoever starts next.

internal import Linux
internal import Tokens

/// Puts a whole database in the place of the one that is there, which is kept under another name with all that belongs to
/// it.
struct Replacement {
  /// Under which names it has kept what was there.
  struct Kept: CustomStringConvertible {
    /// The database that was in use; nil if there was none.
    fileprivate(set) var database: String?
    /// What a restore that did not come to its end had put in its place, if so.
    fileprivate(set) var unfinished: String?
    /// A log that lay there without a database.
    fileprivate(set) var log: String?

    var isEmpty: Bool { database == nil && unfinished == nil && log == nil }

    var description: String {
      [
        database.map { "the database that was there is kept as \($0)" },
        unfinished.map { "what a restore that did not come to its end had put there is kept as \($0)" },
        log.map { "a write-ahead log that was there is kept as \($0)" },
      ].compactMap { $0 }.joined(separator: ", ")
    }
  }

  private let directory: String
  private let database: String
  private let mark: RestoreMark

  /// What is moved, in this order. The database comes first: without its log it would be as it was a while ago, and nobody
  /// would notice. A start that finds a log, or the mark, but no database, refuses.
  private static let suffixes = DatabaseFiles.suffixes

  /// How names begin under which databases are kept.
  static func prefix(of database: String) -> String { database + keptInfix }

  /// What stands between a database's path and a number in the name that it is kept under.
  static let keptInfix = ".before-restore-"

  /// - Parameter directory: where `database` is.
  init(of database: String, in directory: String, _ mark: RestoreMark) {
    self.directory = directory
    self.database = database
    self.mark = mark
  }

  /// Moves `new` there.
  /// - Throws: what failed, and what is in the database's place: what was there, nothing, or the backup, if the disk could
  ///   not be told of it at the end.
  func put(_ new: String, at now: Instant) throws(Daemon.Failure) -> Kept {
    let before: RestoreMark.Word
    do throws(RestoreMark.Unreadable) { before = try mark.read() } catch {
      throw Daemon.Failure("\(error); nothing was changed")
    }
    var moved: [String] = []
    var old = ""
    var begun: String?
    do throws(Errno) {
      begun = try keptByUnfinished(before)
      old = try place(begun, before, at: now)
      for suffix in Self.suffixes where try System.isFile(at: database + suffix) {
        try System.move(database + suffix, to: old + suffix)
        moved.append(suffix)
        try System.sync(directory: directory)
      }
      try System.move(new, to: database)
    } catch {
      throw Daemon.Failure("\(directory): \(error): \(takeBack(moved, from: old, begun, before))")
    }
    let kept = kept(moved, as: old, begun, before)
    do throws(Errno) { try System.sync(directory: directory) } catch {
      throw Daemon.Failure(
        "\(directory): \(error): the backup is in place, but perhaps not on the disk: see to the disk, and restore it again"
          + (kept.isEmpty ? "" : "; \(kept)"))
    }
    do throws(Errno) { try mark.remove() } catch {
      throw Daemon.Failure(
        "\(mark.path): \(error): the backup is in place: remove that file, which says that it is not yet"
          + (kept.isEmpty ? "" : "; \(kept)"))
    }
    return kept
  }

  /// What was moved, by this restore and one before that did not come to its end.
  private func kept(_ moved: [String], as old: String, _ begun: String?, _ before: RestoreMark.Word) -> Kept {
    guard moved.contains("") else {
      // A log that has lost its database; `begun` has its own.
      return Kept(database: begun, log: begun == nil && moved.contains("-wal") ? DatabaseFiles(old).log : nil)
    }
    let isUnfinished = begun != nil || before == .noDatabase
    return isUnfinished ? Kept(database: begun, unfinished: old) : Kept(database: old)
  }

  /// Where a restore that did not come to its end has put the database that was in use; nil if there was none, or it was
  /// not moved.
  private func keptByUnfinished(_ before: RestoreMark.Word) throws(Errno) -> String? {
    guard case .database(let name) = before, try System.isFile(at: name) else { return nil }
    return name
  }

  /// The name to keep under what is there. From now on the mark says so, unless it says already where the database is that
  /// was in use.
  private func place(_ begun: String?, _ before: RestoreMark.Word, at now: Instant) throws(Errno) -> String {
    let isThere = try System.isFile(at: database)
    if let begun { return isThere ? try unusedName(at: now) : begun }
    // There was none in use, and nothing has been since.
    if before == .noDatabase { return try unusedName(at: now) }
    // A database that went back without its log is put beside it again.
    if case .database(let name) = before, isThere, try before.strayedLog != nil,
      try !System.isFile(at: DatabaseFiles(database).log)
    {
      return name
    }
    let name = try unusedName(at: now)
    try mark.write(isThere ? name : nil)
    return name
  }

  /// With the time, and a number behind it if a file has that name.
  private func unusedName(at now: Instant) throws(Errno) -> String {
    let name = Self.prefix(of: database) + "\(now.seconds)"
    var (candidate, number) = (name, 1)
    while try isUsed(candidate) {
      number += 1
      candidate = "\(name)-\(number)"
    }
    return candidate
  }

  private func isUsed(_ name: String) throws(Errno) -> Bool {
    for suffix in Self.suffixes where try System.isFile(at: name + suffix) { return true }
    return false
  }

  /// Moves back what was moved, the database last, for the same reason, and only once the disk knows that all else is back.
  /// - Returns: what is in its place.
  private func takeBack(_ moved: [String], from old: String, _ begun: String?, _ before: RestoreMark.Word) -> String {
    let inUse = begun.map { "; the database that was in use is kept as \($0)" } ?? ""
    do throws(Errno) {
      for suffix in moved.reversed() {
        try System.move(old + suffix, to: database + suffix)
        try System.sync(directory: directory)
      }
    } catch {
      // If it can't be asked, it may be where it was moved to.
      guard (try? System.isFile(at: database)) == true else {
        return "what was there is kept as \(old)"
          + (begun == nil || begun == old ? "" : ", and the database that was in use as \(begun ?? "")")
          + ": restore the backup again"
      }
      return
        "what was there is in its place again, but perhaps not on the disk: see to the disk; if a start refuses, restore the backup again"
        + inUse
    }
    // One that stays names what is not there: a start forgets it.
    if before == .nothing { try? mark.remove() }
    return "nothing was changed" + inUse
  }
}
