// The administration methods by name, with the messages they take and give. Daemon and client both go by this list.

/// A method of the administration API.
package struct Method<Request: Message, Reply: Message>: Sendable {
  /// With its package, such as "tokend.v1.Tokens".
  package let service: String
  package let name: String
  /// Whether it may change anything. If not, it may be asked again.
  package let isChange: Bool

  /// Both, as the log and the trail of denials have it.
  package var path: String { "\(service)/\(name)" }

  fileprivate init(_ service: String, _ name: String, isChange: Bool) {
    self.service = "tokend.v1.\(service)"
    self.name = name
    self.isChange = isChange
  }
}

/// Every administration method.
package enum Methods {
  package static let createToken = Method<CreateTokenRequest, CreateTokenResponse>(
    "Tokens", "CreateToken", isChange: true)
  package static let listTokens = Method<ListTokensRequest, ListTokensResponse>("Tokens", "ListTokens", isChange: false)
  package static let getToken = Method<GetTokenRequest, GetTokenResponse>("Tokens", "GetToken", isChange: false)
  package static let revokeToken = Method<RevokeTokenRequest, ChangeTokenResponse>(
    "Tokens", "RevokeToken", isChange: true)
  package static let disableToken = Method<ChangeTokenRequest, ChangeTokenResponse>(
    "Tokens", "DisableToken", isChange: true)
  package static let enableToken = Method<ChangeTokenRequest, ChangeTokenResponse>(
    "Tokens", "EnableToken", isChange: true)
  package static let rotateToken = Method<RotateTokenRequest, RotateTokenResponse>(
    "Tokens", "RotateToken", isChange: true)
  package static let revokeTokens = Method<RevokeTokensRequest, RevokeTokensResponse>(
    "Tokens", "RevokeTokens", isChange: true)
  package static let checkLeaks = Method<CheckLeaksRequest, CheckLeaksResponse>("Tokens", "CheckLeaks", isChange: true)
  package static let importTokens = Method<ImportTokensRequest, ImportTokensResponse>(
    "Tokens", "ImportTokens", isChange: true)
  package static let explainToken = Method<ExplainTokenRequest, ExplainTokenResponse>(
    "Tokens", "ExplainToken", isChange: false)
  package static let surrenderToken = Method<SurrenderTokenRequest, ChangeTokenResponse>(
    "Possession", "SurrenderToken", isChange: true)

  package static let addTenant = Method<AddTenantRequest, AddTenantResponse>("Tenants", "AddTenant", isChange: true)
  package static let listTenants = Method<ListTenantsRequest, ListTenantsResponse>(
    "Tenants", "ListTenants", isChange: false)
  package static let getTenant = Method<GetTenantRequest, GetTenantResponse>("Tenants", "GetTenant", isChange: false)
  package static let setTenantPolicy = Method<SetTenantPolicyRequest, SetTenantPolicyResponse>(
    "Tenants", "SetTenantPolicy", isChange: true)
  package static let removeTenant = Method<RemoveTenantRequest, RemoveTenantResponse>(
    "Tenants", "RemoveTenant", isChange: true)

  package static let listPermissions = Method<ListPermissionsRequest, ListPermissionsResponse>(
    "Permissions", "ListPermissions", isChange: false)
  package static let listPermissionSets = Method<ListPermissionSetsRequest, ListPermissionSetsResponse>(
    "Permissions", "ListPermissionSets", isChange: false)
  package static let registerScopes = Method<RegisterScopesRequest, RegisterScopesResponse>(
    "Permissions", "RegisterScopes", isChange: true)
  package static let retireScope = Method<RetireScopeRequest, RetireScopeResponse>(
    "Permissions", "RetireScope", isChange: true)
  package static let definePermissionSet = Method<DefinePermissionSetRequest, DefinePermissionSetResponse>(
    "Permissions", "DefinePermissionSet", isChange: true)
  package static let removePermissionSet = Method<RemovePermissionSetRequest, RemovePermissionSetResponse>(
    "Permissions", "RemovePermissionSet", isChange: true)

  package static let addGrant = Method<AddGrantRequest, AddGrantResponse>("Grants", "AddGrant", isChange: true)
  package static let removeGrant = Method<RemoveGrantRequest, RemoveGrantResponse>(
    "Grants", "RemoveGrant", isChange: true)
  package static let listGrants = Method<ListGrantsRequest, ListGrantsResponse>("Grants", "ListGrants", isChange: false)
  package static let explainGrant = Method<ExplainGrantRequest, ExplainGrantResponse>(
    "Grants", "ExplainGrant", isChange: false)

  package static let listEvents = Method<ListEventsRequest, ListEventsResponse>("Audit", "ListEvents", isChange: false)
  package static let verifyEvents = Method<VerifyEventsRequest, VerifyEventsResponse>(
    "Audit", "VerifyEvents", isChange: false)
  package static let listDenials = Method<ListDenialsRequest, ListDenialsResponse>(
    "Audit", "ListDenials", isChange: false)

  package static let beginBackup = Method<BeginBackupRequest, BeginBackupResponse>(
    "Backup", "BeginBackup", isChange: false)
  package static let readBackup = Method<ReadBackupRequest, ReadBackupResponse>("Backup", "ReadBackup", isChange: false)
  package static let endBackup = Method<EndBackupRequest, EndBackupResponse>("Backup", "EndBackup", isChange: false)

  package static let getStatus = Method<GetStatusRequest, GetStatusResponse>("Status", "GetStatus", isChange: false)
}
