// What administrators do, and what verdicts make of it at once.

import Harness
import Foundation
import Testing
import TokenClient
import Tokens
import Wire

@Suite struct AdministrationTests {
  private let daemon: RunningDaemon

  init() throws {
    daemon = try RunningDaemon(["--workers", "2"])
    try daemon.addTenant()
  }

  /// tokend-client with a home of its own, and no context but what that says.
  private func client(_ words: String..., input: String = "") throws -> Run {
    try Run(
      RunningDaemon.programs + "/tokend-client", words, input: input,
      environment: [
        "TOKEND_SOCKET": daemon.validationSocket, "TOKEND_ADMIN_SOCKET": daemon.adminSocket, "HOME": daemon.home,
      ])
  }

  // MARK: Contexts

  @Test func `a context is chosen once, shown and marked, and options and environment win over it`() throws {
    try daemon.addTenant("acme", "test")
    let none = try client("token", "list")
    #expect(none.status == 2 && none.errors.contains("choose one with tokend-client context use ORG/TENANT"))
    #expect(try client("context", "use", "acme/nowhere").status == 3)
    #expect(try client("context", "use", "acme").status == 2)
    #expect(try client("context", "use", "acme/prod").output == "commands are for acme/prod from now on\n")
    #expect(try client("context", "show").output == "acme/prod\n")
    #expect(try client("context", "list").output == "  CONTEXT\n* acme/prod\n  acme/test\n")
    #expect(try client("token", "create", "here", "--scope", "pipeline:read").status == 0)
    #expect(try client("token", "create", "there", "--scope", "pipeline:read", "--tenant", "test").status == 0)
    #expect(try client("token", "list", "--columns", "name").output == "NAME\nhere\n")
    #expect(try client("token", "list", "--tenant", "test", "--columns", "name").output == "NAME\nthere\n")
    // The context's tenant is another organization's.
    #expect(try client("token", "list", "--org", "other").status == 2)
    let file = daemon.home + "/.config/tokend/context"
    #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
    try "nonsense".write(toFile: file, atomically: true, encoding: .utf8)
    #expect(try client("token", "list").errors.contains("is not of the form ORG/TENANT"))
  }

  // MARK: Secrets

