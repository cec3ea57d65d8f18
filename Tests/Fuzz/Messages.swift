// Requests and replies of the administration API.

internal import Wire

/// The first byte says which message the rest is read as. What is read is written, and reads as the same again.
enum Messages: FuzzTarget {
  static let name = "messages"

  private static let checks: [@Sendable ([UInt8]) -> Void] = [
    check(CreateTokenRequest.self),
    check(CreateTokenResponse.self),
    check(ListTokensRequest.self),
    check(ListTokensResponse.self),
    check(GetTokenRequest.self),
    check(GetTokenResponse.self),
    check(RevokeTokenRequest.self),
    check(ChangeTokenResponse.self),
    check(ChangeTokenRequest.self),
    check(RotateTokenRequest.self),
    check(RotateTokenResponse.self),
    check(RevokeTokensRequest.self),
    check(RevokeTokensResponse.self),
    check(CheckLeaksRequest.self),
    check(CheckLeaksResponse.self),
    check(ImportTokensRequest.self),
    check(ImportTokensResponse.self),
    check(ExplainTokenRequest.self),
    check(ExplainTokenResponse.self),
    check(SurrenderTokenRequest.self),
    check(AddTenantRequest.self),
    check(AddTenantResponse.self),
    check(ListTenantsRequest.self),
    check(ListTenantsResponse.self),
    check(GetTenantRequest.self),
    check(GetTenantResponse.self),
    check(SetTenantPolicyRequest.self),
    check(SetTenantPolicyResponse.self),
    check(RemoveTenantRequest.self),
    check(RemoveTenantResponse.self),
    check(ListPermissionsRequest.self),
    check(ListPermissionsResponse.self),
    check(ListPermissionSetsRequest.self),
    check(ListPermissionSetsResponse.self),
    check(RegisterScopesRequest.self),
    check(RegisterScopesResponse.self),
    check(RetireScopeRequest.self),
    check(RetireScopeResponse.self),
    check(DefinePermissionSetRequest.self),
    check(DefinePermissionSetResponse.self),
    check(RemovePermissionSetRequest.self),
    check(RemovePermissionSetResponse.self),
    check(AddGrantRequest.self),
    check(AddGrantResponse.self),
    check(RemoveGrantRequest.self),
    check(RemoveGrantResponse.self),
    check(ListGrantsRequest.self),
    check(ListGrantsResponse.self),
    check(ExplainGrantRequest.self),
    check(ExplainGrantResponse.self),
    check(ListEventsRequest.self),
    check(ListEventsResponse.self),
    check(VerifyEventsRequest.self),
    check(VerifyEventsResponse.self),
    check(ListDenialsRequest.self),
    check(ListDenialsResponse.self),
    check(BeginBackupRequest.self),
    check(BeginBackupResponse.self),
    check(ReadBackupRequest.self),
    check(ReadBackupResponse.self),
    check(EndBackupRequest.self),
    check(EndBackupResponse.self),
    check(GetStatusRequest.self),
    check(GetStatusResponse.self),
  ]

  static func play(_ input: [UInt8]) {
    guard let first = input.first else { return }
    checks[Int(first) % checks.count](Array(input.dropFirst()))
  }

  private static func check<Kind: Message>(_ kind: Kind.Type) -> @Sendable ([UInt8]) -> Void {
    { bytes in
      guard let message = try? Kind(decoding: bytes.span, 0..<bytes.count) else { return }
      let written = message.encoded()
      guard let again = try? Kind(decoding: written.span, 0..<written.count) else {
        fatalError("what was written as \(kind) is not read: \(written)")
      }
      guard again.encoded() == written else { fatalError("\(kind) changed as it was read again: \(written)") }
    }
  }
}
