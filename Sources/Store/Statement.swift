// A prepared statement: bind, step, read.

private import CSQLite

/// A statement that its database keeps. Parameters count from 1, columns from 0.
@safe package final class Statement {
  private let statement: OpaquePointer
  private unowned let database: Database

  init(_ statement: OpaquePointer, of database: Database) {
    unsafe self.statement = statement
    self.database = database
  }

  deinit { unsafe sqlite3_finalize(statement) }

  /// How many steps the virtual machine has made for it.
  var work: Int { unsafe Int(sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0)) }

  /// Readies it for another run, without values.
  func reset() {
    // The error of the run before, if any, has been thrown by `step`.
    _ = unsafe sqlite3_reset(statement)
    _ = unsafe sqlite3_clear_bindings(statement)
  }

  @discardableResult
  package func bind(_ index: Int32, _ value: Int64?) throws(SQLiteError) -> Statement {
    if let value { try check(unsafe sqlite3_bind_int64(statement, index, value)) }
    return self
  }

  @discardableResult
  package func bind(_ index: Int32, _ value: String?) throws(SQLiteError) -> Statement {
    guard let value else { return self }
    var text = value
    let code = text.withUTF8 { bytes in
      // An empty buffer may have no address, and SQLite takes a null pointer for NULL.
      unsafe bytes.withMemoryRebound(to: CChar.self) {
        unsafe csqlite_bind_text(statement, index, $0.baseAddress ?? emptyText, Int32($0.count))
      }
    }
    try check(code)
    return self
  }

  @discardableResult
  package func bind(_ index: Int32, blob: [UInt8]?) throws(SQLiteError) -> Statement {
    guard let blob else { return self }
    unsafe try check(
      blob.withUnsafeBytes { unsafe csqlite_bind_blob(statement, index, $0.baseAddress, Int32($0.count)) })
    return self
  }

  /// Advances to the next row; `false` when there is none.
  package func step() throws(SQLiteError) -> Bool {
    switch unsafe sqlite3_step(statement) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code:
      let error = database.error(code)
      reset()
      throw error
    }
  }

  /// Runs it to its end, passing over its rows.
  package func run() throws(SQLiteError) {
    while try step() {}
    reset()
  }

  /// A column as a number; 0 if it is NULL.
  package func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(statement, column) }

  /// Whether a column is NULL.
  package func isNull(_ column: Int32) -> Bool { unsafe sqlite3_column_type(statement, column) == SQLITE_NULL }

  /// Whether a column is a text. To be asked before it is taken as one, which makes it one (sqlite3_column_type).
  func isText(_ column: Int32) -> Bool { unsafe sqlite3_column_type(statement, column) == SQLITE_TEXT }

  /// Whether a column is a blob.
  func isBlob(_ column: Int32) -> Bool { unsafe sqlite3_column_type(statement, column) == SQLITE_BLOB }

  /// Whether a column is a number, or NULL.
  func isIntegerOrNull(_ column: Int32) -> Bool {
    let type = unsafe sqlite3_column_type(statement, column)
    return type == SQLITE_INTEGER || type == SQLITE_NULL
  }

  /// A column as text, to its end: a NUL that is in it does not end it. Empty if it is NULL.
  package func text(_ column: Int32) -> String {
    withText(column) { text in
      unsafe text.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
  }

  /// Lends the bytes of a text; they are gone at the next step.
  func withText<Result, Failure: Error>(
    _ column: Int32, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let text = unsafe sqlite3_column_text(statement, column) else {
      let none: [UInt8] = []
      return try body(none.span)
    }
    // The text first: it decides what the bytes are counted of.
    return try body(unsafe Span(_unsafeStart: text, count: Int(sqlite3_column_bytes(statement, column))))
  }

  /// Lends the bytes of a blob; they are gone at the next step.
  package func withBlob<Result>(_ column: Int32, _ body: (Span<UInt8>) -> Result) -> Result {
    let count = unsafe Int(sqlite3_column_bytes(statement, column))
    guard count > 0, let bytes = unsafe sqlite3_column_blob(statement, column) else {
      let none: [UInt8] = []
      return body(none.span)
    }
    return body(unsafe Span(_unsafeStart: bytes.assumingMemoryBound(to: UInt8.self), count: count))
  }

  /// A copy of a blob.
  package func bytes(_ column: Int32) -> [UInt8] {
    withBlob(column) { bytes in unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) } }
  }

  private func check(_ code: Int32) throws(SQLiteError) {
    if code != SQLITE_OK { throw database.error(code) }
  }
}

/// A zero byte to point at.
nonisolated(unsafe) private let emptyText: UnsafePointer<CChar> = {
  let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
  unsafe byte.initialize(to: 0)
  return unsafe UnsafePointer(byte)
}()
