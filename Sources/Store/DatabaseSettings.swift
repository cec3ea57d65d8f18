// How SQLite is set for tokend's database.

/// PRAGMAs of a connection to it. What is measured beside tokend is set so too.
package enum DatabaseSettings {
  /// Nobody else gets in, which needs no memory shared between processes either.
  package static let alone = "PRAGMA locking_mode = EXCLUSIVE"
  /// What has been committed is on the disk.
  package static let durable = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"
  /// 16 MiB of pages in memory, and as many of 4 KiB in the log before they are moved into the database.
  package static let roomy = "PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4096"
}
