// The trail of changes: that it is complete, and that nobody changes it unseen.

import Harness
import Foundation
import Testing
import TokenClient
import Wire

@Suite struct AuditTests {
  private let daemon: RunningDaemon

  init() throws {
    daemon = try RunningDaemon()
    try daemon.addTenant()
    for name in ["a", "b", "c"] { _ = try daemon.create(name) }
    try daemon.revoke(daemon.create("d").token.id)
  }

  @Test func `every change is an event, with who, what and when, newest first`() throws {
    let run = try daemon.client("audit", "list", "--json")
    let document = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let events = try #require(document["events"] as? [[String: Any]])
    #expect(
      events.map { $0["action"] as? String } == [
        "token.revoke", "token.create", "token.create", "token.create", "token.create", "tenant.add",
      ])
    #expect(events.map { $0["revision"] as? Int } == [6, 5, 4, 3, 2, 1])
    #expect(events.allSatisfy { $0["actor"] as? String == "uid:\(geteuid())" })
    #expect((events[0]["detail"] as? String)?.contains("active -> revoked") == true)
  }

  @Test func `grants that go with their tenant, restored scopes and changed caps are told`() throws {
    func last() throws -> String {
      let output = try daemon.client("audit", "list", "--limit", "2").output
      return output.split(separator: "\n").dropFirst().map {
        $0.split(separator: " ").dropFirst(4).joined(separator: " ")
      }
      .joined(separator: "; ")
    }
    for cap in ["pipeline:read", "metrics:read"] {
      let run = try daemon.client(
        "grant", "add", "uid:4242", "token-admin", "--org", "acme", "--tenant", "prod", "--cap", cap)
      try #require(run.status == 0, "\(run)")
    }
    #expect(try last().contains("grant.add uid:4242 token-admin acme/prod cap pipeline:read -> metrics:read"))
    #expect(try daemon.client("permission", "retire", "metrics:read", "--yes", context: false).status == 0)
    #expect(try daemon.client("permission", "register", "metrics:read", "--restore", context: false).status == 0)
    #expect(try last().hasPrefix("scope.restore metrics:read"))
    #expect(try daemon.client("tenant", "remove", "acme/prod", "--yes", context: false).status == 0)
    let end = try last()
    #expect(end.contains("tenant.remove acme/prod") && end.contains("grant.remove uid:4242 token-admin acme/prod"))
  }

  @Test func `events are found by action, target and actor, page by page`() throws {
    #expect(
      try daemon.client("audit", "list", "--action", "token.create", "--json").output.components(
        separatedBy: "token.create"
      ).count == 5)
    let id = try daemon.create("e").token.id
    let found = try daemon.client("audit", "list", "--target", id)
    #expect(found.output.split(separator: "\n").count == 2 && found.output.contains("name e"))
    #expect(try daemon.client("audit", "list", "--actor", "uid:4711").errors.contains("no events"))
    let page = try daemon.client("audit", "list", "--limit", "2")
    #expect(page.output.split(separator: "\n").count == 3 && page.errors.contains("more: tokend-client audit list"))
    #expect(try daemon.client("audit", "list", "--all", "--limit", "2").output.split(separator: "\n").count == 8)
  }

  @Test func `a whole trail is verified, and so is one that was kept the head of`() throws {
    let first = try daemon.client("audit", "verify")
    #expect(first.status == 0 && first.output.hasPrefix("verified 6 events\n6:"))
    let head = try #require(first.output.split(separator: "\n").last).description
    _ = try daemon.create("more")
    #expect(try daemon.client("audit", "verify", "--expect", head).status == 0)
    let other = try daemon.client("audit", "verify", "--expect", "6:" + String(repeating: "0", count: 64))
    #expect(other.status == 1 && other.errors.contains("the trail was written anew"))
    #expect(try daemon.client("audit", "verify", "--expect", "99:" + String(repeating: "0", count: 64)).status == 1)
  }

  @Test(arguments: [
    ("UPDATE audit SET actor = 'uid:9' WHERE revision = 3", "event 3 is not what was written"),
    ("UPDATE audit SET at = at + 1 WHERE revision = 4", "event 4 is not what was written"),
    ("UPDATE audit SET detail = detail || ' ' WHERE revision = 6", "event 6 is not what was written"),
    ("DELETE FROM audit WHERE revision = 2", "event 2 is missing"),
    ("DELETE FROM audit WHERE revision = 1", "event 1 is missing"),
    ("DELETE FROM audit WHERE revision = 6", "events after 5 are missing: 6 were written"),
    ("DELETE FROM audit", "events after 0 are missing: 6 were written"),
    (
      "UPDATE audit SET revision = 100 WHERE revision = 2; UPDATE audit SET revision = 2 WHERE revision = 3; "
        + "UPDATE audit SET revision = 3 WHERE revision = 100", "event 2 is not what was written"
    ),
  ])
  func `an event that is altered, removed or put elsewhere is found`(sql: String, problem: String) throws {
    #expect(daemon.stop() == 0)
    let done = try Run("/usr/bin/sqlite3", [daemon.home + "/state/tokend.db", sql])
    #expect(done.status == 0, "\(done.errors)")
    let again = try RunningDaemon(home: daemon.home)
    let run = try again.client("audit", "verify")
    #expect(run.status == 1 && run.errors.contains(problem), "\(run)")
    #expect(try again.client("audit", "verify", "--json").errors.contains("\"TRAIL_BROKEN\""))
    // Verdicts are given all the same.
    #expect(try again.reason("") == "MISSING_CREDENTIAL")
  }

  @Test func `a follower sees each change as it is made, once`() throws {
    let out = Pipe()
    let follower = try Child(
      RunningDaemon.programs + "/tokend-client", ["audit", "follow", "--after", "5", "--json"],
      environment: ["TOKEND_ADMIN_SOCKET": daemon.adminSocket], output: out.fileHandleForWriting)
    defer { follower.send(SIGTERM) }
    try out.fileHandleForWriting.close()
    var text = ""
    func read(lines: Int) {
      while text.split(separator: "\n").count < lines {
        let data = out.fileHandleForReading.availableData
        if data.isEmpty { return }
        text += String(decoding: data, as: UTF8.self)
      }
    }
    read(lines: 1)
    _ = try daemon.create("while it follows")
    read(lines: 2)
    let lines = text.split(separator: "\n")
    #expect(lines.count == 2 && lines[0].contains("token.revoke") && lines[1].contains("while it follows"))
  }

  @Test(.enabled(if: geteuid() == 0, "needs root, to become another user"))
  func `who is refused is remembered, a bounded number of times`() throws {
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: daemon.home)
    try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: daemon.adminSocket)
    let program = RunningDaemon.programs + "/tokend-client"
    let script = "for i in $(seq 60); do '\(program)' tenant list; done"
    _ = try Run(
      "/usr/bin/setpriv", ["--reuid", "4242", "--regid", "4242", "--clear-groups", "/bin/sh", "-c", script],
      environment: ["TOKEND_ADMIN_SOCKET": daemon.adminSocket])
    let run = try daemon.client("audit", "denials", "--json")
    let document = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let denials = try #require(document["denials"] as? [[String: Any]])
    let dropped = try #require(document["dropped"] as? Int)
    #expect(denials.count + dropped == 60)
    #expect(
      denials.first?["actor"] as? String == "uid:4242" && denials.first?["code"] as? String == "NO_TENANT_VISIBLE")
    #expect(denials.first?["method"] as? String == "tokend.v1.Tenants/ListTenants")
    // The trail does not grow by it.
    #expect(try daemon.client("audit", "verify").output.hasPrefix("verified 6 events"))
  }
}
