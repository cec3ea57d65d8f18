// What happens to a token between its creation and its end, on a real daemon.

import Harness
import Foundation
import Linux
import Testing
import TokenClient
import Wire

@Suite struct LifeOfATokenTests {
  let daemon: RunningDaemon

  init() throws {
    daemon = try RunningDaemon()
    try daemon.addTenant()
  }

  @Test func `a created token validates at once, with all that is known of it`() throws {
    let created = try daemon.create("ci", scopes: [], set: "read-only")
    let verdict = try daemon.validator.validate(
      created.secret, org: "acme", tenant: "prod", requiring: ["pipeline:read"])
    #expect(verdict.isAllowed)
    #expect(verdict.httpStatus == 200)
    #expect(verdict.tokenID == created.token.id)
    #expect(verdict.tokenName == "ci")
    #expect(verdict.org == "acme" && verdict.tenant == "prod")
    #expect(verdict.scopes == ["pipeline:read", "collector:read", "metrics:read"])
    #expect(verdict.revision >= created.revision)
    #expect(created.secret.utf8.count == 55)
  }

  @Test func `each denial has its reason and discloses nothing before the binding has matched`() throws {
    let created = try daemon.create("ci")
    let client = daemon.validator
    let other = try client.validate(created.secret, org: "acme", tenant: "staging")
    #expect(other.reason == "BINDING_MISMATCH" && other.httpStatus == 403)
    #expect(other.tokenID == created.token.id && other.org.isEmpty && other.scopes.isEmpty)
    let lacking = try client.validate(created.secret, org: "acme", tenant: "prod", requiring: ["pipeline:write"])
    #expect(lacking.reason == "INSUFFICIENT_SCOPE" && lacking.httpStatus == 403)
    #expect(lacking.wwwAuthenticate == #"Bearer error="insufficient_scope", scope="pipeline:write""#)
    #expect(try daemon.reason(created.secret, "acme", "prod", ["no:such"]) == "INSUFFICIENT_SCOPE")
    #expect(try daemon.reason("") == "MISSING_CREDENTIAL")
    #expect(try daemon.reason(created.secret, "", "prod") == "MISSING_CONTEXT")
    #expect(try daemon.reason(created.secret + "x") == "MALFORMED")
    #expect(try client.validate("nonsense", org: "a", tenant: "b").wwwAuthenticate == #"Bearer error="invalid_token""#)
  }

  @Test func `revocation takes effect before its reply, and is idempotent`() throws {
    let created = try daemon.create("ci")
    #expect(try daemon.reason(created.secret) == "ALLOWED")
    try daemon.revoke(created.token.id)
    #expect(try daemon.reason(created.secret) == "REVOKED")
    try daemon.revoke(created.token.id)
    #expect(try daemon.reason(created.secret) == "REVOKED")
  }

  @Test func `a restart loses nothing, and neither does a kill`() throws {
    let kept = try daemon.create("kept")
    let gone = try daemon.create("gone")
    try daemon.revoke(gone.token.id)
    #expect(daemon.stop() == 0)
    #expect(!FileManager.default.fileExists(atPath: daemon.validationSocket))

    let second = try RunningDaemon(home: daemon.home)
    #expect(try second.reason(kept.secret) == "ALLOWED")
    #expect(try second.reason(gone.secret) == "REVOKED")
    let late = try second.create("late")
    second.kill()

    let third = try RunningDaemon(home: daemon.home)
    #expect(try third.reason(late.secret) == "ALLOWED")
    #expect(try third.reason(gone.secret) == "REVOKED")
  }

  @Test func `a name is free again once its token is revoked`() throws {
    let first = try daemon.create("ci")
    #expect(throws: Channel.Failure.self) { try daemon.create("ci") }
    try daemon.revoke(first.token.id)
    let second = try daemon.create("ci")
    #expect(try daemon.reason(second.secret) == "ALLOWED")
    #expect(try daemon.reason(first.secret) == "REVOKED")
  }

