// The WWW-Authenticate header of a denial: RFC 6750, section 3.

package import Tokens

/// The challenge that goes with a verdict; empty unless the HTTP status is 401 or 403.
package enum Challenge {
  /// - Parameters:
  ///   - request: the request that was denied, in `span`, for the scopes it required.
  package static func text(for reason: Reason, _ request: ValidateRequest, in span: Span<UInt8>) -> [UInt8] {
    switch reason {
    case .allowed, .missingContext: return []
    case .missingCredential: return Array("Bearer".utf8)
    case .malformed, .unknown, .revoked, .disabled, .expired: return Array(#"Bearer error="invalid_token""#.utf8)
    case .bindingMismatch: return Array("Bearer".utf8)
    case .insufficientScope: break
    }
    var text = Array(#"Bearer error="insufficient_scope""#.utf8)
    var names: [UInt8] = []
    var walk = request.scopes
    while let scope = walk.next(in: span) {
      // Only what RFC 6750 lets stand between the quotes: a name is the caller's own text, but ends up in a header.
      guard isScopeToken(span.extracting(scope)) else { continue }
      if !names.isEmpty { names.append(0x20) }
      for index in scope { names.append(span[index]) }
    }
    if !names.isEmpty { text += Array(#", scope=""#.utf8) + names + [0x22] }
    return text
  }

  private static func isScopeToken(_ bytes: Span<UInt8>) -> Bool {
    for index in 0..<bytes.count {
      switch bytes[index] {
      case 0x21, 0x23...0x5B, 0x5D...0x7E: continue
      default: return false
      }
    }
    return bytes.count > 0 && bytes.count <= Scope.mostBytes
  }
}
