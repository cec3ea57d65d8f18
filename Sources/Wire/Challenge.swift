// The WWW-Authenticate header of a denial: RFC 6750, section 3.

package import Tokens

/// The challenge that goes with a verdict; without bytes unless the HTTP status is 401 or 403.
package struct Challenge {
  private let start: StaticString
  private let listsScopes: Bool
  /// The bytes of the names of scopes, with blanks between them.
  private let scopeBytes: Int

  private static let scopesStart: StaticString = ", scope=\""

  /// - Parameter request: the request that was denied, in `span`, for the scopes it required.
  package init(for reason: Reason, _ request: ValidateRequest, in span: Span<UInt8>) {
    start =
      switch reason {
      case .allowed, .missingContext: ""
      case .missingCredential, .bindingMismatch: "Bearer"
      case .malformed, .unknown, .revoked, .disabled, .expired: "Bearer error=\"invalid_token\""
      case .insufficientScope: "Bearer error=\"insufficient_scope\""
      }
    if case .insufficientScope = reason { listsScopes = true } else { listsScopes = false }
    var bytes = 0
    if listsScopes { Self.forEachScope(of: request, in: span) { bytes += $0.count + (bytes > 0 ? 1 : 0) } }
    scopeBytes = bytes
  }

  /// How many bytes `append` appends.
  package var count: Int {
    start.utf8CodeUnitCount + (scopeBytes > 0 ? Self.scopesStart.utf8CodeUnitCount + scopeBytes + 1 : 0)
  }

  /// Appends the text, for the request that it was made for.
  package func append(_ request: ValidateRequest, in span: Span<UInt8>, to out: inout OutBuffer) {
    out.append(start)
    guard scopeBytes > 0 else { return }
    out.append(Self.scopesStart)
    var isFirst = true
    Self.forEachScope(of: request, in: span) { scope in
      if !isFirst { out.append(0x20) }
      out.append(span.extracting(scope))
      isFirst = false
    }
    out.append(0x22)
  }

  /// Only what RFC 6750 lets stand between the quotes: a name is the caller's own text, but ends up in a header.
  private static func forEachScope(of request: ValidateRequest, in span: Span<UInt8>, _ body: (Range<Int>) -> Void) {
    var walk = request.scopes
    while let scope = walk.next(in: span) { if isScopeToken(span.extracting(scope)) { body(scope) } }
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
