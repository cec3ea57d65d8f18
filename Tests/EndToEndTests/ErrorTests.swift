// What is refused, in the words that programs read: code, field and exit code, and a message that says what to do next.

import Harness
import Foundation
import Testing
import TokenClient
import Wire

/// A daemon with a tenant acme/prod that has tokens in every state.
@Suite struct ErrorTests {
  /// What the commands are given in place of these words.
  private struct Prepared {
    let daemon: RunningDaemon
    let words: [String: String]
  }

  private static func prepare() throws -> Prepared {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    try daemon.addTenant("acme", "bounded")
    let live = try daemon.create("live")
    let revoked = try daemon.create("revoked")
    try daemon.revoke(revoked.token.id)
    let disabled = try daemon.create("disabled")
    _ = try daemon.client("token", "disable", "disabled")
    let rotated = try daemon.create("rotated")
    _ = try daemon.client("token", "rotate", rotated.token.id, "--grace", "1h")
    _ = try daemon.client("token", "create", "replayed", "--scope", "pipeline:read", "--request-id", "r1")
    _ = try daemon.client("permission", "register", "old:one", "old:two")
    _ = try daemon.client("token", "create", "retired", "--scope", "old:one")
    _ = try daemon.client("permission-set", "define", "olden", "--scope", "old:one")
    _ = try daemon.client("permission", "retire", "old:one", "--yes")
    _ = try daemon.client(
      "tenant", "policy", "acme/bounded", "--max-lifetime", "30d", "--default-lifetime", "7d", "--max-tokens", "1")
    _ = try daemon.client("token", "create", "only", "--scope", "pipeline:read", "--tenant", "bounded")
    return Prepared(
      daemon: daemon,
      words: [
        "LIVE": live.token.id, "REVOKED": revoked.token.id, "DISABLED": disabled.token.id, "ROTATED": rotated.token.id,
        "SECRET": live.secret, "STRANGER": try RunningDaemon.Stranger.token(3),
      ])
  }

  /// A command line, what it reads, and how it fails.
  private struct Case: Sendable {
    let code: String
    let field: String
    let exit: Int
    let line: String
    let input: String

    init(_ code: String, _ field: String, _ exit: Int, _ line: String, input: String = "") {
      (self.code, self.field, self.exit, self.line, self.input) = (code, field, exit, line, input)
    }
  }

  private static let long = String(repeating: "x", count: 501)

