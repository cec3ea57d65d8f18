// Databases with an index that leads elsewhere, which a start does not look at: no change is said to be made that was not.

import Foundation
import Harness
import Testing
import TokenClient
import Wire

@Suite struct WrongIndexTests {
  @Test func `a tenant is not removed without the tokens that are not found by it`() throws {
    let remains = try Remains()
    let define = { (sql: String) in
      try remains.sqlite(
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = \(sql) WHERE name = 'tokens_by_tenant'")
    }
    _ = try define("sql || ' WHERE ordinal <> 1'")
    try remains.sqlite("REINDEX tokens_by_tenant")
    _ = try define("replace(sql, ' WHERE ordinal <> 1', '')")
    let daemon = try RunningDaemon(home: remains.home)
    for command in [["tenant", "remove", "acme/prod"], ["token", "revoke", "--name-prefix", "a"]] {
      let run = try daemon.run(command + ["--yes"])
      #expect(run.status == 69 && run.errors.contains("the database is damaged"), "\(run)")
    }
    #expect(try daemon.reason(remains.secret) == "ALLOWED")
  }

  /// The index by tenant has another token in the place of "b".
  @Test(arguments: [UInt8(3), 4]) func `no token is taken twice, or of another tenant, in the place of one`(
    other: UInt8
  )
    throws
  {
    let remains = try Remains()
    let first = try RunningDaemon(home: remains.home)
    let made = try ["b", "c"].map { try first.create($0) }
    try first.addTenant("acme", "dev")
    let elsewhere = try first.create("x", tenant: "dev")
    #expect(first.stop() == 0)
    try remains.overwrite(
      Data([6, 4, 9, 1, 1, 2, 2]), onPage: try remains.page(of: "tokens_by_tenant"),
      with: Data([6, 4, 9, 1, 1, 2, other]))
    let daemon = try RunningDaemon(home: remains.home)
    for command in [["tenant", "remove", "acme/prod"], ["token", "revoke", "--state", "active"]] {
      let run = try daemon.run(command + ["--yes"])
      #expect(run.status == 69 && run.errors.contains("the database is damaged"), "\(run)")
    }
    #expect(try daemon.reason(elsewhere.secret, "acme", "dev") == "ALLOWED")
    for token in made {
      try daemon.revoke(token.token.id)
      #expect(try daemon.reason(token.secret) == "REVOKED")
    }
  }

  @Test func `what an index no longer finds is changed all the same, or told`() throws {
    let remains = try Remains()
    let first = try RunningDaemon(home: remains.home)
    #expect(try first.client("permission", "register", "zeta:read", "zeta:write").status == 0)
    let made = try first.create("z", scopes: ["zeta:read"])
    let define = ["permission-set", "define", "zetas", "--scope"]
    let give = ["grant", "add", "uid:4711", "token-admin", "--org", "acme", "--cap"]
    for command in [define, give] { #expect(try first.run(command + ["zeta:read,zeta:write"]).status == 0) }
    #expect(first.stop() == 0)
    for (table, text, other) in [
      ("permission_sets", "zetas", "yetas"), ("grants", "uid:4711", "uid:4710"), ("scopes", "zeta:read", "zeta:reac"),
    ] {
      try remains.overwrite(text, onPage: try remains.page(of: "sqlite_autoindex_\(table)_1"), with: other)
    }
    let daemon = try RunningDaemon(home: remains.home)
    let run = try daemon.run(define + ["zeta:read"])
    #expect(run.status == 69 && run.errors.contains("the database is damaged: nothing was changed"), "\(run)")
    #expect(try daemon.run(give + ["zeta:read"]).status == 0)
    let list = try daemon.client("grant", "list", "--json").output
    #expect(list.contains("zeta:read") && !list.contains("zeta:write"), "\(list)")
    #expect(try daemon.client("permission-set", "remove", "zetas", "--yes").status == 69)
    #expect(try daemon.client("permission", "retire", "zeta:read", "--yes").status == 0)
    #expect(try daemon.reason(made.secret, "acme", "prod", ["zeta:read"]) == "INSUFFICIENT_SCOPE")
  }

  /// The index of the table has the number of another's row.
  @Test func `nothing of one name is changed in the place of another`() throws {
    let remains = try Remains()
    let first = try RunningDaemon(home: remains.home)
    for name in ["aaa", "bbb"] {
      #expect(try first.client("permission-set", "define", name, "--scope", "pipeline:read").status == 0)
    }
    for uid in [4711, 4712] {
      #expect(try first.client("grant", "add", "uid:\(uid)", "viewer", "--org", "acme").status == 0)
    }
    #expect(first.stop() == 0)
    for (table, text, row) in [
      ("permission_sets", "bbb\u{5}", "bbb\u{4}"), ("grants", "uid:4712acme\u{2}", "uid:4712acme\u{1}"),
    ] {
      try remains.overwrite(text, onPage: try remains.page(of: "sqlite_autoindex_\(table)_1"), with: row)
    }
    let daemon = try RunningDaemon(home: remains.home)
    let run = try daemon.client("permission-set", "define", "bbb", "--scope", "metrics:read")
    #expect(run.status == 69 && run.errors.contains("the database is damaged: nothing was changed"), "\(run)")
    #expect(try daemon.client("grant", "add", "uid:4712", "viewer", "--org", "acme").status == 0)
    let list = try daemon.client("grant", "list").output
    #expect(list.contains("uid:4711") && list.contains("uid:4712"))
  }

  @Test func `no other token is revoked in the place of one that the index by id does not find`() throws {
    let remains = try Remains()
    let first = try RunningDaemon(home: remains.home)
    let made = try ["b", "c"].map { try first.create($0) }
    #expect(first.stop() == 0)
    let page = try remains.page(of: "sqlite_autoindex_tokens_1")
    try remains.overwrite(made[0].token.id + "\u{2}", onPage: page, with: made[0].token.id + "\u{3}")
    let daemon = try RunningDaemon(home: remains.home)
    for command in [
      ["revoke", made[0].token.id, "--yes"], ["disable", made[0].token.id], ["show", made[0].token.id],
    ] {
      let run = try daemon.run(["token"] + command)
      #expect(run.status == 69 && run.errors.contains("the database is damaged"), "\(run)")
    }
    for token in made { #expect(try daemon.reason(token.secret) == "ALLOWED") }
  }

  @Test func `no other tenant is removed in the place of one`() throws {
    let remains = try Remains()
    let first = try RunningDaemon(home: remains.home)
    try first.addTenant("acme", "test")
    let elsewhere = try first.create("x", tenant: "test")
    #expect(first.stop() == 0)
    // The number 1 is in the type of its column.
    try remains.overwrite(
      Data("acmetest".utf8) + Data([2]), onPage: try remains.page(of: "sqlite_autoindex_tenants_1"),
      with: Data("acmetest".utf8) + Data([1]))
    let daemon = try RunningDaemon(home: remains.home)
    let run = try daemon.client("tenant", "remove", "acme/test", "--yes")
    #expect(run.status == 69 && run.errors.contains("the database is damaged"), "\(run)")
    #expect(try daemon.reason(remains.secret) == "ALLOWED")
    #expect(try daemon.reason(elsewhere.secret, "acme", "test") == "ALLOWED")
  }
}
