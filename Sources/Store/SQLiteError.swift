// SQLite's result codes, in C's spelling.

private import CSQLite

/// A call to SQLite that failed.
package struct SQLiteError: Error, Equatable, CustomStringConvertible {
  /// The extended result code, as https://sqlite.org/rescode.html lists them.
  package let code: Int32
  package let message: String
  /// Whether the disk failed to read what SQLite then calls malformed: it makes SQLITE_CORRUPT of EIO
  /// (SQLITE_IOERR_CORRUPTFS).
  package let isReadFault: Bool

  package init(code: Int32, message: String, isReadFault: Bool = false) {
    self.code = code
    self.message = message
    self.isReadFault = isReadFault
  }

  /// That rows are not as tokend has written them.
  package static func damaged(_ finding: String) -> SQLiteError { SQLiteError(code: SQLITE_CORRUPT, message: finding) }

  private var primary: Int32 { code & 0xFF }

  /// The disk is full (SQLITE_FULL): nothing was changed.
  package var isFull: Bool { primary == SQLITE_FULL }
  /// Another connection holds the file (SQLITE_BUSY, SQLITE_LOCKED).
  package var isBusy: Bool { primary == SQLITE_BUSY || primary == SQLITE_LOCKED }
  /// The file is damaged, or no database at all (SQLITE_CORRUPT, SQLITE_NOTADB), or holds what its tables do not allow.
  package var isCorrupt: Bool { primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || isConstraint }
  /// A row would have had what its table does not allow (SQLITE_CONSTRAINT), as a row does of which a bit has flipped. What
  /// the statement has done is undone, and the transaction may go on.
  package var isConstraint: Bool { primary == SQLITE_CONSTRAINT }

  /// A statement can't be prepared, as a table is not what it was, or needs what is not there (SQLITE_ERROR).
  package var isOfStatement: Bool { primary == SQLITE_ERROR }

  /// The system does not let the file, or what is beside it, be opened or be written (SQLITE_PERM, SQLITE_READONLY,
  /// SQLITE_READONLY_ROLLBACK, SQLITE_READONLY_DIRECTORY).
  package var isDenied: Bool {
    [SQLITE_PERM, SQLITE_READONLY, SQLITE_READONLY | 3 << 8, SQLITE_READONLY | 6 << 8].contains(code)
  }

  /// Whether a transaction that failed so and was rolled back is known to have left nothing. Of every other error it is not
  /// known what the disk has.
  package var leavesNothing: Bool { isFull || isCorrupt }

  /// A row would have had what must be another row's alone (SQLITE_CONSTRAINT_UNIQUE): it was not written.
  package var isDuplicate: Bool { code == SQLITE_CONSTRAINT | 8 << 8 }

  package var description: String { "SQLite error \(code): \(message)" }
}
