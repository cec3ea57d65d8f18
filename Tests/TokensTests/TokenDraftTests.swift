// The checks of a request's own fields, before the store is asked.

import Testing
import Tokens

@Suite struct TokenDraftTests {
  /// A request to make a token; good unless changed.
  struct Request: CustomStringConvertible {
    var name = "ci-deploy-east"
    var text = ""
    var scopes = ["pipeline:read"]
    var set = ""
    var expires: Int64 = 0

    var description: String {
      "name \(name.prefix(20).debugDescription), scopes \(scopes.prefix(3)), expires \(expires)"
    }

    func draft() throws(Refusal) -> TokenDraft {
      try TokenDraft(
        tenant: TenantName(stored: "acme", "east"), name: name, description: text, scopes: scopes, permissionSet: set,
        expiry: TokenDraft.Expiry(seconds: expires, never: false, now: Instant(seconds: 1000)), requestID: "")
    }

    var refusal: Refusal? {
      do throws(Refusal) {
        _ = try draft()
        return nil
      } catch {
        return error
      }
    }
  }

  @Test func `a good request becomes a draft with the same fields`() throws {
    let draft = try Request(text: "for the east", scopes: ["b:w", "a:r"], expires: 1001).draft()
    #expect(draft.name == "ci-deploy-east")
    #expect(draft.description == "for the east")
    #expect(draft.tenant == TenantName(stored: "acme", "east"))
    #expect(draft.grant == .scopes(["b:w", "a:r"].compactMap { Scope($0) }))
    #expect(draft.expiry == .at(Instant(seconds: 1001)))
  }

  @Test func `a fingerprint stays what it is, as it is kept`() throws {
    let fingerprint = try Request(text: "t", scopes: ["a:r"], expires: 1001).draft().fingerprint
    #expect(
      hexadecimal(fingerprint.bytes)
        == "d72a010af86218674e24fea11b72ae9517168d16f7da4bfbde9c606a76f768ba")
    #expect(try Request(expires: 1001).draft().fingerprint != Request(expires: 1002).draft().fingerprint)
  }

  @Test func `a permission set stands in for scopes`() throws {
    #expect(try Request(scopes: [], set: "read-only").draft().grant == .permissionSet("read-only"))
  }

  @Test func `without expiry a draft leaves it to the tenant's policy`() throws {
    #expect(try Request().draft().expiry == .unspecified)
  }

  @Test(arguments: [
    Request(name: String(repeating: "n", count: 100)), Request(name: "größe ✓ 名前"), Request(name: "a b"),
    Request(text: String(repeating: "d", count: 500)), Request(scopes: Array(repeating: "a:b", count: 512)),
    Request(expires: 253_402_300_799),
  ])
  func `what is just within the bounds is accepted`(request: Request) {
    #expect(request.refusal == nil)
  }

  @Test(arguments: [
    (Request(name: ""), "NAME_MISSING", "name"),
    (Request(name: String(repeating: "n", count: 101)), "NAME_TOO_LONG", "name"),
    (Request(name: String(repeating: "é", count: 51)), "NAME_TOO_LONG", "name"),
    (Request(name: "a\nb"), "INVALID_NAME", "name"),
    (Request(name: "a\u{0}"), "INVALID_NAME", "name"),
    (Request(name: "a\u{7F}"), "INVALID_NAME", "name"),
    (Request(name: "a\u{202E}b"), "INVALID_NAME", "name"),
    (Request(name: "a\u{200B}b"), "INVALID_NAME", "name"),
    (Request(name: "a\u{2028}b"), "INVALID_NAME", "name"),
    (Request(name: " a"), "INVALID_NAME", "name"),
    (Request(name: "a "), "INVALID_NAME", "name"),
    (Request(name: " "), "INVALID_NAME", "name"),
    (Request(text: String(repeating: "d", count: 501)), "DESCRIPTION_TOO_LONG", "description"),
    (Request(scopes: []), "SCOPES_MISSING", "scopes"),
    (Request(scopes: ["a:b"], set: "read-only"), "SCOPES_AND_SET", "permission_set"),
    (Request(scopes: Array(repeating: "a:b", count: 513)), "TOO_MANY_SCOPES", "scopes"),
    (Request(scopes: ["a:b", "nonsense"]), "UNKNOWN_SCOPE", "scopes"),
    (Request(expires: 999), "EXPIRY_IN_PAST", "expires_at"),
    (Request(expires: 1000), "EXPIRY_IN_PAST", "expires_at"),
    (Request(expires: -1), "EXPIRY_IN_PAST", "expires_at"),
    (Request(expires: .min), "EXPIRY_IN_PAST", "expires_at"),
    (Request(expires: 253_402_300_800), "EXPIRY_TOO_FAR", "expires_at"),
    (Request(expires: .max), "EXPIRY_TOO_FAR", "expires_at"),
  ])
  func `a refusal names its code and its field`(request: Request, code: String, field: String) {
    let refusal = request.refusal
    #expect(refusal?.kind == .invalid)
    #expect(refusal?.code == code)
    #expect(refusal?.field == field)
    #expect(refusal?.message.hasPrefix(field) == true || code == "SCOPES_AND_SET")
  }

  @Test func `every scope that won't do is named, and no other`() throws {
    let message = try #require(Request(scopes: ["good:one", "Bad", "worse:", "good:two"]).refusal).message
    #expect(message.contains("'Bad'"))
    #expect(message.contains("'worse:'"))
    #expect(!message.contains("good"))
  }

  @Test func `a refusal of scopes fits a log line`() {
    let many = Refusal.unknownScopes((0..<25).map { "scope-\($0)" }).message
    #expect(many.contains("'scope-19' and 5 more"))
    #expect(!many.contains("scope-20"))
    let odd = Refusal.unknownScopes(["a\nb\u{7F}", String(repeating: "x", count: 1000)]).message
    #expect(!odd.contains("\n"))
    #expect(odd.contains("'a\u{FFFD}b\u{FFFD}'"))
    #expect(odd.contains(String(repeating: "x", count: 100) + "…"))
    #expect(odd.utf8.count < 400)
  }
}
