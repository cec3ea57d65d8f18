// Requests that are refused: each names its field, says its code, and changes nothing.

import Harness
import Linux
import Testing
import TokenClient
import Wire

@Suite struct BadInputTests {
  let daemon: RunningDaemon

  init() throws {
    daemon = try RunningDaemon()
    try daemon.addTenant()
  }

  private func refusal(_ change: (inout CreateTokenRequest) -> Void) throws -> Status? {
    var request = CreateTokenRequest()
    request.org = "acme"
    request.tenant = "prod"
    request.name = "ci"
    request.scopes = ["pipeline:read"]
    change(&request)
    do {
      _ = try daemon.administrator.call(Methods.createToken, request)
      return nil
    } catch Channel.Failure.status(let status) {
      return status
    }
  }

  @Test func `each bad field of CreateToken has its status, code and field`() throws {
    let table: [(String, Status.Code, String, (inout CreateTokenRequest) -> Void)] = [
      ("MISSING_CONTEXT", .invalidArgument, "org_id", { $0.org = "" }),
      ("MISSING_CONTEXT", .invalidArgument, "tenant_id", { $0.tenant = "" }),
      ("INVALID_ID", .invalidArgument, "org_id", { $0.org = "a b" }),
      ("UNKNOWN_TENANT", .notFound, "tenant_id", { $0.tenant = "nowhere" }),
      ("NAME_MISSING", .invalidArgument, "name", { $0.name = "" }),
      ("NAME_TOO_LONG", .invalidArgument, "name", { $0.name = String(repeating: "n", count: 101) }),
      ("INVALID_NAME", .invalidArgument, "name", { $0.name = "a\u{7}b" }),
      ("INVALID_NAME", .invalidArgument, "name", { $0.name = " " }),
      ("INVALID_NAME", .invalidArgument, "name", { $0.name = "\u{3164}" }),
      (
        "DESCRIPTION_TOO_LONG", .invalidArgument, "description", { $0.description = String(repeating: "d", count: 501) }
      ),
      ("SCOPES_MISSING", .invalidArgument, "scopes", { $0.scopes = [] }),
      ("UNKNOWN_SCOPE", .invalidArgument, "scopes", { $0.scopes = ["pipeline:read", "no:such", "nor:this"] }),
      (
        "UNKNOWN_PERMISSION_SET", .invalidArgument, "permission_set",
        {
          $0.scopes = []; $0.permissionSet = "god"
        }
      ),
      ("SCOPES_AND_SET", .invalidArgument, "permission_set", { $0.permissionSet = "read-only" }),
      ("EXPIRY_IN_PAST", .invalidArgument, "expires_at", { $0.expiresAt = 1 }),
      ("EXPIRY_TOO_FAR", .invalidArgument, "expires_at", { $0.expiresAt = .max }),
    ]
    for (code, status, field, change) in table {
      let refusal = try #require(try refusal(change), "\(code) was not refused")
      #expect(refusal.reason == code && refusal.code == status && refusal.field == field)
      #expect(refusal.message.contains(field) || code == "UNKNOWN_TENANT")
      if code == "UNKNOWN_SCOPE" { #expect(refusal.message.contains("'no:such', 'nor:this'")) }
    }
    var list = ListTokensRequest()
    list.org = "acme"
    list.tenant = "prod"
    #expect(try daemon.administrator.call(Methods.listTokens, list).tokens.isEmpty)
  }

  @Test func `a zero byte and invalid UTF-8 in an administration request are refused by field`() throws {
    var peer = try RawPeer(daemon.adminSocket)
    try peer.call("tokend.v1.Tenants", "AddTenant", [0x0A, 3, 0x61, 0, 0x62])
    #expect(try peer.reply()?.status?.field == "org_id")
    try peer.call("tokend.v1.Tenants", "AddTenant", [0x12, 2, 0xC3, 0x28], stream: 3)
    #expect(try peer.reply()?.status?.reason == "NOT_UTF8")
  }

  @Test func `a token that does not exist, or is bound elsewhere, is 5`() throws {
    let created = try daemon.create("ci")
    try daemon.addTenant("acme", "staging")
    var request = RevokeTokenRequest()
    request.id = created.token.id
    request.org = "acme"
    request.tenant = "staging"
    #expect(throws: Channel.Failure.self) { try daemon.administrator.call(Methods.revokeToken, request) }
    #expect(throws: Channel.Failure.self) { try daemon.revoke("00000000000") }
    #expect(try daemon.reason(created.secret) == "ALLOWED")
  }

  @Test func `a stream id in flight twice is 3`() throws {
    var peer = try RawPeer(daemon.adminSocket)
    var out = OutBuffer()
    for _ in 0..<2 {
      RequestEnvelope.append(
        service: "tokend.v1.Tenants", method: "ListTenants", payload: [UInt8]().span, timeout: 0, stream: 1, to: &out)
    }
    try peer.send([UInt8](copying: out.pending))
    let codes = try [peer.reply()?.code, peer.reply()?.code]
    #expect(codes.contains(3) && codes.contains(0))
  }
}
