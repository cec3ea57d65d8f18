// The messages of `tokend.v1.Tokens` about one token and pages of them, field by field as in proto/tokend/v1/tokens.proto.

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
  package var revocationCode = ""
  package var predecessor = ""
  package var successor = ""
  package var lastUsedAt: Int64 = 0
  package var exercisedScopes: [String] = []

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__token__init,
    [
      .text(\.id, \.id), .text(\.name, \.name), .text(\.description, \.description), .text(\.org, \.org_id),
      .text(\.tenant, \.tenant_id), .texts(\.scopes, \.scopes, \.n_scopes), .text(\.permissionSet, \.permission_set),
      .choice(\.state, \.state), .text(\.creator, \.creator), .number(\.createdAt, \.created_at),
      .number(\.expiresAt, \.expires_at), .number(\.revokedAt, \.revoked_at), .text(\.revokedBy, \.revoked_by),
      .text(\.revocationReason, \.revocation_reason), .text(\.revocationCode, \.revocation_code),
      .text(\.predecessor, \.predecessor), .text(\.successor, \.successor), .number(\.lastUsedAt, \.last_used_at),
      .texts(\.exercisedScopes, \.exercised_scopes, \.n_exercised_scopes),
    ])
}

/// `tokend.v1.TokenFilter`.
package struct TokenFilterMessage: CMessage, Equatable {
  package var states: [String] = []
  package var namePrefix = ""
  package var nameContains = ""
  package var creator = ""
  package var scope = ""
  package var permissionSet = ""
  package var expiringBefore: Int64 = 0
  package var unusedSince: Int64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__token_filter__init,
    [
      .texts(\.states, \.states, \.n_states), .text(\.namePrefix, \.name_prefix),
      .text(\.nameContains, \.name_contains), .text(\.creator, \.creator), .text(\.scope, \.scope),
      .text(\.permissionSet, \.permission_set), .number(\.expiringBefore, \.expiring_before),
      .number(\.unusedSince, \.unused_since),
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
  package var neverExpires = false
  package var requestId = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__create_token_request__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .text(\.name, \.name), .text(\.description, \.description),
      .texts(\.scopes, \.scopes, \.n_scopes), .text(\.permissionSet, \.permission_set),
      .number(\.expiresAt, \.expires_at), .flag(\.neverExpires, \.never_expires), .text(\.requestId, \.request_id),
    ])
}

/// `tokend.v1.CreateTokenResponse`.
package struct CreateTokenResponse: CMessage, Equatable {
  package var token = TokenMessage()
  package var secret = ""
  package var revision: UInt64 = 0
  package var replayed = false

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__create_token_response__init,
    [
      .message(\.token, \.token), .text(\.secret, \.secret), .number(\.revision, \.revision),
      .flag(\.replayed, \.replayed),
    ])
}

/// `tokend.v1.ListTokensRequest`.
package struct ListTokensRequest: CMessage, Equatable {
  package var org = ""
  package var tenant = ""
  package var pageSize: UInt32 = 0
  package var pageToken = ""
  package var filter = TokenFilterMessage()
  package var sort = ""
  package var descending = false

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__list_tokens_request__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .number(\.pageSize, \.page_size),
      .text(\.pageToken, \.page_token), .message(\.filter, \.filter), .text(\.sort, \.sort),
      .flag(\.descending, \.descending),
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
  package var token = TokenMessage()
  package var setGrew: [String] = []
  package var setLost: [String] = []
  package var retiredScopes: [String] = []

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__get_token_response__init,
    [
      .message(\.token, \.token), .texts(\.setGrew, \.set_grew, \.n_set_grew),
      .texts(\.setLost, \.set_lost, \.n_set_lost), .texts(\.retiredScopes, \.retired_scopes, \.n_retired_scopes),
    ])
}

/// `tokend.v1.RevokeTokenRequest`.
package struct RevokeTokenRequest: CMessage, Equatable {
  package var org = ""
  package var tenant = ""
  package var id = ""
  package var reason = ""
  package var reasonCode = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__revoke_token_request__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .text(\.id, \.id), .text(\.reason, \.reason),
      .text(\.reasonCode, \.reason_code),
    ])
}

/// `tokend.v1.ChangeTokenRequest`.
package struct ChangeTokenRequest: CMessage, Equatable {
  package var org = ""
  package var tenant = ""
  package var id = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__change_token_request__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .text(\.id, \.id),
    ])
}

/// `tokend.v1.ChangeTokenResponse`.
package struct ChangeTokenResponse: CMessage, Equatable {
  package var token = TokenMessage()
  package var revision: UInt64 = 0
  package var changed = false

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__change_token_response__init,
    [
      .message(\.token, \.token), .number(\.revision, \.revision), .flag(\.changed, \.changed),
    ])
}

/// `tokend.v1.RotateTokenRequest`.
package struct RotateTokenRequest: CMessage, Equatable {
  package var org = ""
  package var tenant = ""
  package var id = ""
  package var graceSeconds: Int64 = 0
  package var expiresAt: Int64 = 0
  package var neverExpires = false

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__rotate_token_request__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .text(\.id, \.id), .number(\.graceSeconds, \.grace_seconds),
      .number(\.expiresAt, \.expires_at), .flag(\.neverExpires, \.never_expires),
    ])
}

/// `tokend.v1.RotateTokenResponse`.
package struct RotateTokenResponse: CMessage, Equatable {
  package var token = TokenMessage()
  package var secret = ""
  package var revision: UInt64 = 0
  package var old = TokenMessage()

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__rotate_token_response__init,
    [
      .message(\.token, \.token), .text(\.secret, \.secret), .number(\.revision, \.revision), .message(\.old, \.old),
    ])
}
