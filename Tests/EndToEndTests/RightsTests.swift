// Who may do what, by grants: real users of the kernel's making, each with tokend-client.

import Harness
import Foundation
import Testing
import TokenClient
import Wire

/// A daemon whose administration socket lets everybody connect, so that only grants decide.
@Suite(.enabled(if: geteuid() == 0, "needs root, to become other users")) struct RightsTests {
  private let daemon: RunningDaemon

  init() throws {
    // Group 4000 may connect to administer; no group is operator.
    daemon = try RunningDaemon()
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: daemon.home)
    for socket in [daemon.adminSocket, daemon.validationSocket] {
      try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: socket)
    }
    for (org, tenant) in [("acme", "prod"), ("acme", "test"), ("other", "prod")] { try daemon.addTenant(org, tenant) }
  }

  /// tokend-client as a user in a group, in the context acme/prod.
  @discardableResult
  private func client(_ uid: Int, gid: Int = 3999, _ arguments: String..., input: String = "") throws -> Run {
    try Run(
      "/usr/bin/setpriv",
      ["--reuid", "\(uid)", "--regid", "\(gid)", "--clear-groups", RunningDaemon.programs + "/tokend-client"]
        + arguments, input: input,
      environment: [
        "TOKEND_SOCKET": daemon.validationSocket, "TOKEND_ADMIN_SOCKET": daemon.adminSocket, "TOKEND_ORG": "acme",
        "TOKEND_TENANT": "prod",
      ])
  }

  private func grant(_ words: String...) throws {
    let run = try Run(
      RunningDaemon.programs + "/tokend-client", ["grant", "add"] + words,
      environment: ["TOKEND_ADMIN_SOCKET": daemon.adminSocket])
    try #require(run.status == 0, "\(run.errors)")
  }

  /// The id of a token made with these words, or the exit status and message.
  private func create(_ uid: Int, gid: Int = 3999, _ name: String, _ scope: String = "pipeline:read") throws -> Run {
    try client(uid, gid: gid, "token", "create", name, "--scope", scope, "--json")
  }

  @Test func `a user without grants is told so, verb by verb`() throws {
    for words in [["tenant", "list"], ["token", "list"], ["permission", "list"], ["grant", "list"]] {
      let run = try client(4242, words[0], words[1])
      #expect(run.status == 4 && run.errors.contains("uid:4242 has no grant and sees no tenant: ask an operator"))
    }
  }

  @Test func `the status is operators', whatever has been granted`() throws {
    try grant("uid:4242", "org-admin", "--org", "acme")
    for words in ["status", "metrics"] {
      let run = try client(4242, words)
      #expect(run.status == 4 && run.output.isEmpty, "\(run.output)")
      #expect(
        run.errors.contains("uid:4242 is no operator: the status tells of all tenants and peers"), "\(run.errors)")
    }
    #expect(try daemon.client("status").status == 0)
    // Whoever looks for who was refused finds it there, as every other refusal.
    let denials = try daemon.client("audit", "denials", "--json").output
    #expect(denials.components(separatedBy: "tokend.v1.Status/GetStatus").count == 3, "\(denials)")
  }

  @Test func `a viewer lists and shows, and changes nothing`() throws {
    try grant("uid:4242", "viewer", "--org", "acme", "--tenant", "prod")
    let made = try daemon.create("mine")
    #expect(try client(4242, "token", "list").output.contains("mine"))
    #expect(try client(4242, "token", "show", made.token.id).status == 0)
    #expect(try client(4242, "permission", "list").status == 0)
    for run in [
      try create(4242, "x"), try client(4242, "token", "revoke", made.token.id, "--yes"),
      try client(4242, "tenant", "add", "acme/new"),
      try client(4242, "grant", "add", "uid:1", "viewer", "--everywhere"),
    ] {
      #expect(
        run.status == 4 && run.errors.contains("uid:4242 is not"), "\(run)")
    }
    #expect(try daemon.reason(made.secret) == "ALLOWED")
  }

  @Test func `what a caller may not see does not exist for it`() throws {
    try grant("uid:4242", "viewer", "--org", "acme", "--tenant", "test")
    let made = try daemon.create("hidden")
    let run = try client(4242, "token", "show", made.token.id, "--org", "acme", "--tenant", "prod")
    #expect(run.status == 3 && run.errors.contains("no token has the id"))
    let explained = try client(4242, "token", "explain", made.token.id)
    let unknown = try client(4242, "token", "explain", "AAAAAAAAAAA")
    #expect(explained.status == 3 && unknown.status == 3)
    #expect(explained.errors == unknown.errors.replacingOccurrences(of: "AAAAAAAAAAA", with: made.token.id))
    #expect(try client(4242, "token", "list").status == 4)
    let tenants = try client(4242, "tenant", "list").output
    #expect(tenants.contains("test") && !tenants.contains("prod") && !tenants.contains("other"))
  }

  @Test func `a token-admin makes and revokes in its tenant only`() throws {
    try grant("uid:4242", "token-admin", "--org", "acme", "--tenant", "prod")
    #expect(try create(4242, "x").status == 0)
    let elsewhere = try client(
      4242, "token", "create", "y", "--scope", "pipeline:read", "--tenant", "test")
    #expect(elsewhere.status == 4 && elsewhere.errors.contains("uid:4242 is not token-admin of acme/test"))
    #expect(try client(4242, "tenant", "add", "acme/new").status == 4)
  }

  @Test func `a grant to a group counts for its members, as the kernel knows them`() throws {
    try grant("gid:4300", "token-admin", "--org", "acme")
    #expect(try create(4242, gid: 4300, "x").status == 0)
    #expect(try create(4242, gid: 4301, "y").status == 4)
    let supplementary = try Run(
      "/usr/bin/setpriv",
      ["--reuid", "4242", "--regid", "4242", "--groups", "4300", RunningDaemon.programs + "/tokend-client"]
        + ["--admin-socket", daemon.adminSocket, "--org", "acme", "--tenant", "test"]
        + ["token", "create", "z", "--scope", "pipeline:read"])
    #expect(supplementary.status == 0)
  }

  @Test func `an org-admin adds tenants and grants of its organization only`() throws {
    try grant("uid:4242", "org-admin", "--org", "acme")
    #expect(try client(4242, "tenant", "add", "acme/new").status == 0)
    #expect(try client(4242, "tenant", "add", "other/new").status == 4)
    #expect(
      try client(4242, "grant", "add", "uid:4243", "token-admin", "--org", "acme", "--tenant", "prod").status == 0)
    #expect(try create(4243, "x").status == 0)
    for words in [["operator"], ["viewer", "--org", "other"], ["viewer", "--everywhere"]] {
      let run = try Run(
        "/usr/bin/setpriv",
        [
          "--reuid", "4242", "--regid", "1", "--clear-groups", RunningDaemon.programs + "/tokend-client", "grant",
          "add",
        ]
          + ["uid:4243"] + words, environment: ["TOKEND_ADMIN_SOCKET": daemon.adminSocket])
      #expect(run.status == 4, "\(words): \(run)")
    }
  }

  @Test func `an organization that may not be seen is one that is not there`() throws {
    try grant("uid:4242", "viewer", "--org", "acme", "--tenant", "prod")
    for noun in ["permission", "permission-set"] {
      let hidden = try client(4242, noun, "list", "--org", "other")
      let absent = try client(4242, noun, "list", "--org", "nosuch")
      #expect(hidden.status == 3 && absent.status == 3)
      #expect(hidden.errors == absent.errors.replacingOccurrences(of: "nosuch", with: "other"))
      #expect(try client(4242, noun, "list", "--org", "acme").status == 0)
    }
  }

  @Test func `a grant that one may not take away is not changed by giving it again`() throws {
    try grant("uid:4242", "org-admin", "--org", "acme", "--cap", "pipeline:read")
    try grant("uid:5000", "org-admin", "--org", "acme")
    let again = try client(4242, "grant", "add", "uid:5000", "org-admin", "--org", "acme", "--cap", "pipeline:read")
    #expect(again.status == 4 && again.errors.contains("may not let others hand out more"))
    let number = try #require(
      try daemon.administrator.call(Methods.listGrants, ListGrantsRequest()).grants.last?.number)
    #expect(try client(4242, "grant", "remove", "\(number)").status == 4)
  }

  @Test func `who may only administer gets no verdicts`() throws {
    let made = try daemon.create("edge")
    let run = try Run(
      RunningDaemon.programs + "/tokend-client", ["token", "validate", "--org", "acme", "--tenant", "prod"],
      input: made.secret, environment: ["TOKEND_SOCKET": daemon.adminSocket])
    #expect(run.status == 4 && run.errors.contains("verdicts are not given here"), "\(run)")
  }

  @Test func `a role is given where it is said, never by the context`() throws {
    for words in [["uid:4242", "viewer"], ["uid:4242", "token-admin", "--tenant", "prod"]] {
      let run = try client(0, "grant", "add", words[0], words[1])
      #expect(run.status == 2 && run.errors.contains("or --everywhere"), "\(run)")
    }
    #expect(try client(0, "grant", "add", "uid:4242", "viewer", "--everywhere").output.contains("viewer of *"))
    #expect(try client(0, "grant", "add", "uid:4242", "viewer", "--everywhere", "--org", "acme").status == 2)
    #expect(try client(0, "grant", "add", "uid:4243", "operator").status == 0)
  }

  @Test func `nobody hands out more than its cap, itself or by a grant`() throws {
    try grant("uid:4242", "org-admin", "--org", "acme", "--cap", "pipeline:read,metrics:read")
    #expect(try create(4242, "x", "pipeline:read").status == 0)
    let beyond = try create(4242, "y", "pipeline:read,alerts:write")
    #expect(beyond.status == 4 && beyond.errors.contains("may not hand out alerts:write in acme/prod"))
    let set = try client(4242, "token", "create", "z", "--permission-set", "read-only")
    #expect(set.status == 4 && set.errors.contains("may not hand out collector:read"))
    let wider = try client(
      4242, "grant", "add", "uid:4243", "token-admin", "--org", "acme", "--tenant", "prod")
    #expect(wider.status == 4 && wider.errors.contains("may not let others hand out more"))
    let within = try client(
      4242, "grant", "add", "uid:4243", "token-admin", "--org", "acme", "--tenant", "prod", "--cap", "metrics:read")
    #expect(within.status == 0)
    #expect(try create(4243, "w", "metrics:read").status == 0)
    #expect(try create(4243, "v", "pipeline:read").status == 4)
  }

  @Test func `a grant taken away is gone for the next call of an open connection`() throws {
    try grant("uid:4242", "viewer", "--org", "acme")
    #expect(try client(4242, "token", "list").status == 0)
    let number = try #require(
      try daemon.administrator.call(Methods.listGrants, ListGrantsRequest()).grants.first?.number)
    #expect(try daemon.client("grant", "remove", "\(number)").status == 0)
    #expect(try client(4242, "token", "list").status == 4)
    #expect(try daemon.client("grant", "remove", "\(number)").status == 3)
  }

  @Test func `grants are there again after a restart`() throws {
    try grant("uid:4242", "viewer", "--org", "acme")
    daemon.kill()
    let again = try RunningDaemon(home: daemon.home)
    try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: again.adminSocket)
    #expect(try client(4242, "token", "list").status == 0)
  }

  @Test func `a policy narrows a validator to its tenants, at once and for a connection that is open`() throws {
    let made = try daemon.create("edge")
    func validate(_ uid: Int, _ tenant: String) throws -> Run {
      try client(uid, "token", "validate", "--tenant", tenant, input: made.secret)
    }
    #expect(try validate(4242, "prod").status == 0)
    try grant("uid:4242", "validator", "--org", "acme", "--tenant", "test")
    let denied = try validate(4242, "prod")
    #expect(denied.status == 4 && denied.errors.contains("a policy limits this peer to other tenants"))
    #expect(try validate(4242, "test").output.contains("BINDING_MISMATCH"))
    // Others are not limited.
    #expect(try validate(4243, "prod").status == 0)
    // Root's own connection, open before and after.
    let validator = daemon.validator
    #expect(try validator.validate(made.secret, org: "acme", tenant: "prod").reason == "ALLOWED")
    try grant("uid:0", "validator", "--org", "other")
    #expect(throws: (any Error).self) { try validator.validate(made.secret, org: "acme", tenant: "prod") }
    // A validator grant gives no right to administer.
    #expect(try client(4242, "token", "list").status == 4)
  }

  @Test func `a validator's limit is an operator's to give and take, and outlives its tenant`() throws {
    let made = try daemon.create("edge")
    try daemon.addTenant("other", "edge")
    let elsewhere = try Run(
      RunningDaemon.programs + "/tokend-client",
      ["token", "create", "else", "--scope", "pipeline:read", "--org", "other", "--tenant", "edge", "--json"],
      environment: ["TOKEND_ADMIN_SOCKET": daemon.adminSocket])
    let document = try JSONSerialization.jsonObject(with: Data(elsewhere.output.utf8)) as? [String: Any]
    let secret = try #require(document?["secret"] as? String)
    try grant("uid:4242", "org-admin", "--org", "acme")
    // An org-admin confines nobody, itself and other organizations' services included.
    let confine = try client(4242, "grant", "add", "uid:4243", "validator", "--org", "acme")
    #expect(confine.status == 4 && confine.errors.contains("is not operator"))
    try grant("uid:4243", "validator", "--org", "acme", "--tenant", "prod")
    let number = try #require(
      try daemon.administrator.call(Methods.listGrants, ListGrantsRequest()).grants.last?.number)
    #expect(try client(4242, "grant", "remove", "\(number)").status == 4)
    func validate(_ secret: String, _ org: String, _ tenant: String) throws -> Int32 {
      try client(4243, "token", "validate", "--org", org, "--tenant", tenant, input: secret).status
    }
    #expect(try validate(made.secret, "acme", "prod") == 0)
    #expect(try validate(secret, "other", "edge") == 4)
    // Whoever was confined to a tenant that is gone is let in nowhere.
    #expect(try daemon.client("tenant", "remove", "acme/prod", "--yes", context: false).status == 0)
    #expect(try validate(secret, "other", "edge") == 4)
    #expect(try daemon.client("grant", "remove", "\(number)").status == 0)
    #expect(try validate(secret, "other", "edge") == 0)
  }

  @Test func `who may do this is answered with the grants that allow it`() throws {
    try grant("uid:4242", "token-admin", "--org", "acme", "--cap", "pipeline:read")
    try grant("gid:4300", "org-admin", "--org", "acme")
    try grant("uid:4243", "viewer", "--org", "acme")
    let all = try daemon.client("grant", "explain", "token-admin", "--org", "acme", "--tenant", "prod", context: false)
    #expect(all.output.contains("uid:0 (root): operator of this daemon, without a grant"))
    #expect(all.output.contains("uid:4242 is token-admin of acme/*, may hand out pipeline:read"))
    #expect(all.output.contains("gid:4300 is org-admin of acme/*"))
    #expect(!all.output.contains("4243"))
    let writers = try daemon.client(
      "grant", "explain", "token-admin", "--org", "acme", "--scope", "alerts:write", context: false)
    #expect(!writers.output.contains("4242") && writers.output.contains("gid:4300"))
    let nobody = try daemon.client(
      "grant", "explain", "operator", "--principal", "uid:4242", context: false)
    #expect(nobody.output == "nobody\n")
  }

  @Test func `each lack of rights has its code`() throws {
    try grant("uid:4242", "org-admin", "--org", "acme", "--cap", "pipeline:read")
    try grant("uid:4243", "validator", "--org", "other")
    func code(_ uid: Int, _ words: String...) throws -> String {
      let run = try Run(
        "/usr/bin/setpriv",
        ["--reuid", "\(uid)", "--regid", "1", "--clear-groups", RunningDaemon.programs + "/tokend-client", "--json"]
          + words,
        environment: [
          "TOKEND_SOCKET": daemon.validationSocket, "TOKEND_ADMIN_SOCKET": daemon.adminSocket, "TOKEND_ORG": "acme",
          "TOKEND_TENANT": "prod",
        ])
      let document = try JSONSerialization.jsonObject(with: Data(run.errors.utf8)) as? [String: [String: Any]]
      return document?["error"]?["code"] as? String ?? "none"
    }
    #expect(try code(4244, "token", "list") == "NO_TENANT_VISIBLE")
    #expect(try code(4242, "permission", "register", "a:b") == "NOT_PERMITTED")
    #expect(try code(4242, "token", "create", "x", "--scope", "alerts:read") == "SCOPE_BEYOND_CAP")
    #expect(try code(4242, "grant", "add", "uid:1", "token-admin", "--org", "acme") == "CAP_BEYOND_OWN")
    // A verdict that is not given is told by the client library as text; the code is on the wire.
    #expect(try code(4243, "token", "validate") == "NOT_PERMITTED")
  }
}