  @Test func `a secret goes to a new file of its owner's, or nowhere`() throws {
    let file = daemon.home + "/secret"
    let made = try daemon.client("token", "create", "a", "--scope", "pipeline:read", "--secret-file", file)
    let id = try daemon.client("token", "list", "--columns", "id").output.split(separator: "\n").last.map(String.init)
    #expect(made.status == 0 && made.output == "\(id ?? "")\n")
    #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
    let secret = try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .newlines)
    #expect(try daemon.reason(secret) == "ALLOWED")
    // Nothing is written over, and then no token is made.
    let again = try daemon.client("token", "create", "b", "--scope", "pipeline:read", "--secret-file", file)
    #expect(again.status == 2 && again.errors.contains("File exists: nothing was changed"))
    #expect(try daemon.client("token", "show", "b").status == 3)
    // A token that is refused leaves no file behind.
    let other = daemon.home + "/other"
    #expect(try daemon.client("token", "create", "a", "--scope", "pipeline:read", "--secret-file", other).status == 1)
    #expect(!FileManager.default.fileExists(atPath: other))
  }

  @Test func `a create that is sent again with its request id shows no secret, and makes no second token`() throws {
    let words = ["token", "create", "a", "--scope", "pipeline:read", "--request-id", "deploy-17"]
    func create() throws -> Run {
      try Run(
        RunningDaemon.programs + "/tokend-client", words,
        environment: ["TOKEND_ADMIN_SOCKET": daemon.adminSocket, "TOKEND_ORG": "acme", "TOKEND_TENANT": "prod"])
    }
    let first = try create()
    #expect(first.status == 0 && first.output.hasPrefix("tokend_"))
    let second = try create()
    #expect(second.status == 1 && second.output.isEmpty && second.errors.contains("was carried out before"))
    #expect(try daemon.client("token", "list").output.split(separator: "\n").count == 2)
    // The secret that was minted for the second is no token's.
    #expect(try daemon.reason(first.output.trimmingCharacters(in: .newlines)) == "ALLOWED")
  }

  // MARK: Lifecycle

  @Test func `a disabled token is denied until it is enabled`() throws {
    let made = try daemon.create("a")
    #expect(try daemon.client("token", "disable", "a").output == "disabled \(made.token.id) (a)\n")
    #expect(try daemon.reason(made.secret) == "DISABLED")
    #expect(try daemon.client("token", "enable", made.token.id).status == 0)
    #expect(try daemon.reason(made.secret) == "ALLOWED")
    #expect(try daemon.client("token", "enable", "a").output.hasPrefix("was enabled already"))
  }

  @Test func `of a rotation both tokens are valid within the grace, and only the new one without`() throws {
    let old = try daemon.create("a")
    let run = try daemon.client("token", "rotate", "a", "--grace", "1h")
    let new = run.output.trimmingCharacters(in: .newlines)
    #expect(run.status == 0 && new != old.secret)
    #expect(try daemon.reason(old.secret) == "ALLOWED" && daemon.reason(new) == "ALLOWED")
    // The name now means the new one.
    let newest = try daemon.client("token", "rotate", "a", "--grace", "0").output.trimmingCharacters(in: .newlines)
    #expect(try daemon.reason(old.secret) == "ALLOWED" && daemon.reason(new) == "REVOKED")
    #expect(try daemon.reason(newest) == "ALLOWED")
    daemon.kill()
    let again = try RunningDaemon(home: daemon.home)
    #expect(try again.reason(new) == "REVOKED" && again.reason(newest) == "ALLOWED")
    #expect(try again.client("token", "show", old.token.id).output.contains("rotated to:"))
  }

  @Test func `a name that a rotated token still shares takes no right away from one alone`() throws {
    let old = try daemon.create("a")
    _ = try daemon.create("b")
    let new = try daemon.client("token", "rotate", "a", "--grace", "1h").output.trimmingCharacters(in: .newlines)
    for run in try [
      daemon.client("token", "revoke", "a", "--yes"), daemon.client("token", "revoke", "a", "--dry-run"),
      daemon.client("token", "revoke", "a", "b", "--yes"), daemon.client("token", "disable", "a"),
    ] {
      #expect(run.status == 2)
      #expect(run.errors.contains(old.token.id) && run.errors.contains("give an id"), "\(run.errors)")
    }
    #expect(try daemon.reason(old.secret) == "ALLOWED" && daemon.reason(new) == "ALLOWED")
    #expect(try daemon.client("token", "revoke", old.token.id, "--yes").status == 0)
    #expect(try daemon.client("token", "revoke", "a", "--yes").status == 0)
    #expect(try daemon.reason(old.secret) == "REVOKED" && daemon.reason(new) == "REVOKED")
  }

  @Test func `many are revoked at once, by filter or by ids on standard input`() throws {
    let made = try (0..<20).map { try daemon.create("n\($0)") }
    let dry = try daemon.client("token", "revoke", "--name-prefix", "n1", "--dry-run")
    #expect(dry.status == 0 && dry.output.contains("would revoke 11 tokens of acme/prod"))
    #expect(try daemon.reason(made[1].secret) == "ALLOWED")
    let asked = try daemon.client("token", "revoke", "--name-prefix", "n1")
    #expect(asked.status == 2 && asked.errors.contains("give --yes"))
    let done = try daemon.client("token", "revoke", "--name-prefix", "n1", "--yes", "--reason-code", "unused")
    #expect(done.output == "revoked 11 tokens\n")
    #expect(try daemon.reason(made[1].secret) == "REVOKED" && daemon.reason(made[2].secret) == "ALLOWED")
    let ids = made[2...5].map(\.token.id).joined(separator: "\n") + "\nnobodynobod\n"
    let byID = try daemon.client("token", "revoke", "--stdin", "--yes", input: ids)
    #expect(byID.output == "revoked 4 tokens\n" && byID.errors.contains("no token of acme/prod: nobodynobod"))
    #expect(try daemon.reason(made[5].secret) == "REVOKED" && daemon.reason(made[6].secret) == "ALLOWED")
    #expect(try daemon.client("token", "revoke", "--stdin", "--yes", made[6].token.id).status == 2)
  }

  @Test func `tokens named one by one are found by id or name, and those that are not there are said`() throws {
    let (a, b) = (try daemon.create("a"), try daemon.create("b"))
    let mixed = try daemon.client("token", "revoke", "a", b.token.id, "--dry-run")
    #expect(mixed.status == 0 && mixed.output.contains("would revoke 2 tokens"), "\(mixed)")
    let one = try daemon.client("token", "revoke", "a", "--dry-run")
    #expect(one.status == 0 && one.output.contains("would revoke 1 token of"), "\(one)")
    let some = try daemon.client("token", "revoke", "a", "nobody", "--yes")
    #expect(
      some.status == 3 && some.output == "revoked 1 token\n" && some.errors.contains("no token of acme/prod: nobody"))
    #expect(try daemon.reason(a.secret) == "REVOKED" && daemon.reason(b.secret) == "ALLOWED")
    // A refusal is told, also when a name was not found.
    let declined = try daemon.client("token", "revoke", b.token.id, "nobody")
    #expect(declined.status == 2 && declined.errors.contains("give --yes"), "\(declined)")
    _ = try daemon.create("deploybot01")
    let named = try daemon.client("token", "revoke", "deploybot01", "a", "--yes")
    #expect(named.output == "revoked 1 token\n", "\(named)")
    let none = try daemon.client("token", "revoke", "--stdin", "--yes", input: "junk\nmore junk\n")
    #expect(none.status == 3 && none.output == "revoked 0 tokens\n")
    #expect(try daemon.client("token", "revoke", "--name-prefix", "zzz", "--yes").status == 3)
    let token = try daemon.client("token", "revoke", "--stdin", "--yes", input: "b\n\n\(b.secret)\n")
    #expect(token.status == 2 && token.errors.contains("line 3 is a whole token"))
    #expect(try daemon.reason(b.secret) == "ALLOWED")
  }

  @Test func `a leak check finds tokens in whatever text, and says which lines it could not read`() throws {
    let (a, b) = (try daemon.create("a"), try daemon.create("b"))
    let digest = hexadecimal(Digest(hashing: Array(b.secret.utf8).span).bytes)
    let text = "Authorization: Bearer \(a.secret)\n\n\(digest)  -\nTOKEN=\(a.secret),\(b.secret);\nnothing here\n"
    let run = try daemon.client("token", "leak-check", input: text)
    #expect(run.status == 1 && run.errors.contains("1 line had neither a token nor a SHA-256"))
    let rows = run.output.split(separator: "\n").dropFirst().map {
      $0.split(separator: " ").prefix(2).joined(separator: " ")
    }
    #expect(rows == ["1 live", "3 live", "4 live", "4 live", "5 no"], "\(run.output)")
    #expect(try daemon.client("token", "leak-check", "--revoke", "--yes", input: a.secret).status == 0)
    // Whatever stands around it, and more than one call takes.
    let stuck = try daemon.client("token", "leak-check", input: "x\\n\(b.secret)zz%20\(b.secret)\n")
    #expect(stuck.status == 1 && stuck.output.split(separator: "\n").count { $0.contains(" live ") } == 2, "\(stuck)")
    let lines = (0..<1200).map { $0 == 700 ? b.secret : hexadecimal(Digest(hashing: Array("\($0)".utf8).span).bytes) }
    let long = try daemon.client("token", "leak-check", input: lines.joined(separator: "\n"))
    #expect(
      long.status == 1
        && long.output.split(separator: "\n").filter { $0.contains("live") }.map { $0.split(separator: " ")[0] } == [
          "701"
        ])
    let junk = try daemon.client("token", "leak-check", input: "no such thing\n")
    #expect(junk.status == 1)
  }

  @Test func `whoever has a token can give it back, on the validation socket`() throws {
    let made = try daemon.create("found")
    let run = try client("token", "surrender", "--reason", "found on a bench", input: made.secret)
    #expect(run.status == 0 && run.output.hasPrefix("revoked \(made.token.id)"))
    #expect(try daemon.reason(made.secret) == "REVOKED")
    #expect(try daemon.client("token", "show", made.token.id).output.contains("surrendered: found on a bench"))
    #expect(try client("token", "surrender", input: made.secret).output.hasPrefix("was revoked already"))
    // It is served on that socket, and administration still is not.
    var peer = try RawPeer(daemon.validationSocket)
    try peer.call("tokend.v1.Tokens", "RevokeToken", [])
    #expect(try peer.reply()?.status?.reason == "WRONG_SOCKET")
  }

  @Test func `a leak check says which are live, by secret or digest, and revokes them if asked to`() throws {
    let (live, gone) = (try daemon.create("live"), try daemon.create("gone"))
    try daemon.revoke(gone.token.id)
    let digest = try Run("/bin/sh", ["-c", "tr -d '\\n' | sha256sum | cut -c1-64"], input: live.secret).output
    let stranger = try RunningDaemon.Stranger.token(1)
    let input = [live.secret, gone.secret, stranger, digest].joined(separator: "\n")
    let run = try daemon.client("token", "leak-check", "--json", input: input)
    #expect(run.status == 1 && !run.output.contains(live.secret))
    let document = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let states = (document["results"] as? [[String: Any]])?.map { $0["state"] as? String }
    #expect(states == ["live", "revoked", "unknown", "live"])
    #expect(try daemon.reason(live.secret) == "ALLOWED")
    let revoked = try daemon.client("token", "leak-check", "--revoke", "--yes", input: input)
    #expect(revoked.status == 0 && revoked.output.contains("live, now revoked"))
    #expect(try daemon.reason(live.secret) == "REVOKED")
    #expect(try daemon.client("token", "show", live.token.id).output.contains("reason:"))
  }

  @Test func `tokens that expire soon are listed, soonest first`() throws {
    let now = Int64(Date().timeIntervalSince1970)
    _ = try daemon.create("late", expiresAt: now + 20 * 86_400)
    _ = try daemon.create("soon", expiresAt: now + 86_400)
    _ = try daemon.create("never")
    let gone = try daemon.create("gone", expiresAt: now + 86_400)
    try daemon.revoke(gone.token.id)
    let run = try daemon.client("token", "expiring", "--json")
    let document = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    #expect((document["tokens"] as? [[String: Any]])?.map { $0["name"] as? String } == ["soon", "late"])
    #expect(try daemon.client("token", "expiring", "--within", "2d").output.split(separator: "\n").count == 2)
  }

  @Test func `a tenant that is removed denies its tokens at once, and forgets its grants`() throws {
    let made = try daemon.create("a")
    #expect(try daemon.client("grant", "add", "uid:4242", "viewer", "--org", "acme", "--tenant", "prod").status == 0)
    #expect(
      try daemon.client("tenant", "remove", "acme/prod", "--dry-run").output.contains("would revoke 1 live token\n"))
    #expect(try daemon.client("tenant", "remove", "--yes").status == 2)
    #expect(try daemon.client("tenant", "remove", "acme/prod", "--yes").status == 0)
    #expect(try daemon.reason(made.secret) == "REVOKED")
    #expect(try daemon.client("token", "list").status == 3)
    #expect(try client("grant", "list").errors.contains("no grants"))
  }

  @Test func `a policy is shown, changed bit by bit, and taken away`() throws {
    let first = try daemon.client("tenant", "policy", "acme/prod", "--max-lifetime", "90d", "--max-tokens", "2")
    #expect(first.output.contains("max lifetime:     90d") && first.output.contains("max tokens:       2"))
    let second = try daemon.client("tenant", "policy", "acme/prod", "--default-lifetime", "30d")
    #expect(second.output.contains("max lifetime:     90d") && second.output.contains("default lifetime: 30d"))
    #expect(try daemon.client("token", "create", "a", "--scope", "pipeline:read", "--expires", "91d").status == 1)
    #expect(
      try daemon.client("tenant", "policy", "acme/prod", "--max-lifetime", "none", "--max-tokens", "none").status == 0)
    #expect(try daemon.client("tenant", "show", "acme/prod").output.contains("max lifetime:     none"))
    #expect(try daemon.client("tenant", "policy", "acme/prod").status == 2)
  }

  // MARK: Listings under load

  @Test func `a listing through the socket stays whole while ten writers add and revoke`() throws {
    var fixed: Set<String> = []
    for number in 0..<120 { fixed.insert(try daemon.create("fixed\(number)").token.id) }
    let administrator = daemon.administrator
    let socket = daemon.adminSocket
    let done = DispatchSemaphore(value: 0)
    let writers = (0..<10).map { writer in
      Thread {
        let own = Administrator(socket: socket, timeout: .seconds(20))
        for round in 0..<30 {
          var create = CreateTokenRequest()
          (create.org, create.tenant, create.scopes) = ("acme", "prod", ["pipeline:read"])
          create.name = "w\(writer)-\(round)"
          guard let made = try? own.call(Methods.createToken, create) else { continue }
          var revoke = RevokeTokenRequest()
          revoke.id = made.token.id
          _ = try? own.call(Methods.revokeToken, revoke)
        }
        done.signal()
      }
    }
    for writer in writers { writer.start() }
    for (sort, descending) in [
      ("created", false), ("name", true), ("state", false), ("state", true), ("last-used", true),
    ] {
      var request = ListTokensRequest()
      (request.org, request.tenant, request.pageSize) = ("acme", "prod", 7)
      (request.sort, request.descending) = (sort, descending)
      var ids: [String] = []
      repeat {
        let page = try administrator.call(Methods.listTokens, request)
        ids += page.tokens.map(\.id)
        request.pageToken = page.nextPage
      } while !request.pageToken.isEmpty
      #expect(Set(ids).count == ids.count && fixed.isSubset(of: ids), "\(sort)")
    }
    for _ in writers { done.wait() }
  }

  // MARK: Completion

  @Test func `Tab offers words, options and the daemon's own names`() throws {
    _ = try daemon.create("ci-deploy-east")
    func offered(_ words: String...) throws -> [String] {
      let run = try Run(
        RunningDaemon.programs + "/tokend-client", ["__complete"] + words,
        environment: [
          "TOKEND_ADMIN_SOCKET": daemon.adminSocket, "TOKEND_ORG": "acme", "TOKEND_TENANT": "prod",
        ])
      return run.output.split(separator: "\n").map(String.init)
    }
    #expect(try offered("tok") == ["token"])
    #expect(try offered("token", "re") == ["revoke"])
    #expect(try offered("token", "list", "--so") == ["--socket", "--sort"])
    #expect(try offered("token", "list", "--sort", "n") == ["name"])
    #expect(try offered("token", "show", "ci") == ["ci-deploy-east"])
    #expect(try offered("context", "use", "") == ["acme/prod"])
    #expect(try offered("token", "create", "x", "--scope", "alerts:") == ["alerts:read", "alerts:write"])
    #expect(try offered("token", "create", "x", "--permission-set", "r") == ["read-only"])
    #expect(try offered("nonsense", "").isEmpty)
    let deaf = try Run(RunningDaemon.programs + "/tokend-client", ["__complete", "token", "show", ""])
    #expect(deaf.status == 0 && deaf.output.isEmpty && deaf.errors.isEmpty)
  }

  @Test func `bash completes a token's name and a scope with its colon`() throws {
    _ = try daemon.create("ci-deploy-east")
    func completed(_ line: String) throws -> String {
      let script = """
        PATH=\(RunningDaemon.programs):$PATH
        source <(tokend-client completion print bash)
        COMP_LINE='\(line)' COMP_POINT=\(line.utf8.count) COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
        _tokend_client
        printf '%s\\n' "${COMPREPLY[@]}"
        """
      return try Run(
        "/bin/bash", ["--norc", "-c", script],
        environment: [
          "TOKEND_ADMIN_SOCKET": daemon.adminSocket, "TOKEND_ORG": "acme", "TOKEND_TENANT": "prod",
        ]
      ).output
    }
    #expect(try completed("tokend-client token show ci") == "ci-deploy-east\n")
    #expect(try completed("tokend-client perm") == "permission\npermission-set\n")
    // After a colon only what follows it is put in.
    #expect(try completed("tokend-client token create x --scope alerts:") == "read\nwrite\n")
  }

  @Test func `fish and zsh complete a token's name and a scope with its colon`() throws {
    _ = try daemon.create("ci-deploy-east")
    func run(_ shell: [String], _ script: String) throws -> String {
      try Run(
        "/usr/bin/env", shell + ["-c", "export PATH=\(RunningDaemon.programs):$PATH; \(script)"],
        environment: [
          "TOKEND_ADMIN_SOCKET": daemon.adminSocket, "TOKEND_ORG": "acme", "TOKEND_TENANT": "prod", "HOME": daemon.home,
        ]
      ).output
    }
    func fish(_ line: String) throws -> String {
      try run(["fish"], "tokend-client completion print fish | source; complete -C '\(line)'")
    }
    #expect(try fish("tokend-client token show ci") == "ci-deploy-east\n")
    #expect(try fish("tokend-client token create x --scope alerts:") == "alerts:read\nalerts:write\n")
    // What zsh's completion system would be given.
    func zsh(_ words: String, _ current: Int) throws -> String {
      let system = "compdef() { }; compadd() { shift; print -l -- $@ }"
      return try run(
        ["zsh", "-f"],
        "\(system); source <(tokend-client completion print zsh); words=(\(words)); CURRENT=\(current); _tokend_client")
    }
    #expect(try zsh("tokend-client token show ci", 4) == "ci-deploy-east\n")
    #expect(try zsh("tokend-client token create x --scope alerts:", 6) == "alerts:read\nalerts:write\n")
  }
}
