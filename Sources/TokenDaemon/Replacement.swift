// A backup takes the database's place, file by file, so that whatever cuts that off is seen by whoever starts next.

internal import Linux
internal import Tokens

/// Puts a whole database in the place of the one that is there, which is kept under another name with all that belongs to
/// it.
struct Replacement: ~Copyable {
  /// Under which names it has kept what was there.
  struct Kept: CustomStringConvertible {
    /// The database that was in use; nil if there was none.
    fileprivate(set) var database: String?
    /// What a restore that did not come to its end had put in its place, if so.
    fileprivate(set) var unfinished: String?
    /// What lay there without a database.
    fileprivate(set) var strays: [String] = []

    var isEmpty: Bool { database == nil && unfinished == nil && strays.isEmpty }

    var description: String {
      [
        database.map { "the database that was there is kept as \($0)" },
        unfinished.map { "what a restore that did not come to its end had put there is kept as \($0)" },
        strays.isEmpty ? nil : "what lay there without a database is kept as \(strays.joined(separator: ", "))",
      ].compactMap { $0 }.joined(separator: ", ")
    }
  }

  private let directory: String
  private let database: String
  private let mark: RestoreMark
  /// What a restore before has left word of.
  private let before: RestoreMark.Word
  /// Where that has put the database that was in use; nil if there was none, or it was not moved.
  private let begun: String?
  /// On the database that is there, if one is.
  private let hold: DatabaseHold?

  /// How names begin under which databases are kept.
  static func prefix(of database: String) -> String { database + ".before-restore-" }

  /// Begins. Where there is no database the mark says so from now on: a start would make an empty one.
  /// - Parameters:
  ///   - directory: where `database` is.
  ///   - hasCopy: whether a restore that was cut off has left its copy. It may be an older version's, which wrote the mark
  ///     later.
  init(of database: String, in directory: String, _ mark: RestoreMark, hasCopy: Bool) throws(RestoreRefusal) {
    let found: RestoreMark.Word
    do throws(RestoreMark.Unreadable) { found = try mark.read() } catch { throw RestoreRefusal("\(error)") }
    // Whose lock file was removed works on unseen.
    let hold =
      try RestoreRefusal.asking(database, System.isFile)
      ? try DatabaseHold(of: database, named: database, advice: "stop it first") : nil
    var before = found
    let begun: String?
    do throws(Errno) {
      if found == .nothing, try !Self.isThere(database) {
        try mark.write(nil)
        if hasCopy { before = .noDatabase }
      }
      begun = if case .database(let name) = before, try System.isFile(at: name) { name } else { nil }
    } catch {
      // Written, and perhaps not on the disk.
      if found == .nothing { try? mark.remove() }
      throw RestoreRefusal("\(directory): \(error)")
    }
    (self.directory, self.database, self.mark) = (directory, database, mark)
    (self.before, self.begun) = (before, begun)
    self.hold = hold
  }

  /// Ends before anything was moved.
  func giveUp() {
    // One that stays says that the database is kept under a name that there is not: a start forgets it. Or that there was
    // none: a start refuses, and says what to do.
    if before == .nothing { try? mark.remove() }
  }

  /// Moves `new` to the database's place.
  /// - Throws: what failed, and what is in that place: what was there, nothing, or the backup, if the disk could not be told
  ///   of it at the end.
  func put(_ new: String, at now: Instant) throws(Daemon.Failure) -> Kept {
    var moved: [String] = []
    var old = ""
    // What is worked at.
    var file = mark.path
    do throws(Errno) {
      old = try place(at: now)
      // The database comes first: without its log it would be as it was a while ago, and nobody would notice. A start that
      // finds a log, or the mark, but no database, refuses.
      for suffix in DatabaseFiles.suffixes {
        file = database + suffix
        guard try Self.isThere(file) else { continue }
        try System.move(file, to: old + suffix)
        moved.append(suffix)
        try System.sync(directory: directory)
      }
      file = new
      try System.move(new, to: database)
    } catch {
      throw Daemon.Failure("\(file): \(error): \(takeBack(moved, from: old))")
    }
    let kept = kept(moved, as: old)
    do throws(Errno) { try System.sync(directory: directory) } catch {
      throw Daemon.Failure(
        "\(directory): \(error): the backup is in place, but perhaps not on the disk: see to the disk, and restore it again"
          + (kept.isEmpty ? "" : "; \(kept)"))
    }
    do throws(Errno) { try mark.remove() } catch {
      throw Daemon.Failure(
        "\(mark.path): \(error): the backup is in place, but that file, which says that it is not yet, is perhaps not gone: see to the disk, and remove it"
          + (kept.isEmpty ? "" : "; \(kept)"))
    }
    return kept
  }

  /// What is kept, of what this restore has moved and one before that did not come to its end.
  private func kept(_ moved: [String], as old: String) -> Kept {
    var kept = Kept(database: begun)
    if !moved.contains("") {
      // Beside a database that was moved before, they are its own again.
      if begun != old { kept.strays = moved.map { old + $0 } }
    } else if begun != nil || before == .noDatabase {
      kept.unfinished = old
    } else {
      kept.database = old
    }
    return kept
  }

  /// The name to keep under what is there. From now on the mark says so, unless it says already where the database is that
  /// was in use, or that there was none.
  private func place(at now: Instant) throws(Errno) -> String {
    let isThere = try Self.isThere(database)
    if let begun, !isThere { return begun }
    if !isThere || begun != nil || before == .noDatabase { return try unusedName(at: now) }
    // A database that went back without its log is put beside it again.
    if case .database(let name) = before, try before.strayedLog() != nil,
      try !System.isFile(at: DatabaseFiles(database).log)
    {
      return name
    }
    let name = try unusedName(at: now)
    try mark.write(name)
    return name
  }

  /// A link that leads nowhere would be in the way of what comes.
  private static func isThere(_ path: String) throws(Errno) -> Bool {
    if try System.isFile(at: path) { return true }
    return try System.leadsNowhere(path)
  }

  /// With the time, and a number behind it if a file has that name.
  private func unusedName(at now: Instant) throws(Errno) -> String {
    let name = Self.prefix(of: database) + "\(now.seconds)"
    var (candidate, number) = (name, 1)
    while try Self.isUsed(candidate) {
      number += 1
      candidate = "\(name)-\(number)"
    }
    return candidate
  }

  private static func isUsed(_ name: String) throws(Errno) -> Bool {
    for suffix in DatabaseFiles.suffixes where try isThere(name + suffix) { return true }
    return false
  }

  /// Moves back what was moved, the database last, for the same reason, and only once the disk knows that all else is back.
  /// - Returns: what is in its place.
  private func takeBack(_ moved: [String], from old: String) -> String {
    let inUse = begun.map { "; the database that was in use is kept as \($0)" } ?? ""
    do throws(Errno) {
      for suffix in moved.reversed() {
        try System.move(old + suffix, to: database + suffix)
        try System.sync(directory: directory)
      }
    } catch {
      // If it can't be asked, it may be where it was moved to.
      guard (try? System.isFile(at: database)) == true else {
        return "what was there is kept as \(old)" + (begun == old ? "" : inUse) + ": restore the backup again"
      }
      return
        "what was there is in its place again, but perhaps not on the disk: see to the disk; if a start refuses, restore the backup again"
        + inUse
    }
    giveUp()
    return "nothing was changed" + inUse
  }
}
