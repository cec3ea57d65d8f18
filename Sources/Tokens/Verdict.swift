// The order in which a token is judged. This file is the law; everything else only supplies the facts.

/// The state that an administrator has put a token in. Expiry is not a state: it is read off the clock.
public enum TokenState: UInt8, Sendable {
  case active = 1
  case disabled = 2
  case revoked = 3
}

/// Why a request was allowed or denied. Raw values are those of `tokend.v1.Reason`.
public enum Reason: UInt8, Sendable, CaseIterable {
  case allowed = 1
  case missingCredential = 2
  case missingContext = 3
  case malformed = 4
  case unknown = 5
  case revoked = 6
  case disabled = 7
  case expired = 8
  case bindingMismatch = 9
  case insufficientScope = 10

  /// How the wire and people spell it.
  package var name: String {
    switch self {
    case .allowed: "ALLOWED"
    case .missingCredential: "MISSING_CREDENTIAL"
    case .missingContext: "MISSING_CONTEXT"
    case .malformed: "MALFORMED"
    case .unknown: "UNKNOWN"
    case .revoked: "REVOKED"
    case .disabled: "DISABLED"
    case .expired: "EXPIRED"
    case .bindingMismatch: "BINDING_MISMATCH"
    case .insufficientScope: "INSUFFICIENT_SCOPE"
    }
  }

  /// Whether the bearer may. In other modules `==` would be a call by way of a table.
  @inlinable package var isAllowed: Bool { if case .allowed = self { true } else { false } }

  /// What an HTTP gateway should answer.
  @inlinable package var httpStatus: UInt16 {
    switch self {
    case .allowed: 200
    case .missingContext: 400
    case .missingCredential, .malformed, .unknown, .revoked, .disabled, .expired: 401
    case .bindingMismatch, .insufficientScope: 403
    }
  }

  /// Whether the caller may learn more of the token than its id and name: only once org and tenant have matched.
  @inlinable package var disclosesToken: Bool {
    switch self {
    case .allowed, .insufficientScope: true
    default: false
    }
  }
}

/// The judgement, in two steps: what the request itself shows, then what the index knows.
public enum Verdict {
  /// What can be said without looking the token up; nil if it must be looked up.
  @inlinable
  package static func beforeLookup(hasToken: Bool, hasContext: Bool, isWellFormed: @autoclosure () -> Bool) -> Reason? {
    guard hasToken else { return .missingCredential }
    guard hasContext else { return .missingContext }
    guard isWellFormed() else { return .malformed }
    return nil
  }

  /// What is said of a token that was found. `expiry` is an exclusive bound.
  @inlinable
  package static func afterLookup(
    state: TokenState, expiry: Instant, now: Instant, isBound: Bool, holdsScopes: Bool
  ) -> Reason {
    switch state {
    case .revoked: return .revoked
    case .disabled: return .disabled
    case .active: break
    }
    guard now < expiry else { return .expired }
    guard isBound else { return .bindingMismatch }
    guard holdsScopes else { return .insufficientScope }
    return .allowed
  }
}
