// The files that are one database.

internal import Linux

/// A database's file, and those that SQLite has beside it (sqlite.org/tempfiles.html).
struct DatabaseFiles {
  /// What is behind the database's name in each of theirs; the database's own comes first.
  static let suffixes = ["", "-wal", "-shm", "-journal"]

  let path: String

  init(_ path: String) { self.path = path }

  /// Its write-ahead log, where its last changes may be.
  var log: String { path + "-wal" }

  /// What takes back a transaction that was cut off, where another program has worked on it without a log.
  var rollback: String { path + "-journal" }

  /// All of them but the database.
  var beside: [String] { Self.suffixes.dropFirst().map { path + $0 } }

  /// Removes those that are there.
  func remove() {
    for suffix in Self.suffixes { System.remove(path + suffix) }
  }
}
