// What is kept: tenants, tokens and the catalog, in one SQLite file behind one connection.

package import Tokens

/// The store of one deployment. It belongs to one thread, which opens transactions, makes changes and commits.
///
/// A change first checks everything and only then writes, so a refusal leaves the open transaction as it was.
package final class TokenStore {
  let database: Database
  package let audit: AuditStore
  package internal(set) var catalog: Catalog
  package internal(set) var grants: GrantBook
  /// Both as of the last commit, to go back to: a database that has become damaged can't always be read again.
  private var committed: (catalog: Catalog, grants: GrantBook)
  /// Rows of tokens that are read are held against it. Nil where there is none, as for a copy.
  package var index: (any TokenIndex)?
  /// Of the open transaction.
  var uncommitted = Uncommitted()
  /// Where tokens stood before the last changes.
  var history = PlaceHistory(capacity: 1 << 18)
  /// Tells this run of the daemon from others.
  let run: Int64

  /// Opens the database at `path`, alone: with `locking_mode = EXCLUSIVE`, no other connection gets in until this one
  /// is closed. SQLite 3.40 may lose transactions if two connections write or checkpoint at once
  /// (sqlite.org/wal.html#the_wal_reset_bug).
  package init(path: String, vfs: String?) throws(StartFailure) {
    let version: Int64
    (database, version) = try Self.openAlone(path, vfs)
    try Schema.check(database, as: version)
    try Schema.migrate(database, from: version)
    do throws(SQLiteError) {
      catalog = try Self.readCatalog(database)
      grants = try Self.readGrants(database)
      try Self.checkGrantNumbers(database)
      let random = try database.statement("SELECT random()")
      run = try random.step() ? random.integer(0) : 0
      random.reset()
    } catch {
      throw StartFailure(error)
    }
    committed = (catalog, grants)
    audit = try AuditStore(database)
  }

  /// Opens the database once its log is known to be on the disk.
  /// - Returns: the database, and the version of its schema.
  private static func openAlone(_ path: String, _ vfs: String?) throws(StartFailure) -> (Database, Int64) {
    func open() throws(StartFailure) -> Database {
      do throws(SQLiteError) {
        let database = try Database(path: path, vfs: vfs)
        try database.run(DatabaseSettings.alone)
        // A write takes the exclusive lock now rather than at the first change.
        try database.run("BEGIN IMMEDIATE; COMMIT")
        return database
      } catch {
        throw StartFailure(error)
      }
    }
    let found = try open()
    // What is not tokend's is left as it is.
    let version = try Schema.version(of: found)
    do throws(SQLiteError) {
      guard try found.rewriteLog() else { return (found, version) }
    } catch {
      throw StartFailure(error)
    }
    _ = consume found
    let written = try open()
    return (written, try Schema.version(of: written))
  }

  /// Makes a new database at `path`, where there must be none, and closes it.
  package static func make(at path: String) throws(StartFailure) {
    let database: Database
    do throws(SQLiteError) { database = try Database(path: path, vfs: nil) } catch { throw StartFailure(error) }
    try Schema.migrate(database, from: 0)
    do throws(SQLiteError) { try database.emptyLog() } catch { throw StartFailure(error) }
  }

  /// Gives SQLite memory for the pages that changes come back to. Called once everything has been read, which would only
  /// have filled that memory.
  package func expectChanges() throws(SQLiteError) { try database.run(DatabaseSettings.roomy) }

  // MARK: Transactions

  /// Opens a transaction, which takes the lock for writing at once.
  package func begin() throws(SQLiteError) { try database.run("BEGIN IMMEDIATE") }

  /// Makes what was done since `begin` durable. After an error other than a full disk it is not known whether it was.
  package func commit() throws(SQLiteError) {
    try database.run("COMMIT")
    audit.didCommit()
    committed = (catalog, grants)
    for before in uncommitted.moved { history.record(before) }
    uncommitted = Uncommitted()
  }

  /// Takes back what was done since `begin`, in memory too.
  package func rollBack() throws(SQLiteError) {
    if database.isInTransaction { try database.run("ROLLBACK") }
    audit.didRollBack()
    (catalog, grants) = committed
    uncommitted = Uncommitted()
  }

  /// - Throws: what is wrong, if SQLite finds that any page, row or reference is not what it should be.
  package func checkIntegrity() throws(StartFailure) {
    do throws(SQLiteError) {
      try database.findFault(by: "integrity_check(1)")
      let rows = try database.statement("PRAGMA foreign_key_check")
      defer { rows.reset() }
      if try rows.step() { throw database.malformed("a row of \(rows.text(0)) refers to what is not there") }
    } catch {
      throw StartFailure(error)
    }
  }

  /// Has what it reads fail once `isUnwanted` says so, but for the walk over the pages that begins
  /// `checkIntegrity`, which SQLite 3.40 does not ask in.
  package func stop(when isUnwanted: @escaping @Sendable () -> Bool) { database.stop(when: isUnwanted) }

  /// Moves the log into the database, so that its file is all there is to it when it is closed next. Left out, the log is
  /// read when it is opened again.
  package func finish() throws(StartFailure) {
    do throws(SQLiteError) { try database.emptyLog() } catch { throw StartFailure(error) }
  }

  /// Moves the log into the database, so that what comes next is written over it instead of behind it.
  package func reuseLog() throws(SQLiteError) { try database.run("PRAGMA wal_checkpoint(RESTART)") }

  /// Begins a copy of the database in a new file at `path`.
  package func beginCopy(at path: String) throws(SQLiteError) -> BackupCopy { try BackupCopy(of: database, at: path) }

  /// Does `body` and takes everything that it has written back, whatever else the open transaction holds.
  package func undoing<Result>(_ body: () throws(SQLiteError) -> Result) throws(SQLiteError) -> Result {
    let (mark, before) = (audit.mark, uncommitted)
    try database.run("SAVEPOINT dry_run")
    let result = try body()
    try database.run("ROLLBACK TO dry_run; RELEASE dry_run")
    audit.goBack(to: mark)
    uncommitted = before
    return result
  }

  // MARK: Reading everything, at start

  /// The greatest id of a token that is less than `bound`; nil if there is none.
  package func greatestID(below bound: String) throws(SQLiteError) -> String? {
    let row = try database.statement("SELECT max(id) FROM tokens WHERE id < ?1").bind(1, bound)
    defer { row.reset() }
    return try row.step() && !row.isNull(0) ? row.text(0) : nil
  }

  /// A token as the index needs it.
  package struct Record {
    package let ordinal: UInt32
    package let digest: Digest
    /// A key of `tenants()`.
    package let tenant: Int64
    /// A key of `scopeSets()`.
    package let scopeSet: Int64
    package let state: TokenState
    package let expiry: Instant
    package let revoked: Instant?
  }

  /// All tenants, those that were removed too, by their numbers.
  package func tenants() throws(SQLiteError) -> [Int64: TenantName] {
    var tenants: [Int64: TenantName] = [:]
    // An index that covers it would be read instead.
    let rows = try database.statement("SELECT number, org_id, tenant_id FROM tenants NOT INDEXED")
    while try rows.step() { tenants[rows.integer(0)] = TenantName(stored: rows.text(1), rows.text(2)) }
    rows.reset()
    return tenants
  }

  /// How many tokens are kept, in whatever state.
  package func tokenCount() throws(StartFailure) -> Int {
    do {
      let statement = try database.statement("SELECT count(*) FROM tokens")
      let count = try statement.step() ? statement.integer(0) : 0
      statement.reset()
      return Int(count)
    } catch {
      throw StartFailure(error)
    }
  }

  /// Hands every token to `body`, in the order they were made, with the bytes of its id and name, which are gone with the
  /// next.
  package func forEachToken<Failure: Error>(
    _ body: (Record, _ id: Span<UInt8>, _ name: Span<UInt8>) throws(Failure) -> Void
  ) throws {
    let rows = try database.statement(
      "SELECT ordinal, id, name, digest, tenant, scope_set, state, expires_at, revoked_at FROM tokens ORDER BY ordinal")
    while try rows.step() {
      guard rows.isBlob(3), let digest = rows.withBlob(3, { Digest($0) }),
        let state = TokenState(rawValue: UInt8(clamping: rows.integer(6))),
        let ordinal = UInt32(exactly: rows.integer(0)),
        // One that was revoked must not become valid by a bit that flips, nor any be such that it is not found.
        (state == .revoked) != rows.isNull(8), rows.isText(1), rows.isText(2),
        rows.isIntegerOrNull(7)
      else { throw StartFailure.damaged("token \(rows.text(1)) is not what was written") }
      let record = Record(
        ordinal: ordinal, digest: digest, tenant: rows.integer(4), scopeSet: rows.integer(5), state: state,
        expiry: rows.isNull(7) ? .never : Instant(seconds: rows.integer(7)),
        revoked: rows.isNull(8) ? nil : Instant(seconds: rows.integer(8)))
      try rows.withText(1) { id throws(Failure) in
        try rows.withText(2) { name throws(Failure) in try body(record, id, name) }
      }
    }
    rows.reset()
  }
}