  private static let cases: [Case] = [
    // Fields that won't do.
    Case("NO_CONTEXT", "org_id", 2, "--no-context token list"),
    Case("INVALID_ID", "org_id", 1, "tenant add .bad/prod"),
    Case("INVALID_ID", "tenant_id", 1, "tenant add acme/b@d"),
    Case("USAGE", "", 2, "tenant add acme"),
    Case("NAME_MISSING", "name", 1, "token create --name= --scope pipeline:read"),
    Case("NAME_TOO_LONG", "name", 1, "token create \(long) --scope pipeline:read"),
    Case("INVALID_NAME", "name", 1, "token create a\u{202E}b --scope pipeline:read"),
    Case("INVALID_NAME", "name", 1, "permission-set define Upper --everything"),
    Case("DESCRIPTION_TOO_LONG", "description", 1, "token create a --scope pipeline:read --description \(long)"),
    Case("INVALID_DESCRIPTION", "description", 1, "token create a --scope pipeline:read --description a\u{1B}b"),
    Case("REASON_TOO_LONG", "reason", 1, "token revoke LIVE --yes --reason \(long)"),
    Case("INVALID_REASON", "reason", 1, "token revoke LIVE --yes --reason a\u{7}b"),
    Case("UNKNOWN_REASON_CODE", "reason_code", 1, "token revoke LIVE --yes --reason-code bored"),
    Case("REQUEST_ID_TOO_LONG", "request_id", 1, "token create a --scope pipeline:read --request-id \(long)"),
    Case("INVALID_REQUEST_ID", "request_id", 1, "token create a --scope pipeline:read --request-id a\u{7}b"),
    Case("TITLE_TOO_LONG", "title", 1, "permission-set define a --everything --title \(long)"),
    Case("INVALID_TITLE", "title", 1, "permission-set define a --everything --title a\u{7}b"),
    Case("SCOPES_MISSING", "scopes", 1, "token create a"),
    Case("SCOPES_AND_SET", "permission_set", 1, "token create a --scope pipeline:read --permission-set read-only"),
    Case("UNKNOWN_SCOPE", "scopes", 1, "token create a --scope no:such"),
    Case("UNKNOWN_SCOPE", "scopes", 1, "token list --scope no:such"),
    Case(
      "TOO_MANY_SCOPES", "scopes", 1, "token create a --scope \((0...512).map { "a:b\($0)" }.joined(separator: ","))"),
    Case("UNKNOWN_PERMISSION_SET", "permission_set", 1, "token create a --permission-set none"),
    Case("UNKNOWN_PERMISSION_SET", "name", 3, "permission-set remove none --yes"),
    Case("INVALID_SCOPE", "scopes[1]", 1, "permission register good:one bad"),
    Case("SCOPES_OR_EVERYTHING", "scopes", 1, "permission-set define a"),
    Case("READ_SET_WRITES", "scopes", 1, "permission-set define read-all --scope alerts:write"),
    Case("SCOPE_RETIRED", "scopes", 1, "permission register old:one"),
    Case("SCOPES_RETIRED", "permission_set", 1, "token create a --permission-set olden"),
    Case("SCOPES_RETIRED", "id", 1, "token rotate retired --grace 0"),
    Case(
      "EXPIRY_BEYOND_POLICY", "expires_at", 1, "token create a --scope pipeline:read --tenant bounded --expires 31d"),
    Case(
      "EXPIRY_BEYOND_POLICY", "expires_at", 1, "token create a --scope pipeline:read --tenant bounded --expires never"),
    Case("DEFAULT_BEYOND_MAX", "default_lifetime", 1, "tenant policy acme/bounded --default-lifetime 31d"),
    Case("BAD_LIFETIME", "max_lifetime", 1, "tenant policy acme/bounded --max-lifetime 99999y"),
    Case("BAD_GRACE", "grace_seconds", 1, "token rotate LIVE --grace 2y"),
    Case("UNKNOWN_STATE", "states", 1, "token list --state asleep"),
    Case("UNKNOWN_SORT", "sort", 1, "token list --sort colour"),
    Case("BAD_PAGE_TOKEN", "page_token", 1, "token list --page 1234"),
    Case("INVALID_PRINCIPAL", "principal", 1, "grant add uid:many viewer --everywhere"),
    Case("UNKNOWN_ROLE", "role", 1, "grant add uid:1 king --everywhere"),
    Case("ROLE_NEEDS_WIDER_REALM", "role", 1, "grant add uid:1 operator --org acme"),
    Case("ROLE_NEEDS_WIDER_REALM", "role", 1, "grant add uid:1 org-admin --org acme --tenant prod"),
    Case("CAP_NEEDS_TOKEN_ADMIN", "cap", 1, "grant add uid:1 viewer --cap pipeline:read --everywhere"),
    Case("MALFORMED_TOKEN", "token", 1, "token surrender", input: "tokend_no"),
    // What is not there, or there already, or not in a state for it.
    Case("UNKNOWN_TENANT", "tenant_id", 3, "token list --tenant nowhere"),
    Case("UNKNOWN_ORG", "org_id", 3, "permission list --org nowhere"),
    Case("UNKNOWN_TOKEN", "id", 3, "token show 00000000000"),
    Case("UNKNOWN_TOKEN", "id", 3, "token show nobody"),
    Case("UNKNOWN_TOKEN", "token", 3, "token surrender", input: "STRANGER"),
    Case("UNKNOWN_GRANT", "number", 3, "grant remove 4711"),
    Case("TENANT_EXISTS", "tenant_id", 1, "tenant add acme/prod"),
    Case("TOKEN_NAME_TAKEN", "name", 1, "token create live --scope pipeline:read"),
    Case("REQUEST_ID_REUSED", "request_id", 1, "token create other --scope pipeline:read --request-id r1"),
    Case("REQUEST_REPLAYED", "request_id", 1, "token create replayed --scope pipeline:read --request-id r1"),
    Case("TOO_MANY_TOKENS", "tenant_id", 1, "token create b --scope pipeline:read --tenant bounded"),
    Case("TOKEN_REVOKED", "id", 1, "token enable REVOKED"),
    Case("TOKEN_REVOKED", "id", 1, "token rotate REVOKED --grace 0"),
    Case("TOKEN_DISABLED", "id", 1, "token rotate DISABLED --grace 0"),
    Case("TOKEN_ROTATED", "id", 1, "token rotate ROTATED --grace 0"),
    // The command line itself.
    Case("CONFIRMATION_NEEDED", "", 2, "token revoke LIVE"),
    Case("SECRET_ON_COMMAND_LINE", "id", 2, "token show SECRET"),
    Case("UNAVAILABLE", "", 69, "token list --admin-socket /nowhere"),
    Case("USAGE", "grace_seconds", 2, "token rotate LIVE"),
  ]

