// When tokens were last used, and for what.

import Harness
import Foundation
import Testing
import TokenClient
import Wire

@Suite struct UseTests {
  private func token(_ daemon: RunningDaemon, _ name: String) throws -> TokenMessage {
    var request = ListTokensRequest()
    (request.org, request.tenant, request.filter.namePrefix) = ("acme", "prod", name)
    return try #require(try daemon.administrator.call(Methods.listTokens, request).tokens.first)
  }

  @Test func `what a token was used for is there after a clean stop, and what it was denied is not`() throws {
    let daemon = try RunningDaemon(["--workers", "2"])
    try daemon.addTenant()
    let made = try daemon.create("a", scopes: ["pipeline:read", "pipeline:write", "alerts:read"])
    let idle = try daemon.create("idle")
    let before = Int64(Date().timeIntervalSince1970)
    for scopes in [["pipeline:read"], ["alerts:read", "pipeline:read"], ["user:write"]] {
      _ = try daemon.reason(made.secret, "acme", "prod", scopes)
    }
    _ = try daemon.reason(idle.secret, "acme", "test")
    #expect(daemon.stop() == 0)
    let again = try RunningDaemon(home: daemon.home)
    let used = try token(again, "a")
    #expect(used.lastUsedAt >= before && used.lastUsedAt <= Int64(Date().timeIntervalSince1970))
    #expect(used.exercisedScopes == ["pipeline:read", "alerts:read"])
    let unused = try token(again, "idle")
    #expect(unused.lastUsedAt == 0 && unused.exercisedScopes.isEmpty)
    #expect(try again.client("token", "show", "a").output.contains("pipeline:read alerts:read\n"))
    // What is exercised later is added.
    _ = try again.reason(made.secret, "acme", "prod", ["pipeline:write"])
    #expect(again.stop() == 0)
    let third = try RunningDaemon(home: daemon.home)
    #expect(try token(third, "a").exercisedScopes == ["pipeline:read", "pipeline:write", "alerts:read"])
  }

  @Test func `of a token with forty scopes all that were required are noted, whatever their place`() throws {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    // In the catalog's order, which is that in which they are registered.
    let scopes = (10..<50).map { "area\($0):read" }
    var registration = RegisterScopesRequest()
    registration.scopes = scopes
    _ = try daemon.administrator.call(Methods.registerScopes, registration)
    let made = try daemon.create("a", scopes: scopes)
    let required = [scopes[3], scopes[31], scopes[32], scopes[39], scopes[32]]
    #expect(try daemon.reason(made.secret, "acme", "prod", required) == "ALLOWED")
    // One that it does not hold: nothing of this is noted.
    #expect(try daemon.reason(made.secret, "acme", "prod", [scopes[35], "user:write"]) == "INSUFFICIENT_SCOPE")
    #expect(daemon.stop() == 0)
    let again = try RunningDaemon(home: daemon.home)
    #expect(try token(again, "a").exercisedScopes == [scopes[3], scopes[31], scopes[32], scopes[39]])
  }

  @Test func `a use is written within its interval while the daemon runs, and counts no revision`() throws {
    let daemon = try RunningDaemon(["--usage-interval", "1"])
    try daemon.addTenant()
    let made = try daemon.create("a")
    let revision = try daemon.validator.validate(made.secret, org: "acme", tenant: "prod").revision
    try eventually(within: .seconds(30), "the use is written") { try token(daemon, "a").lastUsedAt != 0 }
    #expect(try daemon.validator.validate(made.secret, org: "acme", tenant: "prod").revision == revision)
    #expect(try daemon.client("audit", "verify").output.hasPrefix("verified 2 events"))
  }

  @Test func `tokens that were not used since are listed, and a listing by last use is in that order`() throws {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    for name in ["a", "b", "c"] { _ = try daemon.create(name) }
    let used = try daemon.create("used")
    _ = try daemon.reason(used.secret)
    #expect(daemon.stop() == 0)
    // Three of them are made older than they are.
    _ = try Run(
      "/usr/bin/sqlite3",
      [
        daemon.home + "/state/tokend.db",
        "UPDATE tokens SET created_at = created_at - 8640000; UPDATE tokens SET last_used_at = 1700000000 WHERE name = 'b'",
      ])
    let again = try RunningDaemon(home: daemon.home)
    let unused = try again.client("token", "list", "--unused-since", "90d", "--sort", "name", "--columns", "name")
    #expect(unused.output == "NAME\na\nb\nc\n")
    let byUse = try again.client("token", "list", "--sort", "last-used", "--reverse", "--columns", "name")
    #expect(byUse.output.hasPrefix("NAME\nused\nb\n"))
  }
}
