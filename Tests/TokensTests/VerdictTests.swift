// The order in which a token is judged.

import Testing
import Tokens

@Suite struct VerdictTests {
  @Test(
    arguments: [
      (false, false, false, .missingCredential), (false, true, true, .missingCredential),
      (false, true, false, .missingCredential), (false, false, true, .missingCredential),
      (true, false, true, .missingContext), (true, false, false, .missingContext), (true, true, false, .malformed),
      (true, true, true, nil),
    ] as [(Bool, Bool, Bool, Reason?)])
  func `what the request shows is judged first: credential, context, shape`(
    hasToken: Bool, hasContext: Bool, isWellFormed: Bool, reason: Reason?
  ) {
    let found = Verdict.beforeLookup(hasToken: hasToken, hasContext: hasContext, isWellFormed: isWellFormed)
    #expect(found == reason)
  }

  @Test func `the shape is not looked at while something is missing`() {
    var looks = 0
    func look() -> Bool {
      looks += 1
      return true
    }
    _ = Verdict.beforeLookup(hasToken: false, hasContext: true, isWellFormed: look())
    _ = Verdict.beforeLookup(hasToken: true, hasContext: false, isWellFormed: look())
    #expect(looks == 0)
    _ = Verdict.beforeLookup(hasToken: true, hasContext: true, isWellFormed: look())
    #expect(looks == 1)
  }

  /// What is known of a token that was found.
  struct Facts: CustomStringConvertible {
    var state = TokenState.active
    var isExpired = false
    var isBound = true
    var holdsScopes = true

    var description: String { "\(state), expired \(isExpired), bound \(isBound), scopes \(holdsScopes)" }

    var reason: Reason {
      let now = Instant(seconds: 1000)
      return Verdict.afterLookup(
        state: state, expiry: Instant(seconds: isExpired ? 999 : 1001), now: now, isBound: isBound,
        holdsScopes: holdsScopes)
    }
  }

  @Test(
    arguments: [
      (Facts(), .allowed),
      (Facts(state: .revoked), .revoked),
      (Facts(state: .disabled), .disabled),
      (Facts(isExpired: true), .expired),
      (Facts(isBound: false), .bindingMismatch),
      (Facts(holdsScopes: false), .insufficientScope),
    ] as [(Facts, Reason)])
  func `each fault has its reason`(facts: Facts, reason: Reason) {
    #expect(facts.reason == reason)
  }

  @Test(
    arguments: [
      (Facts(state: .revoked, isExpired: true), .revoked),
      (Facts(state: .revoked, isBound: false), .revoked),
      (Facts(state: .revoked, holdsScopes: false), .revoked),
      (Facts(state: .disabled, isExpired: true), .disabled),
      (Facts(state: .disabled, isBound: false), .disabled),
      (Facts(state: .disabled, holdsScopes: false), .disabled),
      (Facts(isExpired: true, isBound: false), .expired),
      (Facts(isExpired: true, holdsScopes: false), .expired),
      (Facts(isBound: false, holdsScopes: false), .bindingMismatch),
    ] as [(Facts, Reason)])
  func `of two faults the earlier is the reason`(facts: Facts, reason: Reason) {
    #expect(facts.reason == reason)
  }

  @Test func `no other combination of facts is allowed`() {
    for state in [TokenState.active, .disabled, .revoked] {
      for bits in 0..<8 {
        let facts = Facts(state: state, isExpired: bits & 1 == 1, isBound: bits & 2 == 2, holdsScopes: bits & 4 == 4)
        #expect((facts.reason == .allowed) == (state == .active && bits == 6), "\(facts)")
      }
    }
  }

  @Test(
    arguments: [
      (99, 100, .allowed), (100, 100, .expired), (101, 100, .expired), (Int64.max - 1, Int64.max, .allowed),
      (5, 0, .expired),
    ] as [(Int64, Int64, Reason)])
  func `expiry is an exclusive bound`(now: Int64, expiry: Int64, reason: Reason) {
    let found = Verdict.afterLookup(
      state: .active, expiry: Instant(seconds: expiry), now: Instant(seconds: now), isBound: true, holdsScopes: true)
    #expect(found == reason)
  }

  @Test func `a token without expiry is valid in the year 9999`() {
    let found = Verdict.afterLookup(state: .active, expiry: .never, now: .last, isBound: true, holdsScopes: true)
    #expect(found == .allowed)
  }

  @Test(
    arguments: [
      (.allowed, 1, "ALLOWED", 200, true),
      (.missingCredential, 2, "MISSING_CREDENTIAL", 401, false),
      (.missingContext, 3, "MISSING_CONTEXT", 400, false),
      (.malformed, 4, "MALFORMED", 401, false),
      (.unknown, 5, "UNKNOWN", 401, false),
      (.revoked, 6, "REVOKED", 401, false),
      (.disabled, 7, "DISABLED", 401, false),
      (.expired, 8, "EXPIRED", 401, false),
      (.bindingMismatch, 9, "BINDING_MISMATCH", 403, false),
      (.insufficientScope, 10, "INSUFFICIENT_SCOPE", 403, true),
    ] as [(Reason, UInt8, String, UInt16, Bool)])
  func `each reason has a number, a name, an HTTP status, and discloses the token or not`(
    reason: Reason, number: UInt8, name: String, status: UInt16, discloses: Bool
  ) {
    #expect(reason.rawValue == number)
    #expect(reason.name == name)
    #expect(reason.httpStatus == status)
    #expect(reason.disclosesToken == discloses)
  }

  @Test func `there are ten reasons`() {
    #expect(Reason.allCases.count == 10)
  }
}