  @Test func `a refusal has its code, its field, its exit code and a next step`() throws {
    let prepared = try Self.prepare()
    for wanted in Self.cases { try check(wanted, prepared) }
  }

  private func check(_ wanted: Case, _ prepared: Prepared) throws {
    func replaced(_ word: String) -> String { prepared.words[word] ?? word }
    var words = wanted.line.split(separator: " ").map { replaced(String($0)) }
    let hasContext = words.first != "--no-context"
    if !hasContext { words.removeFirst() }
    var environment = [
      "TOKEND_SOCKET": prepared.daemon.validationSocket, "TOKEND_ADMIN_SOCKET": prepared.daemon.adminSocket,
    ]
    if hasContext { environment.merge(["TOKEND_ORG": "acme", "TOKEND_TENANT": "prod"]) { first, _ in first } }
    let run = try Run(
      RunningDaemon.programs + "/tokend-client", words + ["--json"], input: replaced(wanted.input),
      environment: environment)
    #expect(run.status == Int32(wanted.exit), "\(run)")
    let document = try? JSONSerialization.jsonObject(with: Data(run.errors.utf8)) as? [String: [String: Any]]
    guard let error = document?["error"] else {
      Issue.record("\(wanted.line.prefix(100)): \(run)")
      return
    }
    #expect(error["code"] as? String == wanted.code, "\(run.errors)")
    #expect(error["field"] as? String ?? "" == wanted.field, "\(run.errors)")
    #expect(error["exit"] as? Int == wanted.exit, "\(wanted.line.prefix(100))")
    // A problem and, after a colon or semicolon, what to do.
    let message = try #require(error["message"] as? String)
    #expect(message.contains(":") || message.contains(";"), "\(message)")
    #expect(run.output.isEmpty, "\(wanted.line.prefix(100))")
    // For a person it is one line.
    let plain = try Run(
      RunningDaemon.programs + "/tokend-client", words, input: replaced(wanted.input), environment: environment)
    #expect(plain.errors.hasPrefix("tokend-client: ") && plain.errors.split(separator: "\n").count == 1)
  }

