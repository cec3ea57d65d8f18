// The word that a restore leaves while it is under way.

internal import Linux

/// Says that a backup is taking the database's place, and under which name that one is kept. It is there without a
/// database only if that was cut off. Whoever reads it has the old one or the new one, and all of it.
struct RestoreMark {
  /// What it says.
  enum Word: Equatable {
    /// No restore is under way.
    case nothing
    /// One is where there was no database.
    case noDatabase
    /// One is, and the database is kept under this name, or was to be.
    case database(String)

    /// The database's log, if that was put away and the database itself is not: it has been put back without it, or the
    /// disk has heard of the one move and not of the other.
    func strayedLog() throws(Errno) -> String? {
      guard case .database(let kept) = self, try !System.isFile(at: kept) else { return nil }
      let log = DatabaseFiles(kept).log
      return try System.isFile(at: log) ? log : nil
    }
  }

  /// It is there and says nothing that could be understood.
  struct Unreadable: Error, CustomStringConvertible {
    let path: String
    let why: String

    var description: String {
      "\(path): \(why): it names the database that was in use before a restore that was cut off: see to the disk; or look "
        + "for that database, remove \(path), and restore the backup again"
    }
  }

  private let directory: String
  /// How names begin under which databases are kept. It has what comes behind.
  private let prefix: String
  /// More than any has: a time, and a number.
  private static let mostBytes = 64

  init(in directory: String) {
    self.directory = directory
    prefix = Replacement.prefix(of: "\(directory)/\(StateDirectory.databaseName)")
  }

  var path: String { directory + "/tokend.restoring" }
  /// Where it is written while it is not whole.
  private var new: String { path + ".new" }

  func read() throws(Unreadable) -> Word {
    let found: [UInt8]?
    do throws(Errno) {
      // What is no file may never come to its end.
      found = try System.isFile(at: path) ? File.read(path, most: Self.mostBytes) : nil
    } catch {
      throw Unreadable(path: path, why: error.description)
    }
    guard let found else { return .nothing }
    if found.isEmpty { return .noDatabase }
    guard found.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-") }) else {
      throw Unreadable(path: path, why: "is damaged")
    }
    return .database(prefix + String(decoding: found, as: UTF8.self))
  }

  /// Has it say so, durably.
  /// - Parameter name: under which the database will be kept; nil if there is none.
  /// - Throws: what failed. It says then what it said, or this.
  func write(_ name: String?) throws(Errno) {
    System.remove(new)
    do throws(Errno) {
      let file = try File.new(new)
      try File.write(Array((name ?? prefix).dropFirst(prefix.count).utf8).span, to: file)
      try File.sync(file)
      try System.move(new, over: path)
    } catch {
      System.remove(new)
      throw error
    }
    try System.sync(directory: directory)
  }

  /// Removes one that was never whole.
  func removeUnfinished() { System.remove(new) }

  /// Has no restore be under way any more, durably.
  func remove() throws(Errno) {
    removeUnfinished()
    try System.removeFile(at: path)
    try System.sync(directory: directory)
  }
}
