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
  /// Where tokens stood before the last changes.
  var history = PlaceHistory(capacity: 1 << 18)
  /// Tells this run of the daemon from others.
  let run: Int64

  /// Opens the database at `path`, alone: with `locking_mode = EXCLUSIVE`, no other connection gets in until this one
  /// is closed. SQLite 3.40 may lose transactions if two connections write or checkpoint at once
  /// (sqlite.org/wal.html#the_wal_reset_bug).
  package init(path: String, vfs: String?) throws(StartFailure) {
    do {
      database = try Database(path: path, vfs: vfs)
      try database.run("PRAGMA locking_mode = EXCLUSIVE")
    } catch {
      throw StartFailure(error)
    }
    try Schema.migrate(database)
    do {
      // A write takes the exclusive lock now rather than at the first change.
      try database.run("BEGIN IMMEDIATE; COMMIT")
      catalog = try Self.readCatalog(database)
      grants = try Self.readGrants(database)
      let random = try database.statement("SELECT random()")
      run = try random.step() ? random.integer(0) : 0
      random.reset()
    } catch let error as SQLiteError {
      throw StartFailure(error)
    } catch {
      throw .damaged("\(error)")
    }
    audit = try AuditStore(database)
  }

  /// Makes a new database at `path`, where there must be none, and closes it.
  package static func make(at path: String) throws(StartFailure) {
    let database: Database
    do throws(SQLiteError) { database = try Database(path: path, vfs: nil) } catch { throw StartFailure(error) }
    try Schema.migrate(database)
    // Closing it leaves no log behind.
    do throws(SQLiteError) { try database.run("PRAGMA wal_checkpoint(TRUNCATE)") } catch { throw StartFailure(error) }
  }

  // MARK: Transactions

  /// Opens a transaction, which takes the lock for writing at once.
  package func begin() throws(SQLiteError) { try database.run("BEGIN IMMEDIATE") }

  /// Makes what was done since `begin` durable. After an error other than a full disk it is not known whether it was.
  package func commit() throws(SQLiteError) {
    try database.run("COMMIT")
    audit.didCommit()
  }

  /// Takes back what was done since `begin`, in memory too.
  package func rollBack() throws(SQLiteError) {
    if database.isInTransaction { try database.run("ROLLBACK") }
    audit.didRollBack()
    try loadGrants()
    try loadCatalog()
  }

  /// - Throws: what is wrong, if SQLite finds that any page, row or reference is not what it should be.
  package func checkIntegrity() throws(StartFailure) {
    do throws(SQLiteError) {
      for pragma in ["PRAGMA integrity_check(1)", "PRAGMA foreign_key_check"] {
        let rows = try database.statement(pragma)
        defer { rows.reset() }
        if try rows.step(), rows.text(0) != "ok" { throw SQLiteError(code: 11, message: rows.text(0)) }
      }
    } catch {
      throw StartFailure(error)
    }
  }

  /// Moves the log into the database, so that its file is all there is to it.
  package func finish() throws(StartFailure) {
    do throws(SQLiteError) { try database.run("PRAGMA wal_checkpoint(TRUNCATE)") } catch { throw StartFailure(error) }
  }

  /// Begins a copy of the database in a new file at `path`.
  package func beginCopy(at path: String) throws(SQLiteError) -> BackupCopy { try BackupCopy(of: database, at: path) }

  /// Does `body` and takes everything that it has written back, whatever else the open transaction holds.
  package func undoing<Result>(_ body: () throws(SQLiteError) -> Result) throws(SQLiteError) -> Result {
    let mark = audit.mark
    try database.run("SAVEPOINT dry_run")
    let result = try body()
    try database.run("ROLLBACK TO dry_run; RELEASE dry_run")
    audit.goBack(to: mark)
    return result
  }

  // MARK: Reading everything, at start

  /// A token as the index needs it.
  package struct Record {
    package let ordinal: UInt32
    package let id: String
    package let name: String
    package let digest: Digest
    package let tenant: TenantName
    package let scopes: [Scope]
    package let state: TokenState
    package let expiry: Instant
    package let revoked: Instant?
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

  /// Hands every token to `body`, in the order they were made.
  package func forEachToken<Failure: Error>(_ body: (Record) throws(Failure) -> Void) throws {
    var tenants: [Int64: TenantName] = [:]
    let tenantRows = try database.statement("SELECT number, org_id, tenant_id FROM tenants")
    while try tenantRows.step() {
      tenants[tenantRows.integer(0)] = TenantName(stored: tenantRows.text(1), tenantRows.text(2))
    }
    var scopeSets: [Int64: [Scope]] = [:]
    let setRows = try database.statement("SELECT number, members FROM scope_sets")
    while try setRows.step() { scopeSets[setRows.integer(0)] = Self.scopes(setRows.text(1)) }
    let rows = try database.statement(
      "SELECT ordinal, id, name, digest, tenant, scope_set, state, expires_at, revoked_at FROM tokens ORDER BY ordinal")
    while try rows.step() {
      guard let tenant = tenants[rows.integer(4)], let scopes = scopeSets[rows.integer(5)],
        let digest = rows.withBlob(3, { Digest($0) }),
        let state = TokenState(rawValue: UInt8(clamping: rows.integer(6))),
        let ordinal = UInt32(exactly: rows.integer(0))
      else { throw StartFailure.damaged("token \(rows.integer(0)) refers to what is not there") }
      try body(
        Record(
          ordinal: ordinal, id: rows.text(1), name: rows.text(2), digest: digest, tenant: tenant, scopes: scopes,
          state: state, expiry: rows.isNull(7) ? .never : Instant(seconds: rows.integer(7)),
          revoked: rows.isNull(8) ? nil : Instant(seconds: rows.integer(8))))
    }
    rows.reset()
  }

  static func scopes(_ members: String) -> [Scope] { members.split(separator: " ").compactMap { Scope(String($0)) } }
}
