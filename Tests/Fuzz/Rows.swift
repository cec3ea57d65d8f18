// Rows of a database that somebody has changed.

internal import Foundation
internal import Index
internal import Store
@testable internal import TokenDaemon
internal import Tokens

/// The first byte says which column of which table is changed, the second to what type, the rest to what. The database is
/// loaded or refused; its revoked token is revoked in either case.
enum Rows: FuzzTarget {
  static let name = "rows"

  private static let directory = NSTemporaryDirectory() + "tokend-fuzz-\(getpid())"
  private static let (original, copy) = (directory + "/original.db", directory + "/tokend.db")
  private static let revoked = Digest(hex: String(repeating: "ab", count: 32))

  private static let columns: [(table: String, column: String)] = [
    ("scopes", "number"), ("scopes", "name"), ("scopes", "retired_at"),
    ("permission_sets", "name"), ("permission_sets", "members"),
    ("tenants", "number"), ("tenants", "org_id"), ("tenants", "tenant_id"), ("tenants", "removed_at"),
    ("tenants", "max_lifetime"), ("tenants", "max_tokens"),
    ("scope_sets", "number"), ("scope_sets", "members"),
    ("tokens", "id"), ("tokens", "digest"), ("tokens", "tenant"), ("tokens", "name"), ("tokens", "scope_set"),
    ("tokens", "state"), ("tokens", "expires_at"), ("tokens", "revoked_at"), ("tokens", "last_used_at"),
    ("grants", "principal"), ("grants", "org_id"), ("grants", "tenant_id"), ("grants", "role"), ("grants", "cap"),
    ("audit", "revision"), ("audit", "chain"),
  ]

  static func prepare() {
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      try TokenStore.make(at: original)
      let database = try Database(path: original, vfs: nil)
      try database.run(
        """
        INSERT INTO scopes (number, name) SELECT count(*), 'fuzz:read' FROM scopes;
        INSERT INTO scopes (number, name) SELECT count(*), 'fuzz:write' FROM scopes;
        INSERT INTO tenants (number, org_id, tenant_id, created_at) VALUES (1, 'acme', 'prod', 1), (2, 'acme', 'test', 1);
        INSERT INTO scope_sets (number, members) VALUES (1, 'fuzz:read'), (2, 'fuzz:read fuzz:write');
        INSERT INTO grants (principal, org_id, tenant_id, role, cap, creator, created_at)
          VALUES ('uid:1000', 'acme', '', 3, 'fuzz:read', 'uid:0', 1);
        INSERT INTO tokens (ordinal, id, digest, tenant, name, description, scope_set, state, creator, created_at,
            expires_at, revoked_at)
          VALUES (1, 'AAAAAAAAAAAA', zeroblob(32), 1, 'first', '', 1, 1, 'uid:0', 1, NULL, NULL),
            (2, 'BBBBBBBBBBBB', x'\(String(repeating: "ab", count: 32))', 2, 'second', '', 2, 3, 'uid:0', 1, NULL, 5);
        INSERT INTO audit (at, actor, action, target, detail, chain)
          VALUES (1, 'uid:0', 'tenant.add', 'acme/prod', '', zeroblob(32));
        """)
    } catch {
      fatalError("the database can't be made: \(error)")
    }
    guard state(in: original) == .revoked else { fatalError("the revoked token is not met at all") }
  }

  static func play(_ input: [UInt8]) {
    guard input.count >= 2 else { return }
    let (table, column) = columns[Int(input[0]) % columns.count]
    unsafe unlink(copy)
    do {
      try FileManager.default.copyItem(atPath: original, toPath: copy)
      try change(table, column, to: literal(of: input[1], input[2...]))
    } catch {
      // What SQLite itself does not let in.
      return
    }
    if let state = state(in: copy), state != .revoked { fatalError("a token is not revoked any more: \(input)") }
  }

  /// What verdicts on the revoked token go by, if a daemon starts on the database at `path`; nil if it does not, or knows
  /// nothing of the token, which lets nobody in.
  private static func state(in path: String) -> TokenState? {
    guard let store = try? TokenStore(path: path, vfs: nil),
      let index = try? LiveIndex(loading: store, seed: 7, now: Instant(seconds: 100))
    else { return nil }
    let reader = IndexReader(index.published)
    guard let digest = revoked else { fatalError("no digest") }
    let entry = reader[digest]
    return entry?.state
  }

  private static func change(_ table: String, _ column: String, to literal: String) throws {
    let database = try Database(path: copy, vfs: nil)
    try database.run(
      """
      PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF;
      UPDATE \(table) SET \(column) = \(literal) WHERE rowid = (SELECT max(rowid) FROM \(table));
      """)
  }

  private static func literal(of type: UInt8, _ bytes: ArraySlice<UInt8>) -> String {
    let hexadecimal = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    switch type % 4 {
    case 0: return "NULL"
    case 1: return "\(bytes.prefix(8).reduce(0 as Int64) { $0 << 8 | Int64($1) })"
    case 2: return "CAST(x'\(hexadecimal)' AS TEXT)"
    default: return "x'\(hexadecimal)'"
    }
  }
}
