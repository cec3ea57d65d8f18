// The administration methods by name, with the messages they take and give. Daemon and client both go by this list.

/// A method of the administration API.
package struct Method<Request: Message, Reply: Message>: Sendable {
  /// With its package, such as "tokend.v1.Tokens".
  package let service: String
  package let name: String
  /// Whether it may change anything. If not, it may be asked again.
  package let isChange: Bool

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
  package static let listTokens = Method<ListTokensRequest, ListTokensResponse>(
    "Tokens", "ListTokens", isChange: false)
  package static let getToken = Method<GetTokenRequest, GetTokenResponse>("Tokens", "GetToken", isChange: false)
  package static let revokeToken = Method<RevokeTokenRequest, RevokeTokenResponse>(
    "Tokens", "RevokeToken", isChange: true)

  package static let addTenant = Method<AddTenantRequest, AddTenantResponse>("Tenants", "AddTenant", isChange: true)
  package static let listTenants = Method<ListTenantsRequest, ListTenantsResponse>(
    "Tenants", "ListTenants", isChange: false)

  package static let listPermissions = Method<ListPermissionsRequest, ListPermissionsResponse>(
    "Permissions", "ListPermissions", isChange: false)
  package static let listPermissionSets = Method<ListPermissionSetsRequest, ListPermissionSetsResponse>(
    "Permissions", "ListPermissionSets", isChange: false)

  package static let addGrant = Method<AddGrantRequest, AddGrantResponse>("Grants", "AddGrant", isChange: true)
  package static let removeGrant = Method<RemoveGrantRequest, RemoveGrantResponse>(
    "Grants", "RemoveGrant", isChange: true)
  package static let listGrants = Method<ListGrantsRequest, ListGrantsResponse>("Grants", "ListGrants", isChange: false)
  package static let explainGrant = Method<ExplainGrantRequest, ExplainGrantResponse>(
    "Grants", "ExplainGrant", isChange: false)
}