  /// What no command line leads to, as requests.
  @Test func `requests that tokend-client never sends are refused too`() throws {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    let administrator = daemon.administrator
    func refusal<Request, Reply>(_ method: Method<Request, Reply>, _ request: Request) throws -> String {
      do {
        _ = try administrator.call(method, request)
        return "OK"
      } catch Channel.Failure.status(let status) {
        return "\(status.reason) \(status.field)"
      }
    }
    var many = RevokeTokensRequest()
    (many.org, many.tenant) = ("acme", "prod")
    #expect(try refusal(Methods.revokeTokens, many) == "IDS_OR_FILTER filter")
    many.ids = ["a"]
    many.filter.namePrefix = "a"
    #expect(try refusal(Methods.revokeTokens, many) == "IDS_OR_FILTER filter")
    many.filter = TokenFilterMessage()
    many.ids = Array(repeating: "a", count: 10_001)
    #expect(try refusal(Methods.revokeTokens, many) == "TOO_MANY_IDS ids")
    many.ids = ["a"]
    #expect(try refusal(Methods.revokeTokens, many) == "INVALID_TOKEN_ID ids[0]")
    many.ids = ["AAAAAAAAAAA"]
    many.expectedCount = 3
    #expect(try refusal(Methods.revokeTokens, many) == "COUNT_CHANGED expected_count")
    var create = CreateTokenRequest()
    (create.org, create.tenant, create.name, create.scopes) = ("acme", "prod", "x", ["pipeline:read"])
    create.expiresAt = 5
    #expect(try refusal(Methods.createToken, create) == "EXPIRY_IN_PAST expires_at")
    create.expiresAt = .max
    #expect(try refusal(Methods.createToken, create) == "EXPIRY_TOO_FAR expires_at")
    create.neverExpires = true
    #expect(try refusal(Methods.createToken, create) == "EXPIRY_AND_NEVER expires_at")
    create.org = ""
    #expect(try refusal(Methods.createToken, create) == "MISSING_CONTEXT org_id")
    var list = ListTokensRequest()
    (list.org, list.tenant) = ("acme", "prod")
    list.pageSize = 501
    #expect(try refusal(Methods.listTokens, list) == "PAGE_TOO_LARGE page_size")
    list.pageSize = 1
    list.filter.unusedSince = -1
    #expect(try refusal(Methods.listTokens, list) == "NEGATIVE_TIME unused_since")
    var leaks = CheckLeaksRequest()
    leaks.digests = ["zz"]
    #expect(try refusal(Methods.checkLeaks, leaks) == "INVALID_DIGEST digests[0]")
    leaks.digests = Array(repeating: String(repeating: "0", count: 64), count: 1001)
    #expect(try refusal(Methods.checkLeaks, leaks) == "TOO_MANY_ITEMS secrets")
    var imports = ImportTokensRequest()
    (imports.org, imports.tenant) = ("acme", "prod")
    #expect(try refusal(Methods.importTokens, imports) == "ITEMS_COUNT items")
    let zeros = String(repeating: "0", count: 64)
    func item(_ name: String, _ change: (inout ImportItemMessage) -> Void) -> ImportItemMessage {
      var item = ImportItemMessage()
      (item.name, item.scopes, item.digestHex, item.id) = (name, ["pipeline:read"], zeros, "aaaaaaaaaaa")
      change(&item)
      return item
    }
    imports.items = [
      item("a") { _ in }, item("b") { $0.id = "short" }, item("c") { $0.id = "bbbbbbbbbbb" },
      item("d") { $0.digestHex = String(repeating: "1", count: 64) }, item("e") { $0.digestHex = "12" },
      item("f") { $0.digestHex = "" }, item("g") { ($0.digestHex, $0.secret) = ("", [1, 2]) },
    ]
    let results = try administrator.call(Methods.importTokens, imports).results
    #expect(
      results.map { "\($0.code) \($0.field)" } == [
        " ", "INVALID_TOKEN_ID id", "TOKEN_KEPT secret", "TOKEN_ID_TAKEN id", "INVALID_DIGEST digest_hex",
        "SECRET_OR_DIGEST secret", "MALFORMED_TOKEN secret",
      ])
    var explain = ExplainTokenRequest()
    (explain.id, explain.token) = ("a", [1])
    #expect(try refusal(Methods.explainToken, explain) == "TOKEN_AND_ID id")
    var verify = VerifyEventsRequest()
    (verify.afterRevision, verify.chain) = (1, "zz")
    #expect(try refusal(Methods.verifyEvents, verify) == "INVALID_CHAIN chain")
    var read = ReadBackupRequest()
    read.offset = .max
    #expect(try refusal(Methods.readBackup, read) == "BAD_OFFSET offset")
    read.offset = 0
    #expect(try refusal(Methods.readBackup, read) == "UNKNOWN_BACKUP id")
    _ = try administrator.call(Methods.beginBackup, BeginBackupRequest())
    #expect(try refusal(Methods.beginBackup, BeginBackupRequest()) == "BACKUP_RUNNING ")
    #expect(try refusal(Methods.registerScopes, RegisterScopesRequest()) == "SCOPES_COUNT scopes")
  }
}