  @Test func `ten thousand random tokens wake the thread that owns the database not once`() throws {
    var peer = try RawPeer(daemon.validationSocket)
    let token = try daemon.create("ci").secret
    // Well-formed tokens that were never issued: the same checksum rules, other characters.
    let strangers = try (0..<10_000).map { try RunningDaemon.Stranger.token($0) }
    #expect(Set(strangers).count == 10_000)
    let before = try daemon.switches(ofThread: "tokend-journal")
    for start in stride(from: 0, to: strangers.count, by: 100) {
      for (index, stranger) in strangers[start..<start + 100].enumerated() {
        try peer.call(
          "tokend.v1.Validation", "Validate", RawPeer.validate(stranger), stream: UInt32((start + index) * 2 + 1))
      }
      for _ in 0..<100 {
        let reply = try #require(try peer.reply())
        let payload = try reply.result.get()
        #expect(try ValidateResponse(in: payload.span, 0..<payload.count).reason == 5)
      }
    }
    #expect(try daemon.switches(ofThread: "tokend-journal") == before)
    #expect(try daemon.reason(token) == "ALLOWED")
  }

  @Test func `tokens are listed newest first, page by page, and by scope`() throws {
    for index in 0..<7 {
      _ = try daemon.create("t\(index)", scopes: index % 2 == 0 ? ["pipeline:write"] : ["user:read"])
    }
    var names: [String] = []
    var request = ListTokensRequest()
    request.org = "acme"
    request.tenant = "prod"
    request.pageSize = 3
    repeat {
      let page = try daemon.administrator.call(Methods.listTokens, request)
      names += page.tokens.map(\.name)
      request.pageToken = page.nextPage
    } while !request.pageToken.isEmpty
    #expect(names == ["t6", "t5", "t4", "t3", "t2", "t1", "t0"])

    request.filter.scope = "pipeline:write"
    let first = try daemon.administrator.call(Methods.listTokens, request)
    #expect(first.tokens.map(\.name) == ["t6", "t4", "t2"])
    request.pageToken = first.nextPage
    let second = try daemon.administrator.call(Methods.listTokens, request)
    #expect(second.tokens.map(\.name) == ["t0"] && second.nextPage.isEmpty)
    // A page token is of no use to another listing.
    request.filter.scope = "user:read"
    #expect(throws: Channel.Failure.self) { try daemon.administrator.call(Methods.listTokens, request) }
  }

  @Test func `a page ends by its bytes too, and the pages make the whole`() throws {
    let text = String(repeating: "d", count: 500)
    for index in 0..<300 {
      var request = CreateTokenRequest()
      request.org = "acme"
      request.tenant = "prod"
      request.name = "t\(index)-" + String(repeating: "n", count: 90)
      request.description = text
      request.permissionSet = "full-access"
      _ = try daemon.administrator.call(Methods.createToken, request)
    }
    var request = ListTokensRequest()
    request.org = "acme"
    request.tenant = "prod"
    request.pageSize = 500
    var pages: [Int] = []
    var names: Set<String> = []
    repeat {
      let page = try daemon.administrator.call(Methods.listTokens, request)
      pages.append(page.tokens.count)
      names.formUnion(page.tokens.map(\.name))
      request.pageToken = page.nextPage
    } while !request.pageToken.isEmpty
    #expect(pages.count > 1 && pages.reduce(0, +) == 300 && names.count == 300)
  }

  @Test func `what was revoked long ago is unknown after a restart, and still listed`() throws {
    let (old, recent) = (try daemon.create("old"), try daemon.create("recent"))
    try daemon.revoke(old.token.id)
    try daemon.revoke(recent.token.id)
    #expect(daemon.stop() == 0)
    let run = try Run(
      "/usr/bin/sqlite3",
      [daemon.home + "/state/tokend.db", "UPDATE tokens SET revoked_at = revoked_at - 31 * 86400 WHERE name = 'old'"])
    #expect(run.status == 0)
    let again = try RunningDaemon(home: daemon.home)
    #expect(try again.reason(old.secret) == "UNKNOWN")
    #expect(try again.reason(recent.secret) == "REVOKED")
    #expect(try again.client("token", "list").output.split(separator: "\n").count { $0.contains("revoked") } == 2)
  }
}

