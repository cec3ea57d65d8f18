// The WWW-Authenticate header of each denial, as RFC 6750 has it.

import ProtobufReference
import Testing
import Tokens
import Wire

@Suite struct ChallengeTests {
  private func challenge(_ reason: Reason, _ scopes: [String]) throws -> String {
    let bytes = Reference.pack(.init(token: "x", org: "o", tenant: "t", scopes: scopes))
    let request = try ValidateRequest(in: bytes.span, 0..<bytes.count)
    let challenge = Challenge(for: reason, request, in: bytes.span)
    var out = OutBuffer()
    out.reserve(challenge.count)
    challenge.append(request, in: bytes.span, to: &out)
    #expect(out.pendingBytes == challenge.count)
    let pending = out.pending
    return String(decoding: (0..<pending.count).map { pending[$0] }, as: UTF8.self)
  }

  @Test(
    arguments: [
      (.allowed, ""), (.missingContext, ""), (.missingCredential, "Bearer"), (.bindingMismatch, "Bearer"),
      (.malformed, #"Bearer error="invalid_token""#), (.unknown, #"Bearer error="invalid_token""#),
      (.revoked, #"Bearer error="invalid_token""#), (.disabled, #"Bearer error="invalid_token""#),
      (.expired, #"Bearer error="invalid_token""#),
      (.insufficientScope, #"Bearer error="insufficient_scope", scope="a:read b:write""#),
    ] as [(Reason, String)])
  func `each reason has its challenge`(reason: Reason, text: String) throws {
    #expect(try challenge(reason, ["a:read", "b:write"]) == text)
  }

  @Test(arguments: ["a\"b", "a\\b", "a b", "a\r\nSet-Cookie: x", "é", "", String(repeating: "x", count: 500)])
  func `a scope that could break out of the header is left out of it`(scope: String) throws {
    #expect(
      try challenge(.insufficientScope, [scope, "b:write"])
        == #"Bearer error="insufficient_scope", scope="b:write""#)
    #expect(try challenge(.insufficientScope, [scope]) == #"Bearer error="insufficient_scope""#)
  }
}
