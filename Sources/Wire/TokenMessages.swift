// The messages of `tokend.v1.Tokens`, field by field as in proto/tokend/v1/tokens.proto.

internal import CTokendProto

/// `tokend.v1.Token`.
package struct TokenMessage: @unsafe CMessage, Equatable {
  package var id: String = ""
  package var name: String = ""
  package var description: String = ""
  package var org: String = ""
  package var tenant: String = ""
  package var scopes: [String] = []
  package var permissionSet: String = ""
  package var state: UInt32 = 0
  package var creator: String = ""
  package var createdAt: Int64 = 0
  package var expiresAt: Int64 = 0
  package var revokedAt: Int64 = 0
  package var revokedBy: String = ""
  package var revocationReason: String = ""

  package init() {}

  static func empty() -> Tokend__V1__Token {
    var raw = unsafe Tokend__V1__Token()
    unsafe tokend__v1__token__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__Token) {
    id = unsafe text(raw.id)
    name = unsafe text(raw.name)
    description = unsafe text(raw.description)
    org = unsafe text(raw.org_id)
    tenant = unsafe text(raw.tenant_id)
    scopes = unsafe texts(raw.scopes, raw.n_scopes)
    permissionSet = unsafe text(raw.permission_set)
    state = unsafe UInt32(bitPattern: Int32(truncatingIfNeeded: raw.state.rawValue))
    creator = unsafe text(raw.creator)
    createdAt = unsafe raw.created_at
    expiresAt = unsafe raw.expires_at
    revokedAt = unsafe raw.revoked_at
    revokedBy = unsafe text(raw.revoked_by)
    revocationReason = unsafe text(raw.revocation_reason)
  }

  func fill(_ raw: inout Tokend__V1__Token, _ memory: Memory) {
    unsafe raw.id = memory.text(id)
    unsafe raw.name = memory.text(name)
    unsafe raw.description = memory.text(description)
    unsafe raw.org_id = memory.text(org)
    unsafe raw.tenant_id = memory.text(tenant)
    unsafe raw.n_scopes = scopes.count
    unsafe raw.scopes = memory.texts(scopes)
    unsafe raw.permission_set = memory.text(permissionSet)
    unsafe raw.state = .init(rawValue: .init(truncatingIfNeeded: state))
    unsafe raw.creator = memory.text(creator)
    unsafe raw.created_at = createdAt
    unsafe raw.expires_at = expiresAt
    unsafe raw.revoked_at = revokedAt
    unsafe raw.revoked_by = memory.text(revokedBy)
    unsafe raw.revocation_reason = memory.text(revocationReason)
  }
}

/// `tokend.v1.CreateTokenRequest`.
package struct CreateTokenRequest: @unsafe CMessage, Equatable {
  package var org: String = ""
  package var tenant: String = ""
  package var name: String = ""
  package var description: String = ""
  package var scopes: [String] = []
  package var permissionSet: String = ""
  package var expiresAt: Int64 = 0

  package init() {}

  static func empty() -> Tokend__V1__CreateTokenRequest {
    var raw = unsafe Tokend__V1__CreateTokenRequest()
    unsafe tokend__v1__create_token_request__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__CreateTokenRequest) {
    org = unsafe text(raw.org_id)
    tenant = unsafe text(raw.tenant_id)
    name = unsafe text(raw.name)
    description = unsafe text(raw.description)
    scopes = unsafe texts(raw.scopes, raw.n_scopes)
    permissionSet = unsafe text(raw.permission_set)
    expiresAt = unsafe raw.expires_at
  }

  func fill(_ raw: inout Tokend__V1__CreateTokenRequest, _ memory: Memory) {
    unsafe raw.org_id = memory.text(org)
    unsafe raw.tenant_id = memory.text(tenant)
    unsafe raw.name = memory.text(name)
    unsafe raw.description = memory.text(description)
    unsafe raw.n_scopes = scopes.count
    unsafe raw.scopes = memory.texts(scopes)
    unsafe raw.permission_set = memory.text(permissionSet)
    unsafe raw.expires_at = expiresAt
  }
}

/// `tokend.v1.CreateTokenResponse`.
package struct CreateTokenResponse: @unsafe CMessage, Equatable {
  package var token: TokenMessage = TokenMessage()
  package var secret: String = ""
  package var revision: UInt64 = 0

  package init() {}

  static func empty() -> Tokend__V1__CreateTokenResponse {
    var raw = unsafe Tokend__V1__CreateTokenResponse()
    unsafe tokend__v1__create_token_response__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__CreateTokenResponse) {
    if let inner = unsafe raw.token { token = unsafe TokenMessage(inner.pointee) }
    secret = unsafe text(raw.secret)
    revision = unsafe raw.revision
  }

  func fill(_ raw: inout Tokend__V1__CreateTokenResponse, _ memory: Memory) {
    unsafe raw.token = memory.message(token)
    unsafe raw.secret = memory.text(secret)
    unsafe raw.revision = revision
  }
}

