// Which messages there are.

package import Wire

/// Every request and reply but those of the validation socket, which have readers of their own.
package let administrationMessages: [any Message.Type] = [
  CreateTokenRequest.self, CreateTokenResponse.self, ListTokensRequest.self, ListTokensResponse.self,
  GetTokenRequest.self, GetTokenResponse.self, RevokeTokenRequest.self, ChangeTokenResponse.self,
  ChangeTokenRequest.self, RotateTokenRequest.self, RotateTokenResponse.self, RevokeTokensRequest.self,
  RevokeTokensResponse.self, CheckLeaksRequest.self, CheckLeaksResponse.self, ImportTokensRequest.self,
  ImportTokensResponse.self, ExplainTokenRequest.self, ExplainTokenResponse.self, SurrenderTokenRequest.self,
  AddTenantRequest.self, AddTenantResponse.self, ListTenantsRequest.self, ListTenantsResponse.self,
  GetTenantRequest.self, GetTenantResponse.self, SetTenantPolicyRequest.self, SetTenantPolicyResponse.self,
  RemoveTenantRequest.self, RemoveTenantResponse.self, ListPermissionsRequest.self, ListPermissionsResponse.self,
  ListPermissionSetsRequest.self, ListPermissionSetsResponse.self, RegisterScopesRequest.self,
  RegisterScopesResponse.self, RetireScopeRequest.self, RetireScopeResponse.self, DefinePermissionSetRequest.self,
  DefinePermissionSetResponse.self, RemovePermissionSetRequest.self, RemovePermissionSetResponse.self,
  AddGrantRequest.self, AddGrantResponse.self, RemoveGrantRequest.self, RemoveGrantResponse.self,
  ListGrantsRequest.self, ListGrantsResponse.self, ExplainGrantRequest.self, ExplainGrantResponse.self,
  ListEventsRequest.self, ListEventsResponse.self, VerifyEventsRequest.self, VerifyEventsResponse.self,
  ListDenialsRequest.self, ListDenialsResponse.self, BeginBackupRequest.self, BeginBackupResponse.self,
  ReadBackupRequest.self, ReadBackupResponse.self, EndBackupRequest.self, EndBackupResponse.self,
  GetStatusRequest.self, GetStatusResponse.self,
]
