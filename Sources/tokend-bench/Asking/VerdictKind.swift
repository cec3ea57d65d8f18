// A request as a client library encodes it, and the verdict that it must have.

import Tokens
import Wire

/// One kind of Validate, or a ValidateBatch of several kinds, about many tokens.
struct VerdictKind {
  let name: String
  /// For each token of a request the reason that it must be answered with.
  let reasons: [Reason]
  /// What follows the header of each frame.
  let bodies: [[UInt8]]

  /// Whether it is a ValidateBatch.
  var isBatch: Bool { reasons.count > 1 }

  /// Verdicts of every reason, each as its own kind.
  static var ofEachReason: [VerdictKind] {
    Reason.allCases.map { reason in
      VerdictKind(
        name: reason.name, reasons: [reason],
        bodies: (0..<Estate.count).map { body("Validate", item(for: reason, number: $0)) })
    }
  }

  /// Verdicts that demand so many scopes: the two that the token holds, over and over.
  static func demanding(scopes count: Int) -> VerdictKind {
    let scopes = (0..<count).map { Estate.scopes[$0 % Estate.scopes.count] }
    let bodies = (0..<Estate.count).map { number in
      Estate.token(.live, number).reveal { token in
        body(
          "Validate",
          ValidateRequest.encode(
            token: token, org: Estate.org, tenant: Estate.tenant, scopes: scopes, minRevision: 0))
      }
    }
    return VerdictKind(name: "ALLOWED, \(count) scopes demanded", reasons: [.allowed], bodies: bodies)
  }

  /// Batches of `count` that have every reason in turn.
  static func batch(of count: Int) -> VerdictKind {
    let reasons = (0..<count).map { Reason.allCases[$0 % Reason.allCases.count] }
    let bodies = (0..<Estate.count).map { first in
      var list = OutBuffer()
      for (index, reason) in reasons.enumerated() {
        let item = item(for: reason, number: first + index)
        list.reserve(item.count + 8)
        list.append(field: 1, item.span)
      }
      return body("ValidateBatch", Array(copying: list.pending))
    }
    return VerdictKind(name: "batches of \(count), all of these mixed", reasons: reasons, bodies: bodies)
  }

  /// Validates of the benchmark's tokens whose numbers are below `tokens`, which must be allowed.
  static func service(tokens: Int) -> VerdictKind {
    let context = BenchContext()
    let bodies = (0..<min(tokens, 2048)).map { number in
      TokenSample.token(UInt64(number * (tokens / min(tokens, 2048)))).reveal { token in
        body(
          "Validate",
          ValidateRequest.encode(
            token: token, org: context.org, tenant: context.tenant, scopes: [context.scope], minRevision: 0))
      }
    }
    return VerdictKind(name: "service", reasons: [.allowed], bodies: bodies)
  }

  /// A ValidateRequest about one of the estate's tokens that is answered with `reason`.
  private static func item(for reason: Reason, number: Int) -> [UInt8] {
    let fate: Estate.Fate =
      switch reason {
      case .unknown: .absent
      case .revoked: .revoked
      case .disabled: .disabled
      case .expired: .expired
      default: .live
      }
    var token = Estate.token(fate, number).reveal { [UInt8](copying: $0) }
    if reason == .missingCredential { token = [] }
    // Another character in the place of the last one: the checksum is wrong.
    if reason == .malformed { token[token.count - 1] = token[token.count - 1] == 0x30 ? 0x31 : 0x30 }
    return ValidateRequest.encode(
      token: token.span, org: reason == .missingContext ? "" : Estate.org,
      tenant: reason == .bindingMismatch ? Estate.otherTenant : Estate.tenant,
      scopes: [Estate.scopes[0], reason == .insufficientScope ? Estate.missingScope : Estate.scopes[1]],
      minRevision: 0)
  }

  private static func body(_ method: String, _ payload: [UInt8]) -> [UInt8] {
    var frame = OutBuffer()
    RequestEnvelope.append(
      service: "tokend.v1.Validation", method: method, payload: payload.span, timeout: BenchContext.timeout, stream: 1,
      to: &frame)
    let pending = frame.pending
    return Array(copying: pending.extracting(FrameHeader.bytes..<pending.count))
  }
}
