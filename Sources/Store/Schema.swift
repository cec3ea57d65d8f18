// The tables, and the steps that lead from each version of them to the next.

private import Tokens

/// The layout of the database. Its version is SQLite's user_version.
enum Schema {
  /// Marks a file as tokend's ("tokd"), so that no other program's database is taken for one.
  static let applicationID: Int64 = 0x746F_6B64

  /// What each version added, in order. A step that has been released is never changed.
  static let steps: [String] = [
    """
    CREATE TABLE scopes (
      number INTEGER PRIMARY KEY CHECK (number BETWEEN 0 AND 511),
      name TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE permission_sets (
      name TEXT PRIMARY KEY,
      title TEXT NOT NULL,
      members TEXT NOT NULL -- scopes joined by spaces, or '*' for all that are registered
    ) STRICT;
    CREATE TABLE tenants (
      number INTEGER PRIMARY KEY,
      org_id TEXT NOT NULL,
      tenant_id TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      UNIQUE (org_id, tenant_id)
    ) STRICT;
    CREATE TABLE scope_sets (
      number INTEGER PRIMARY KEY,
      members TEXT NOT NULL UNIQUE -- scope names in order of registration, joined by spaces
    ) STRICT;
    CREATE TABLE tokens (
      ordinal INTEGER PRIMARY KEY CHECK (ordinal BETWEEN 1 AND 4294967295),
      id TEXT NOT NULL UNIQUE,
      digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
      tenant INTEGER NOT NULL REFERENCES tenants (number),
      name TEXT NOT NULL,
      description TEXT NOT NULL,
      scope_set INTEGER NOT NULL REFERENCES scope_sets (number),
      permission_set TEXT,
      state INTEGER NOT NULL CHECK (state IN (1, 2, 3)), -- active, disabled, revoked
      creator TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER, -- NULL: never
      revoked_at INTEGER,
      revoked_by TEXT,
      revocation_reason TEXT
    ) STRICT;
    CREATE INDEX tokens_by_tenant ON tokens (tenant, ordinal);
    CREATE INDEX tokens_by_name ON tokens (tenant, name);
    CREATE TABLE audit (
      revision INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      actor TEXT NOT NULL,
      action TEXT NOT NULL,
      target TEXT NOT NULL,
      detail TEXT NOT NULL,
      chain BLOB NOT NULL CHECK (length(chain) = 32) -- SHA-256 of the chain before and this row
    ) STRICT;
    """,
    """
    CREATE TABLE grants (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      principal TEXT NOT NULL, -- 'uid:N' or 'gid:N'
      org_id TEXT NOT NULL, -- '' for every organization
      tenant_id TEXT NOT NULL, -- '' for every tenant
      role INTEGER NOT NULL CHECK (role BETWEEN 1 AND 5),
      cap TEXT, -- scope names joined by spaces; NULL for no cap
      creator TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      UNIQUE (principal, org_id, tenant_id, role)
    ) STRICT;
    ALTER TABLE scopes ADD COLUMN retired_at INTEGER;
    ALTER TABLE tenants ADD COLUMN removed_at INTEGER;
    ALTER TABLE tenants ADD COLUMN max_lifetime INTEGER; -- seconds; NULL: no bound
    ALTER TABLE tenants ADD COLUMN default_lifetime INTEGER; -- seconds; NULL: for ever
    ALTER TABLE tenants ADD COLUMN max_tokens INTEGER; -- live ones; NULL: no bound
    ALTER TABLE tokens ADD COLUMN revocation_code TEXT;
    ALTER TABLE tokens ADD COLUMN predecessor TEXT;
    ALTER TABLE tokens ADD COLUMN successor TEXT;
    ALTER TABLE tokens ADD COLUMN last_used_at INTEGER NOT NULL DEFAULT 0; -- 0: never
    ALTER TABLE tokens ADD COLUMN exercised INTEGER REFERENCES scope_sets (number); -- NULL: none
    ALTER TABLE tokens ADD COLUMN request_id TEXT;
    ALTER TABLE tokens ADD COLUMN request_digest BLOB;
    -- What never expires sorts after everything that does.
    ALTER TABLE tokens ADD COLUMN expiry_key INTEGER NOT NULL AS (coalesce(expires_at, 9223372036854775807));
    -- One for each sort, besides tokens_by_tenant and tokens_by_name. SQLite adds the ordinal to each.
    CREATE INDEX tokens_by_expiry ON tokens (tenant, expiry_key);
    CREATE INDEX tokens_by_use ON tokens (tenant, last_used_at);
    CREATE INDEX tokens_by_state ON tokens (tenant, state, expiry_key);
    CREATE UNIQUE INDEX tokens_by_request ON tokens (tenant, request_id) WHERE request_id IS NOT NULL;
    CREATE INDEX audit_by_target ON audit (target, revision);
    """,
  ]

  /// The version that an open database has; 0 if there is nothing in it.
  /// - Throws: a refusal to start if the file is another program's, or a newer tokend's.
  static func version(of database: Database) throws(StartFailure) -> Int64 {
    do {
      let application = try database.number(of: "application_id")
      let version = try database.number(of: "user_version")
      let tables = try tableCount(database)
      if application != applicationID, version != 0 || application != 0 || tables != 0 {
        throw StartFailure.foreign
      }
      guard version > 0 || version == 0 && tables == 0 else {
        throw StartFailure.damaged("its schema has version \(version)")
      }
      guard version <= steps.count else { throw StartFailure.newer(found: version, known: Int64(steps.count)) }
      return version
    } catch let failure as StartFailure {
      throw failure
    } catch let error as SQLiteError {
      throw StartFailure(error)
    } catch {
      throw StartFailure.damaged("\(error)")
    }
  }

  /// Brings an open database from the version that it has, as `version(of:)` gives it, to the newest.
  static func migrate(_ database: Database, from version: Int64) throws(StartFailure) {
    do throws(SQLiteError) {
      try database.run(DatabaseSettings.durable)
      guard version < steps.count else { return }
      try database.run("BEGIN IMMEDIATE")
      for (index, step) in steps.enumerated() where index >= version {
        try database.run(step)
        if index == 0 { try seed(database) }
      }
      try database.run("PRAGMA application_id = \(applicationID); PRAGMA user_version = \(steps.count); COMMIT")
    } catch {
      throw StartFailure(error)
    }
  }

  private static func tableCount(_ database: Database) throws(SQLiteError) -> Int64 {
    let statement = try database.statement("SELECT count(*) FROM sqlite_schema")
    let count = try statement.step() ? statement.integer(0) : 0
    statement.reset()
    return count
  }

  private static func seed(_ database: Database) throws(SQLiteError) {
    for (number, scope) in Catalog.initial.scopes {
      try database.statement("INSERT INTO scopes (number, name) VALUES (?1, ?2)")
        .bind(1, Int64(number)).bind(2, scope.description).run()
    }
    for set in Catalog.initial.permissionSets {
      try database.statement("INSERT INTO permission_sets (name, title, members) VALUES (?1, ?2, ?3)")
        .bind(1, set.name).bind(2, set.title).bind(3, set.stored).run()
    }
  }
}
