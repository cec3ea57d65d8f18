// tokend-client as scripts see it: what goes to which stream, and the exit codes; and peers of other users.

import Harness
import Foundation
import Testing
import Wire

@Suite struct ClientProgramTests {
  let daemon: RunningDaemon

  init() throws { daemon = try RunningDaemon() }

  @Test func `create prints the token and nothing else`() throws {
    #expect(try daemon.client("tenant", "add").output == "registered acme/prod\n")
    let run = try daemon.client("token", "create", "ci", "--permission-set", "read-only")
    #expect(run.status == 0 && run.errors.isEmpty)
    #expect(run.output.utf8.count == 56 && run.output.hasPrefix("tokend_") && run.output.hasSuffix("\n"))
    let verdict = try daemon.client("token", "validate", "--require", "pipeline:read", input: run.output)
    #expect(verdict.status == 0 && verdict.output.hasPrefix("allowed: "))
    #expect(try daemon.client("token", "validate", "--require", "user:write", input: run.output).status == 1)
  }

  @Test func `list --json has the agreed members`() throws {
    _ = try daemon.client("tenant", "add", "acme/prod")
    _ = try daemon.client("token", "create", "ci", "--scope", "pipeline:read,metrics:read", "--expires", "90d")
    let run = try daemon.client("token", "list", "--json")
    let list = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let token = try #require((list["tokens"] as? [[String: Any]])?.first)
    #expect(token["name"] as? String == "ci" && token["state"] as? String == "active")
    #expect(token["scopes"] as? [String] == ["pipeline:read", "metrics:read"])
    #expect(list["next_page"] is NSNull)
  }

  @Test func `exit codes are as documented`() throws {
    _ = try daemon.client("tenant", "add", "acme/prod")
    #expect(try daemon.client("token", "frobnicate").status == 2)
    #expect(try daemon.client("token", "create").status == 2)
    #expect(try daemon.client("token", "list", context: false).status == 2)
    #expect(try daemon.client("token", "list", "--frobnicate").status == 2)
    #expect(try daemon.client("token", "revoke", daemon.create("kept").token.id).status == 2)
    #expect(try daemon.client("token", "revoke", "00000000000", "--yes").status == 3)
    #expect(try daemon.client("token", "list", "--tenant", "nowhere").status == 3)
    #expect(try daemon.client("token", "create", "ci", "--scope", "no:such").status == 1)
    #expect(try daemon.client("tenant", "add", "acme/prod").status == 1)
    #expect(try daemon.client("token", "validate", input: "nonsense").status == 1)
    #expect(try daemon.client("token", "list", "--admin-socket", "/nowhere").status == 69)
    #expect(try daemon.client("--help").status == 0)
    #expect(try daemon.client("token", "create", "--help").output.contains("--permission-set SET"))
  }

  @Test func `suggestions are made for misspelt words`() throws {
    #expect(try daemon.client("token", "lst").errors.contains("did you mean 'token list'?"))
    #expect(try daemon.client("token", "list", "--jsn").errors.contains("did you mean --json?"))
  }

  /// tokend-client under a shell that redirects its standard output.
  private func run(redirected: String, _ arguments: [String]) throws -> Run {
    try Run(
      "/bin/sh", ["-c", "exec \"$0\" \"$@\" \(redirected)", RunningDaemon.programs + "/tokend-client"] + arguments,
      environment: ["TOKEND_ADMIN_SOCKET": daemon.adminSocket, "TOKEND_ORG": "acme", "TOKEND_TENANT": "prod"])
  }

  @Test(arguments: [">/dev/full", ">&-"]) func `a token that can't be printed is 74, and its id is named`(
    redirected: String
  ) throws {
    _ = try daemon.client("tenant", "add", "acme/prod")
    let run = try run(redirected: redirected, ["token", "create", "lost", "--scope", "pipeline:read"])
    #expect(run.status == 74)
    let listed = try daemon.client("token", "list", "--json")
    let list = try #require(try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [String: Any])
    let id = try #require((list["tokens"] as? [[String: Any]])?.first?["id"] as? String)
    #expect(run.errors.contains("revoke it with tokend-client token revoke \(id)"))
    #expect(try self.run(redirected: redirected, ["token", "list"]).status == 74)
  }

  @Test func `half a context does not widen a revocation`() throws {
    _ = try daemon.client("tenant", "add", "acme/prod")
    let secret = try daemon.client("token", "create", "ci", "--scope", "pipeline:read").output
    let id = try daemon.create("other").token.id
    for half in [["--org", "acme"], ["--tenant", "prod"]] {
      let run = try Run(
        RunningDaemon.programs + "/tokend-client", ["token", "revoke", id, "--yes"] + half,
        environment: ["TOKEND_ADMIN_SOCKET": daemon.adminSocket])
      #expect(run.status == 2)
    }
    #expect(try daemon.client("token", "validate", input: secret).status == 0)
    #expect(try daemon.client("token", "list", "--json").output.contains("revoked\"") == false)
  }

  @Test func `a token given as an argument is neither taken nor repeated`() throws {
    _ = try daemon.client("tenant", "add", "acme/prod")
    let secret = try daemon.create("ci").secret
    for words in [["validate"], ["show"], ["revoke", "--yes"], ["list", "--page"], ["list", "--scope"]] {
      let run = try Run(
        RunningDaemon.programs + "/tokend-client", ["token"] + words + [secret],
        environment: ["TOKEND_SOCKET": daemon.validationSocket, "TOKEND_ADMIN_SOCKET": daemon.adminSocket])
      #expect(run.status != 0 && !run.errors.contains(secret) && !run.output.contains(secret), "\(words)")
    }
  }

  // These need root, to become other users.

  private func run(as user: [String], _ arguments: [String]) throws -> Run {
    try Run(
      "/usr/bin/setpriv", user + [RunningDaemon.programs + "/tokend-client"] + arguments,
      environment: ["TOKEND_SOCKET": daemon.validationSocket, "TOKEND_ADMIN_SOCKET": daemon.adminSocket])
  }

  private static let stranger = ["--reuid", "4242", "--regid", "4242", "--clear-groups"]

  @Test(.enabled(if: geteuid() == 0, "needs root, to become other users"))
  func `another user may not connect, and where it can, may not administer`() throws {
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: daemon.home)
    let refused = try run(as: Self.stranger, ["tenant", "list"])
    #expect(refused.status == 4 && refused.errors.contains("may not connect"))
    try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: daemon.adminSocket)
    let denied = try run(as: Self.stranger, ["tenant", "list"])
    #expect(denied.status == 4 && denied.errors.contains("uid:4242 has no grant and sees no tenant"))
    try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: daemon.validationSocket)
    #expect(try run(as: Self.stranger, ["token", "validate", "--org", "a", "--tenant", "b"]).status == 1)
  }

  @Test(.enabled(if: geteuid() == 0, "needs root, to become other users"))
  func `a member of the administration socket's group administers, by gid or supplementary group`() throws {
    let grouped = try RunningDaemon(["--admin-group", "nogroup"])
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: grouped.home)
    for user in [
      ["--reuid", "4242", "--regid", "65534", "--clear-groups"],
      ["--reuid", "4242", "--regid", "4242", "--groups", "65534"],
    ] {
      let run = try Run(
        "/usr/bin/setpriv",
        user + [RunningDaemon.programs + "/tokend-client", "--admin-socket", grouped.adminSocket, "tenant", "list"])
      #expect(run.status == 0, "\(run.errors)")
    }
  }
}
