// A copy of the database, made a few pages at a time while changes go on.

private import CSQLite

/// A copy in the making. What is changed through the same connection meanwhile is copied too
/// (https://sqlite.org/c3ref/backup_finish.html). Closed, wherever it stands, when the value goes.
@safe package final class BackupCopy {
  private let target: OpaquePointer
  private var backup: OpaquePointer?
  // It must live as long as the copy reads from it.
  private let source: Database

  /// Begins a copy of `source` in a new file at `path`.
  init(of source: Database, at path: String) throws(SQLiteError) {
    var opened: OpaquePointer?
    let code = unsafe sqlite3_open_v2(
      path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard let opened = unsafe opened else { throw SQLiteError(code: code, message: "no memory") }
    let begun = unsafe code == SQLITE_OK ? source.beginBackup(to: opened) : nil
    guard let begun = unsafe begun else {
      let error = unsafe SQLiteError(
        code: code == SQLITE_OK ? sqlite3_errcode(opened) : code, message: String(cString: sqlite3_errmsg(opened)))
      unsafe sqlite3_close_v2(opened)
      throw error
    }
    unsafe target = opened
    unsafe backup = begun
    self.source = source
  }

  deinit {
    if let backup = unsafe backup { unsafe sqlite3_backup_finish(backup) }
    unsafe sqlite3_close_v2(target)
  }

  /// Copies some more pages.
  /// - Returns: whether the copy is whole; it is on the disk then.
  package func step(pages: Int32) throws(SQLiteError) -> Bool {
    guard let running = unsafe backup else { return true }
    switch unsafe sqlite3_backup_step(running, pages) {
    case SQLITE_OK: return false
    case SQLITE_DONE:
      let code = unsafe sqlite3_backup_finish(running)
      unsafe backup = nil
      guard code == SQLITE_OK else { throw SQLiteError(code: code, message: "the copy could not be finished") }
      return true
    case let code: throw SQLiteError(code: code, message: unsafe String(cString: sqlite3_errstr(code)))
    }
  }

  /// Pages that are still to be copied, and all there are.
  package var progress: (left: Int, all: Int) {
    guard let running = unsafe backup else { return (0, 0) }
    return unsafe (Int(sqlite3_backup_remaining(running)), Int(sqlite3_backup_pagecount(running)))
  }
}
