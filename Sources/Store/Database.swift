// One connection to SQLite, used by one thread.

private import CSQLite
private import Glibc

/// An open database and its prepared statements. Not shared between threads.
///
/// Closing it leaves the write-ahead log as it is, unless `emptyLog` has been called, as at the end: after a failed sync, what
/// SQLite would move out of the log at the end is no more on the disk than the log is (decision 31).
@safe package final class Database {
  private let connection: OpaquePointer
  private var statements: [String: Statement] = [:]
  private var question: Question?

  /// What SQLite asks while it works.
  private final class Question: Sendable {
    let isUnwanted: @Sendable () -> Bool
    init(_ isUnwanted: @escaping @Sendable () -> Bool) { self.isUnwanted = isUnwanted }
  }

  /// Opens the file at `path`, or makes it.
  /// - Parameter vfs: the virtual file system to use; nil for SQLite's own. Tests inject faults through it.
  package init(path: String, vfs: String?) throws(SQLiteError) {
    var opened: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    let code = unsafe sqlite3_open_v2(path, &opened, flags, vfs)
    guard let opened = unsafe opened else { throw SQLiteError(code: code, message: "no memory") }
    guard code == SQLITE_OK else {
      let error = unsafe Self.refusal(code, String(cString: sqlite3_errmsg(opened)), errno: errno)
      unsafe sqlite3_close_v2(opened)
      throw error
    }
    unsafe connection = opened
    unsafe csqlite_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1)
    unsafe csqlite_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    unsafe csqlite_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
  }

  deinit {
    statements.removeAll()
    unsafe sqlite3_close_v2(connection)
  }

  /// Has whatever it does fail (SQLITE_INTERRUPT) once `isUnwanted`, which is asked again and again on the way: every hundred
  /// thousand of SQLite's instructions (https://sqlite.org/c3ref/progress_handler.html), of which some take long.
  func stop(when isUnwanted: @escaping @Sendable () -> Bool) {
    let question = Question(isUnwanted)
    self.question = question
    unsafe sqlite3_progress_handler(
      connection, 100_000,
      { context in
        guard let context = unsafe context else { return 0 }
        return unsafe Unmanaged<Question>.fromOpaque(context).takeUnretainedValue().isUnwanted() ? 1 : 0
      }, Unmanaged.passUnretained(question).toOpaque())
  }

  /// Runs `sql`, which has no parameters, and passes over its rows.
  package func run(_ sql: String) throws(SQLiteError) {
    let code = unsafe sqlite3_exec(connection, sql, nil, nil, nil)
    if code != SQLITE_OK { throw error(code) }
  }

  /// The prepared form of `sql`, reset and without values. It is kept, so `sql` must come from this source.
  package func statement(_ sql: String) throws(SQLiteError) -> Statement {
    if let statement = statements[sql] {
      statement.reset()
      return statement
    }
    var prepared: OpaquePointer?
    let code = unsafe sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    guard code == SQLITE_OK, let prepared = unsafe prepared else { throw error(code) }
    let statement = unsafe Statement(prepared, of: self)
    statements[sql] = statement
    return statement
  }

  /// Moves the write-ahead log into the database, whose file is all there is to it once it is closed.
  func emptyLog() throws(SQLiteError) {
    try run("PRAGMA wal_checkpoint(TRUNCATE)")
    // Only now: SQLite removes the log when it closes the database.
    unsafe csqlite_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
  }

  /// Writes what the write-ahead log has once more, and syncs it. To be called by whoever alone has the file, before the
  /// first change: a log whose last sync has failed is read from memory as if it were on the disk, and what is appended to
  /// it would be lost with it when the power goes.
  /// - Returns: whether there was anything in it. It is to be opened anew then, so that SQLite, too, has read what is there.
  /// - Throws: what SQLite's file system says: then the log must not be built upon.
  func rewriteLog() throws(SQLiteError) -> Bool {
    var found: UnsafeMutablePointer<sqlite3_file>?
    // The log, in this mode (https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html).
    let code = unsafe sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &found)
    guard code == SQLITE_OK, let log = unsafe found, let methods = unsafe log.pointee.pMethods?.pointee else {
      return false
    }
    var size: Int64 = 0
    try check(unsafe methods.xFileSize(log, &size))
    guard size > 0 else { return false }
    // SQLite's own file system takes less than 128 KiB at a time.
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
    defer { unsafe piece.deallocate() }
    var place: Int64 = 0
    while place < size {
      let count = Int32(min(Int64(piece.count), size - place))
      try check(unsafe methods.xRead(log, piece.baseAddress, count, place))
      try check(unsafe methods.xWrite(log, piece.baseAddress, count, place))
      place += Int64(count)
    }
    try check(unsafe methods.xSync(log, SQLITE_SYNC_NORMAL))
    return true
  }

  /// - Throws: the error of a file's method.
  private func check(_ code: Int32) throws(SQLiteError) {
    guard code != SQLITE_OK else { return }
    // Some file systems find only then that there is no room for what was written (fsync(2)).
    if code == SQLITE_IOERR | 4 << 8, errno == ENOSPC || errno == EDQUOT {
      throw SQLiteError(code: SQLITE_FULL, message: "there is no room for the write-ahead log")
    }
    throw unsafe error(code, saying: sqlite3_errstr(code))
  }

  /// The number that a `PRAGMA` of one number says.
  package func number(of pragma: String) throws(SQLiteError) -> Int64 {
    let statement = try statement("PRAGMA \(pragma)")
    let value = try statement.step() ? statement.integer(0) : 0
    statement.reset()
    return value
  }

  /// Runs a `PRAGMA` that says what is wrong with the pages, or "ok".
  /// - Throws: what it says, in a line.
  func findFault(by pragma: String) throws(SQLiteError) {
    let rows = try statement("PRAGMA \(pragma)")
    defer { rows.reset() }
    guard try rows.step(), rows.text(0) != "ok" else { return }
    // It has a line for each finding and one before them.
    throw malformed(rows.text(0).split(separator: "\n").joined(separator: ": "))
  }

  /// How many steps SQLite's virtual machine has made for all statements so far: what work there was, whatever the time
  /// it took. The call is sqlite3_stmt_status(3).
  package var work: Int { statements.values.reduce(0) { $0 + $1.work } }

  package var lastRow: Int64 { unsafe sqlite3_last_insert_rowid(connection) }
  /// Whether a transaction is open.
  package var isInTransaction: Bool { unsafe sqlite3_get_autocommit(connection) == 0 }

  /// Begins a copy to another connection; nil if that one has the error.
  func beginBackup(to target: OpaquePointer) -> OpaquePointer? {
    unsafe sqlite3_backup_init(target, "main", connection, "main")
  }

  func error(_ code: Int32) -> SQLiteError { unsafe error(code, saying: sqlite3_errmsg(connection)) }

  private func error(_ code: Int32, saying message: UnsafePointer<CChar>) -> SQLiteError {
    // A quota that is used up is a full disk, which SQLite does not know: it says only that a write has failed, and leaves
    // errno as that call did (sqlite3_system_errno does not, for a commit).
    if errno == EDQUOT, code == SQLITE_IOERR | 3 << 8 {
      return SQLiteError(code: SQLITE_FULL, message: "the quota is used up")
    }
    let text = unsafe String(cString: message)
    return code & 0xFF == SQLITE_CORRUPT ? malformed(text) : Self.refusal(code, text, errno: errno)
  }

  /// An error, with why the system has let no file be opened, which SQLite does not say. What can't be opened to be written
  /// is opened to be read, which shows when it is locked (SQLITE_IOERR_LOCK).
  private static func refusal(_ code: Int32, _ text: String, errno: Int32) -> SQLiteError {
    guard code & 0xFF == SQLITE_CANTOPEN || code == SQLITE_IOERR | 15 << 8 else {
      return SQLiteError(code: code, message: text)
    }
    // It has then asked for less than to make the file, and the system has said that there is none.
    if errno == ENOENT {
      return SQLiteError(
        code: code,
        message:
          "\(text), or to make what is beside it: see whether its directory may be written, and its file system has "
          + "room and inodes left (df -i)")
    }
    let why = unsafe "\(text): \(String(cString: strerror(errno)))"
    return switch errno {
    case ENOSPC, EDQUOT: SQLiteError(code: SQLITE_FULL, message: why)
    case EACCES, EPERM, EROFS, EBADF: SQLiteError(code: SQLITE_PERM, message: why)
    default: SQLiteError(code: code, message: why)
    }
  }

  /// That the file is not what it should be, unless the disk has failed to read it.
  func malformed(_ finding: String) -> SQLiteError {
    unsafe SQLiteError(code: SQLITE_CORRUPT, message: finding, isReadFault: csqlite_disk_has_failed(connection) != 0)
  }
}
