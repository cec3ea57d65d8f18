// Administration calls, for tokend-client.

package import Wire

/// Calls the administration services over the administration socket.
package struct Administrator: Sendable {
  private let channel: Channel
  private let timeout: Duration

  package init(socket: String, timeout: Duration) {
    channel = Channel(path: socket)
    self.timeout = timeout
  }

  package func createToken(_ request: CreateTokenRequest) throws(Channel.Failure) -> CreateTokenResponse {
    try call("Tokens", "CreateToken", request, isChange: true)
  }

  package func listTokens(_ request: ListTokensRequest) throws(Channel.Failure) -> ListTokensResponse {
    try call("Tokens", "ListTokens", request, isChange: false)
  }

  package func getToken(_ request: GetTokenRequest) throws(Channel.Failure) -> GetTokenResponse {
    try call("Tokens", "GetToken", request, isChange: false)
  }

  package func revokeToken(_ request: RevokeTokenRequest) throws(Channel.Failure) -> RevokeTokenResponse {
    try call("Tokens", "RevokeToken", request, isChange: true)
  }

  package func addTenant(_ request: AddTenantRequest) throws(Channel.Failure) -> AddTenantResponse {
    try call("Tenants", "AddTenant", request, isChange: true)
  }

  package func listTenants(_ request: ListTenantsRequest) throws(Channel.Failure) -> ListTenantsResponse {
    try call("Tenants", "ListTenants", request, isChange: false)
  }

  package func listPermissions(_ request: ListPermissionsRequest) throws(Channel.Failure) -> ListPermissionsResponse {
    try call("Permissions", "ListPermissions", request, isChange: false)
  }

  package func listPermissionSets(
    _ request: ListPermissionSetsRequest
  ) throws(Channel.Failure) -> ListPermissionSetsResponse {
    try call("Permissions", "ListPermissionSets", request, isChange: false)
  }

  private func call<Reply: Message>(
    _ service: String, _ method: String, _ request: some Message, isChange: Bool
  ) throws(Channel.Failure) -> Reply {
    let bytes = try channel.call(
      "tokend.v1.\(service)", method, request.encoded(), isChange: isChange, within: timeout)
    do throws(Status) {
      return try Reply(decoding: bytes.span, 0..<bytes.count)
    } catch {
      let why = "the daemon's reply could not be read: \(error.message)"
      throw isChange ? .outcomeUnknown(why) : .unavailable(why)
    }
  }
}