/// `tokend.v1.ListTokensRequest`.
package struct ListTokensRequest: @unsafe CMessage, Equatable {
  package var org: String = ""
  package var tenant: String = ""
  package var pageSize: UInt32 = 0
  package var pageToken: String = ""
  package var scope: String = ""

  package init() {}

  static func empty() -> Tokend__V1__ListTokensRequest {
    var raw = unsafe Tokend__V1__ListTokensRequest()
    unsafe tokend__v1__list_tokens_request__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__ListTokensRequest) {
    org = unsafe text(raw.org_id)
    tenant = unsafe text(raw.tenant_id)
    pageSize = unsafe raw.page_size
    pageToken = unsafe text(raw.page_token)
    scope = unsafe text(raw.scope)
  }

  func fill(_ raw: inout Tokend__V1__ListTokensRequest, _ memory: Memory) {
    unsafe raw.org_id = memory.text(org)
    unsafe raw.tenant_id = memory.text(tenant)
    unsafe raw.page_size = pageSize
    unsafe raw.page_token = memory.text(pageToken)
    unsafe raw.scope = memory.text(scope)
  }
}

/// `tokend.v1.ListTokensResponse`.
package struct ListTokensResponse: @unsafe CMessage, Equatable {
  package var tokens: [TokenMessage] = []
  package var nextPage: String = ""

  package init() {}

  static func empty() -> Tokend__V1__ListTokensResponse {
    var raw = unsafe Tokend__V1__ListTokensResponse()
    unsafe tokend__v1__list_tokens_response__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__ListTokensResponse) {
    tokens = unsafe messages(raw.tokens, raw.n_tokens)
    nextPage = unsafe text(raw.next_page)
  }

  func fill(_ raw: inout Tokend__V1__ListTokensResponse, _ memory: Memory) {
    unsafe raw.n_tokens = tokens.count
    unsafe raw.tokens = memory.messages(tokens)
    unsafe raw.next_page = memory.text(nextPage)
  }
}

/// `tokend.v1.GetTokenRequest`.
package struct GetTokenRequest: @unsafe CMessage, Equatable {
  package var org: String = ""
  package var tenant: String = ""
  package var id: String = ""

  package init() {}

  static func empty() -> Tokend__V1__GetTokenRequest {
    var raw = unsafe Tokend__V1__GetTokenRequest()
    unsafe tokend__v1__get_token_request__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__GetTokenRequest) {
    org = unsafe text(raw.org_id)
    tenant = unsafe text(raw.tenant_id)
    id = unsafe text(raw.id)
  }

  func fill(_ raw: inout Tokend__V1__GetTokenRequest, _ memory: Memory) {
    unsafe raw.org_id = memory.text(org)
    unsafe raw.tenant_id = memory.text(tenant)
    unsafe raw.id = memory.text(id)
  }
}

/// `tokend.v1.GetTokenResponse`.
package struct GetTokenResponse: @unsafe CMessage, Equatable {
  package var token: TokenMessage = TokenMessage()

  package init() {}

  static func empty() -> Tokend__V1__GetTokenResponse {
    var raw = unsafe Tokend__V1__GetTokenResponse()
    unsafe tokend__v1__get_token_response__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__GetTokenResponse) {
    if let inner = unsafe raw.token { token = unsafe TokenMessage(inner.pointee) }
  }

  func fill(_ raw: inout Tokend__V1__GetTokenResponse, _ memory: Memory) {
    unsafe raw.token = memory.message(token)
  }
}

/// `tokend.v1.RevokeTokenRequest`.
package struct RevokeTokenRequest: @unsafe CMessage, Equatable {
  package var org: String = ""
  package var tenant: String = ""
  package var id: String = ""
  package var reason: String = ""

  package init() {}

  static func empty() -> Tokend__V1__RevokeTokenRequest {
    var raw = unsafe Tokend__V1__RevokeTokenRequest()
    unsafe tokend__v1__revoke_token_request__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__RevokeTokenRequest) {
    org = unsafe text(raw.org_id)
    tenant = unsafe text(raw.tenant_id)
    id = unsafe text(raw.id)
    reason = unsafe text(raw.reason)
  }

  func fill(_ raw: inout Tokend__V1__RevokeTokenRequest, _ memory: Memory) {
    unsafe raw.org_id = memory.text(org)
    unsafe raw.tenant_id = memory.text(tenant)
    unsafe raw.id = memory.text(id)
    unsafe raw.reason = memory.text(reason)
  }
}

/// `tokend.v1.RevokeTokenResponse`.
package struct RevokeTokenResponse: @unsafe CMessage, Equatable {
  package var token: TokenMessage = TokenMessage()
  package var revision: UInt64 = 0

  package init() {}

  static func empty() -> Tokend__V1__RevokeTokenResponse {
    var raw = unsafe Tokend__V1__RevokeTokenResponse()
    unsafe tokend__v1__revoke_token_response__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__RevokeTokenResponse) {
    if let inner = unsafe raw.token { token = unsafe TokenMessage(inner.pointee) }
    revision = unsafe raw.revision
  }

  func fill(_ raw: inout Tokend__V1__RevokeTokenResponse, _ memory: Memory) {
    unsafe raw.token = memory.message(token)
    unsafe raw.revision = revision
  }
}
