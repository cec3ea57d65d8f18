// The messages of `tokend.v1.Tokens`, field by field as in proto/tokend/v1/tokens.proto.

internal import CTokendProto

/// `tokend.v1.Token`.
package struct TokenMessage: CMessage, Equatable {
  package var id = ""
  package var name = ""
  package var description = ""
  package var org = ""
  package var tenant = ""
  package var scopes: [String] = []
  package var permissionSet = ""
  package var state: UInt32 = 0
  package var creator = ""
  package var createdAt: Int64 = 0
  package var expiresAt: Int64 = 0
  package var revokedAt: Int64 = 0
  package var revokedBy = ""
  package var revocationReason = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__token__init,
    [
      .text(\.id, \.id), .text(\.name, \.name), .text(\.description, \.description), .text(\.org, \.org_id),
      .text(\.tenant, \.tenant_id), .texts(\.scopes, \.scopes, \.n_scopes), .text(\.permissionSet, \.permission_set),
      .choice(\.state, \.state), .text(\.creator, \.creator), .number(\.createdAt, \.created_at),
      .number(\.expiresAt, \.expires_at), .number(\.revokedAt, \.revoked_at), .text(\.revokedBy, \.revoked_by),
      .text(\.revocationReason, \.revocation_reason),
    ])
}

/// `tokend.v1.CreateTokenRequest`.
package struct CreateTokenRequest: CMessage, Equatable {
  package var org = ""
  package var tenant = ""
  package var name = ""
  package var description = ""
  package var scopes: [String] = []
  package var permissionSet = ""
  package var expiresAt: Int64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__create_token_request__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .text(\.name, \.name), .text(\.description, \.description),
      .texts(\.scopes, \.scopes, \.n_scopes), .text(\.permissionSet, \.permission_set),
      .number(\.expiresAt, \.expires_at),
    ])
}

/// `tokend.v1.CreateTokenResponse`.
package struct CreateTokenResponse: CMessage, Equatable {
  package var token: TokenMessage = TokenMessage()
  package var secret = ""
  package var revision: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__create_token_response__init,
    [
      .message(\.token, \.token), .text(\.secret, \.secret), .number(\.revision, \.revision),
    ])
}

/// `tokend.v1.ListTokensRequest`.
package struct ListTokensRequest: CMessage, Equatable {
  package var org = ""
  package var tenant = ""
  package var pageSize: UInt32 = 0
  package var pageToken = ""
  package var scope = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__list_tokens_request__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .number(\.pageSize, \.page_size),
      .text(\.pageToken, \.page_token), .text(\.scope, \.scope),
    ])
}

/// `tokend.v1.ListTokensResponse`.
package struct ListTokensResponse: CMessage, Equatable {
  package var tokens: [TokenMessage] = []
  package var nextPage = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__list_tokens_response__init,
    [
      .messages(\.tokens, \.tokens, \.n_tokens), .text(\.nextPage, \.next_page),
    ])
}

/// `tokend.v1.GetTokenRequest`.
package struct GetTokenRequest: CMessage, Equatable {
  package var org = ""
  package var tenant = ""
  package var id = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__get_token_request__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .text(\.id, \.id),
    ])
}

/// `tokend.v1.GetTokenResponse`.
package struct GetTokenResponse: CMessage, Equatable {
  package var token: TokenMessage = TokenMessage()

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__get_token_response__init,
    [
      .message(\.token, \.token)
    ])
}

/// `tokend.v1.RevokeTokenRequest`.
package struct RevokeTokenRequest: CMessage, Equatable {
  package var org = ""
  package var tenant = ""
  package var id = ""
  package var reason = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__revoke_token_request__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .text(\.id, \.id), .text(\.reason, \.reason),
    ])
}

/// `tokend.v1.RevokeTokenResponse`.
package struct RevokeTokenResponse: CMessage, Equatable {
  package var token: TokenMessage = TokenMessage()
  package var revision: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__revoke_token_response__init,
    [
      .message(\.token, \.token), .number(\.revision, \.revision),
    ])
}