extension RunningDaemon {
  /// How often a thread of the daemon has gone off a processor, which it does at least once each time it has worked.
  /// The count is taken once the thread is asleep.
  func switches(ofThread name: String) throws -> [String] {
    let tasks = "/proc/\(pid)/task"
    for task in try FileManager.default.contentsOfDirectory(atPath: tasks) {
      var text = try String(contentsOfFile: "\(tasks)/\(task)/status", encoding: .utf8)
      guard text.contains("Name:\t\(name)\n") else { continue }
      while !text.contains("State:\tS") {
        text = try String(contentsOfFile: "\(tasks)/\(task)/status", encoding: .utf8)
      }
      return text.split(separator: "\n").filter { $0.contains("ctxt_switches") }.map(String.init)
    }
    throw CocoaError(.fileNoSuchFile)
  }

  /// Every readable and writable mapping of a process that holds `text`.
  private func mappings(of pid: Int32, holding text: String) throws -> [String] {
    let maps = try String(contentsOfFile: "/proc/\(pid)/maps", encoding: .utf8).split(separator: "\n")
    let memory = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/\(pid)/mem"))
    let wanted = Data(text.utf8)
    return try maps.compactMap { line -> String? in
      let range = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt64($0, radix: 16) }
      guard line.contains(" rw"), range.count == 2 else { return nil }
      try memory.seek(toOffset: range[0])
      // Some of what is mapped can't be read, such as what is beyond the end of a file.
      guard let bytes = try? memory.read(upToCount: Int(range[1] - range[0])) else { return nil }
      guard let found = bytes.range(of: wanted) else { return nil }
      let around = bytes[max(bytes.startIndex, found.lowerBound - 120)..<min(bytes.endIndex, found.upperBound + 60)]
      return "\(line): \(String(decoding: around.map { (32..<127).contains($0) ? $0 : 0x2E }, as: UTF8.self))"
    }
  }

  @Test(.enabled(if: geteuid() == 0, "needs root, to look into the daemon's memory"))
  func `no byte of a secret is on the disk or in the log, nor stays in the daemon's memory`() throws {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    let made = try daemon.create("a")
    let other = try daemon.client("token", "rotate", "a", "--grace", "1h").output.trimmingCharacters(in: .newlines)
    let imported = try RunningDaemon.Stranger.token(5)
    _ = try daemon.client(
      "token", "import", input: #"{"name":"i","scopes":["pipeline:read"],"secret":"\#(imported)"}"#)
    for secret in [made.secret, other, imported] {
      #expect(try daemon.reason(secret) == "ALLOWED")
      _ = try daemon.client("token", "leak-check", input: secret)
      _ = try daemon.client("token", "explain", input: secret)
    }
    _ = try daemon.client("token", "surrender", input: made.secret)
    // Each connection has ended, and one more makes sure that the daemon has seen that.
    #expect(try daemon.reason("x") == "MALFORMED")
    for secret in [made.secret, other, imported] {
      let part = String(secret.suffix(36))
      for found in try mappings(of: daemon.pid, holding: part) { Issue.record("\(found)") }
      for file in try FileManager.default.contentsOfDirectory(atPath: daemon.home + "/state") {
        let bytes = FileManager.default.contents(atPath: daemon.home + "/state/" + file) ?? Data()
        #expect(bytes.range(of: Data(part.utf8)) == nil, "\(file)")
      }
    }
    // The public id is there, so the search finds what there is.
    #expect(try !mappings(of: daemon.pid, holding: made.token.id).isEmpty)
    #expect(daemon.stop() == 0)
    #expect(!daemon.lastWords().contains(made.secret.suffix(36)))
  }
}
