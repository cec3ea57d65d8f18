// Databases whose rows are not as tokend has written them, before a start: what it refuses, and what goes on.

import Harness
import Foundation
import Testing
import TokenClient
import Wire

@Suite struct AlteredRowsTests {
  @Test func `a revoked token that a bit has made active again is damage`() throws {
    let remains = try Remains()
    let daemon = try RunningDaemon(home: remains.home)
    try daemon.revoke(remains.id)
    #expect(daemon.stop() == 0)
    try remains.sqlite("UPDATE tokens SET state = 1")
    #expect(
      try RunningDaemon.refusal(in: remains.home).contains("is damaged (token \(remains.id) is not what was written)"))
  }

  @Test(arguments: [-129, Int64.max])
  func `a trail that ends where counting never comes is damage`(revision: Int64) throws {
    let remains = try Remains()
    try remains.sqlite(
      "UPDATE audit SET revision = \(revision) WHERE revision = (SELECT max(revision) FROM audit)")
    if revision < 0 { try remains.sqlite("DELETE FROM audit WHERE revision > 0") }
    #expect(
      try RunningDaemon.refusal(in: remains.home).contains(
        "is damaged (its last event is \(revision)): restore a backup"))
  }

  @Test(arguments: [
    ("INSERT INTO sqlite_sequence VALUES ('grants', 9223372036854775807)", "9223372036854775807"),
    ("INSERT INTO sqlite_sequence VALUES ('grants', 7), ('grants', -1)", "-1"),
    ("INSERT INTO sqlite_sequence VALUES ('grants', 'one')", "one"),
    ("INSERT INTO sqlite_sequence VALUES ('grants', NULL)", "NULL"),
    (
      "INSERT INTO grants VALUES (9223372036854775807, 'uid:1', '', '', 1, NULL, 'uid:0', 0); DELETE FROM sqlite_sequence",
      "9223372036854775807"
    ),
  ])
  func `grants counted to where counting never comes are damage`(change: String, last: String) throws {
    let remains = try Remains()
    try remains.sqlite(change)
    #expect(
      try RunningDaemon.refusal(in: remains.home).contains("is damaged (its last grant is \(last)): restore a backup"))
  }

  @Test(arguments: ["UPDATE scopes SET number = 500 WHERE number = 2", "DELETE FROM scopes WHERE number = 2"])
  func `scopes that are not numbered one by one are damage`(change: String) throws {
    let remains = try Remains()
    try remains.sqlite(change)
    let words = try RunningDaemon.refusal(in: remains.home)
    #expect(
      words.contains(/is damaged \(scope [a-z:-]+ has the number [0-9]+, where [0-9]+ comes next\): restore a backup/),
      "\(words)")
  }

  @Test func `a scope that tokens have and that is gone is damage`() throws {
    let remains = try Remains()
    let daemon = try RunningDaemon(home: remains.home)
    #expect(try daemon.client("permission", "register", "zeta:read").status == 0)
    let made = try daemon.create("z", scopes: ["zeta:read"])
    #expect(daemon.stop() == 0)
    try remains.sqlite("DELETE FROM scopes WHERE name = 'zeta:read'")
    let words = try RunningDaemon.refusal(in: remains.home)
    #expect(
      words.contains("is damaged (token \(made.token.id) has no scopes, or one that was never registered)"), "\(words)")
    try remains.sqlite("UPDATE scope_sets SET members = 'zeta:reaD' WHERE members = 'zeta:read'")
    #expect(
      try RunningDaemon.refusal(in: remains.home).contains(
        "is damaged (token \(made.token.id) has no scopes, or one that was never registered)"))
    try FileManager.default.createDirectory(
      atPath: remains.home + "/other", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let restore = try Run(
      RunningDaemon.programs + "/tokend",
      [
        "--state-dir", remains.home + "/other", "--restore", remains.database, "--config",
        remains.home + "/tokend.conf",
      ])
    #expect(
      restore.status != 0
        && restore.errors.contains(
          "is damaged (token \(made.token.id) has no scopes, or one that was never registered)"),
      "\(restore)")
  }

  @Test func `a new token takes no set of scopes that a start would not`() throws {
    let remains = try Remains()
    let first = try RunningDaemon(home: remains.home)
    #expect(try first.client("permission", "register", "zeta:read").status == 0)
    _ = try first.create("z", scopes: ["zeta:read"])
    #expect(first.stop() == 0)
    try remains.sqlite("DELETE FROM tokens WHERE name = 'z'")
    // In the table; its index has what it had.
    try remains.overwrite("zeta:read", onPage: try remains.page(of: "scope_sets"), with: "Zeta")
    let daemon = try RunningDaemon(home: remains.home)
    let run = try daemon.client("token", "create", "y", "--scope", "zeta:read")
    #expect(run.status == 69 && run.errors.contains("the database is damaged"), "\(run)")
    #expect(daemon.stop() == 0)
    #expect(try RunningDaemon(home: remains.home).reason(remains.secret) == "ALLOWED")
  }

  @Test(arguments: ["'zeta:read' || char(0) || 'zeta:write'", "''"])
  func `a set of scopes that ends early is damage`(members: String) throws {
    let remains = try Remains()
    let daemon = try RunningDaemon(home: remains.home)
    #expect(try daemon.client("permission", "register", "zeta:read", "zeta:write").status == 0)
    let made = try daemon.create("z", scopes: ["zeta:read", "zeta:write"])
    #expect(daemon.stop() == 0)
    try remains.sqlite("UPDATE scope_sets SET members = \(members) WHERE members = 'zeta:read zeta:write'")
    #expect(
      try RunningDaemon.refusal(in: remains.home).contains(
        "is damaged (token \(made.token.id) has no scopes, or one that was never registered)"))
  }

  /// They only allow less, so that a daemon starts; nobody would hear of it.
  @Test func `a backup tells of grants and permission sets whose scopes are damaged`() throws {
    let remains = try Remains()
    let first = try RunningDaemon(home: remains.home)
    #expect(try first.client("permission", "register", "zeta:read", "zeta:write").status == 0)
    func give(_ daemon: RunningDaemon) throws -> Run {
      try daemon.client("grant", "add", "uid:4711", "token-admin", "--org", "acme", "--cap", "zeta:read")
    }
    func define(_ daemon: RunningDaemon) throws -> Run {
      try daemon.client("permission-set", "define", "zetas", "--scope", "zeta:read", "--scope", "zeta:write")
    }
    for make in [give, define] { #expect(try make(first).status == 0) }
    #expect(first.stop() == 0)
    try remains.sqlite(
      """
      UPDATE grants SET cap = 'zeta:reaD' WHERE principal = 'uid:4711';
      UPDATE permission_sets SET members = 'zeta:read' || char(0) || 'zeta:write' WHERE name = 'zetas'
      """)
    let daemon = try RunningDaemon(home: remains.home)
    let copy = remains.home + "/copy.db"
    for (what, mend) in [("grant 1", give), ("permission set zetas", define)] {
      let run = try daemon.client("backup", "create", copy)
      #expect(
        run.status == 69 && run.errors.contains("\(what) has no scopes, or one that was never registered"), "\(run)")
      #expect(try mend(daemon).status == 0)
    }
    #expect(try daemon.client("backup", "create", copy).status == 0)
  }

  /// A bit makes a BLOB of a text in a row, and STRICT tables no longer take the row.
  private func change(_ column: String, of table: String = "tokens", to value: String, in remains: Remains) throws {
    try remains.sqlite(
      """
      PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '') WHERE name = '\(table)'
      """)
    try remains.sqlite("PRAGMA ignore_check_constraints = ON; UPDATE \(table) SET \(column) = \(value)")
    try remains.sqlite(
      """
      PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || ' STRICT' WHERE name = '\(table)'
      """)
  }

  @Test(arguments: [("id", "CAST(id AS BLOB)"), ("name", "CAST(name AS BLOB)"), ("expires_at", "'never'")])
  func `a token that could not be revoked is damage`(column: String, value: String) throws {
    let remains = try Remains()
    try change(column, to: value, in: remains)
    #expect(
      try RunningDaemon.refusal(in: remains.home).contains("is damaged (token \(remains.id) is not what was written)"))
  }

  @Test func `a row that its table does not allow refuses its changes, and ends no daemon`() throws {
    let remains = try Remains()
    try change("description", to: "x'01'", in: remains)
    let daemon = try RunningDaemon(home: remains.home)
    let other = try daemon.create("b")
    for secret in [remains.secret, other.secret] { #expect(try daemon.reason(secret) == "ALLOWED") }
    let run = try daemon.client("token", "revoke", remains.id, "--reason", "leaked", "--yes")
    #expect(run.status == 69 && run.errors.contains("damaged"), "\(run)")
    // Nor is it left out of what concerns all.
    let removal = try daemon.client("tenant", "remove", "acme/prod", "--yes")
    #expect(removal.status == 69 && removal.errors.contains("nothing was changed"), "\(removal)")
    #expect(try daemon.reason(remains.secret) == "ALLOWED")
    #expect(daemon.stop() == 0)
    #expect(daemon.lastWords().contains("token \(remains.id): cannot store BLOB value"))
    let again = try RunningDaemon(home: remains.home)
    #expect(try again.client("token", "show", other.token.id).output.contains(/used: +(?!never)/))
    try again.revoke(other.token.id)
    #expect(try again.reason(other.secret) == "REVOKED")
  }

  @Test func `no moment or lifetime in a row ends a daemon`() throws {
    let remains = try Remains()
    try remains.sqlite(
      """
      UPDATE tokens SET last_used_at = 9223372036854775807;
      UPDATE tenants SET default_lifetime = 9223372036854775807, max_lifetime = 9223372036854775807
      """)
    let daemon = try RunningDaemon(home: remains.home, ["--usage-interval", "1"])
    #expect(try daemon.reason(remains.secret, "acme", "prod", ["pipeline:read"]) == "ALLOWED")
    var create = CreateTokenRequest()
    (create.org, create.tenant, create.name, create.scopes) = ("acme", "prod", "b", ["pipeline:read"])
    #expect(try daemon.administrator.call(Methods.createToken, create).token.expiresAt == 0)
    let rotation = try daemon.client("token", "rotate", remains.id, "--grace", "1h")
    #expect(rotation.status == 0, "\(rotation)")
    #expect(daemon.stop() == 0)
  }

  @Test(arguments: [
    "4, NULL", "3, 'pipeline:read'", "1, 'pipeline:read'",
  ])
  func `a grant that nobody could have been given is damage`(roleAndCap: String) throws {
    let remains = try Remains()
    try remains.sqlite("INSERT INTO grants VALUES (1, 'uid:4711', 'acme', 'prod', \(roleAndCap), 'uid:0', 0)")
    let words = try RunningDaemon.refusal(in: remains.home)
    #expect(words.contains("is damaged (grant 1 could not have been given: "), "\(words)")
  }

  @Test func `a cap of which nothing is left is not shown as none`() throws {
    let remains = try Remains()
    try remains.sqlite("INSERT INTO grants VALUES (1, 'uid:4711', 'acme', '', 3, 'zeta:reaD', 'uid:0', 0)")
    let list = try RunningDaemon(home: remains.home).client("grant", "list")
    #expect(list.output.contains(/uid:4711 +org-admin +acme\/\* +none/), "\(list)")
  }

  @Test func `a permission set that has become a blob does not become all scopes`() throws {
    let remains = try Remains()
    try remains.sqlite("DELETE FROM permission_sets WHERE name <> 'data-access'")
    try change("members", of: "permission_sets", to: "x'2a'", in: remains)
    #expect(
      try RunningDaemon.refusal(in: remains.home).contains(
        "is damaged (permission set data-access is not what it says)"))
  }

}
