// The messages of `tokend.v1.Tokens` about many tokens at once, and about who has one, field by field as in
// proto/tokend/v1/tokens.proto.

internal import CTokendProto

/// `tokend.v1.RevokeTokensRequest`.
package struct RevokeTokensRequest: CMessage, Equatable {
  package var org = ""
  package var tenant = ""
  package var ids: [String] = []
  package var filter = TokenFilterMessage()
  package var reason = ""
  package var reasonCode = ""
  package var dryRun = false
  package var expectedCount: UInt32 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__revoke_tokens_request__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .texts(\.ids, \.ids, \.n_ids), .message(\.filter, \.filter),
      .text(\.reason, \.reason), .text(\.reasonCode, \.reason_code), .flag(\.dryRun, \.dry_run),
      .number(\.expectedCount, \.expected_count),
    ])
}

/// `tokend.v1.RevokeTokensResponse`.
package struct RevokeTokensResponse: CMessage, Equatable {
  package var count: UInt32 = 0
  package var tokens: [TokenMessage] = []
  package var lastUsedAt: Int64 = 0
  package var usedLately: UInt32 = 0
  package var revokedBefore: UInt32 = 0
  package var unknown: [String] = []
  package var revision: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__revoke_tokens_response__init,
    [
      .number(\.count, \.count), .messages(\.tokens, \.tokens, \.n_tokens), .number(\.lastUsedAt, \.last_used_at),
      .number(\.usedLately, \.used_lately), .number(\.revokedBefore, \.revoked_before),
      .texts(\.unknown, \.unknown, \.n_unknown), .number(\.revision, \.revision),
    ])
}

/// `tokend.v1.CheckLeaksRequest`.
package struct CheckLeaksRequest: CMessage, Equatable {
  package var secrets: [[UInt8]] = []
  package var digests: [String] = []
  package var revoke = false

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__check_leaks_request__init,
    [
      .manyBytes(\.secrets, \.secrets, \.n_secrets), .texts(\.digests, \.digests, \.n_digests),
      .flag(\.revoke, \.revoke),
    ])
}

/// `tokend.v1.LeakResult`.
package struct LeakResultMessage: CMessage, Equatable {
  package var state = ""
  package var revoked = false
  package var token = TokenMessage()

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__leak_result__init,
    [
      .text(\.state, \.state), .flag(\.revoked, \.revoked), .message(\.token, \.token),
    ])
}

/// `tokend.v1.CheckLeaksResponse`.
package struct CheckLeaksResponse: CMessage, Equatable {
  package var results: [LeakResultMessage] = []
  package var revision: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__check_leaks_response__init,
    [
      .messages(\.results, \.results, \.n_results), .number(\.revision, \.revision),
    ])
}

/// `tokend.v1.SurrenderTokenRequest`.
package struct SurrenderTokenRequest: CMessage, Equatable {
  package var token: [UInt8] = []
  package var reason = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__surrender_token_request__init,
    [
      .bytes(\.token, \.token), .text(\.reason, \.reason),
    ])
}

/// `tokend.v1.ImportItem`.
package struct ImportItemMessage: CMessage, Equatable {
  package var name = ""
  package var description = ""
  package var scopes: [String] = []
  package var permissionSet = ""
  package var expiresAt: Int64 = 0
  package var neverExpires = false
  package var secret: [UInt8] = []
  package var digestHex = ""
  package var digestBase64 = ""
  package var id = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__import_item__init,
    [
      .text(\.name, \.name), .text(\.description, \.description), .texts(\.scopes, \.scopes, \.n_scopes),
      .text(\.permissionSet, \.permission_set), .number(\.expiresAt, \.expires_at),
      .flag(\.neverExpires, \.never_expires), .bytes(\.secret, \.secret), .text(\.digestHex, \.digest_hex),
      .text(\.digestBase64, \.digest_base64), .text(\.id, \.id),
    ])
}

/// `tokend.v1.ImportTokensRequest`.
package struct ImportTokensRequest: CMessage, Equatable {
  package var org = ""
  package var tenant = ""
  package var items: [ImportItemMessage] = []
  package var dryRun = false

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__import_tokens_request__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .messages(\.items, \.items, \.n_items),
      .flag(\.dryRun, \.dry_run),
    ])
}

/// `tokend.v1.ImportResult`.
package struct ImportResultMessage: CMessage, Equatable {
  package var id = ""
  package var code = ""
  package var field = ""
  package var message = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__import_result__init,
    [
      .text(\.id, \.id), .text(\.code, \.code), .text(\.field, \.field), .text(\.message, \.message),
    ])
}

/// `tokend.v1.ImportTokensResponse`.
package struct ImportTokensResponse: CMessage, Equatable {
  package var results: [ImportResultMessage] = []
  package var revision: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__import_tokens_response__init,
    [
      .messages(\.results, \.results, \.n_results), .number(\.revision, \.revision),
    ])
}

/// `tokend.v1.ExplainTokenRequest`.
package struct ExplainTokenRequest: CMessage, Equatable {
  package var token: [UInt8] = []
  package var id = ""
  package var org = ""
  package var tenant = ""
  package var requiredScopes: [String] = []

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__explain_token_request__init,
    [
      .bytes(\.token, \.token), .text(\.id, \.id), .text(\.org, \.org_id), .text(\.tenant, \.tenant_id),
      .texts(\.requiredScopes, \.required_scopes, \.n_required_scopes),
    ])
}

/// `tokend.v1.Check`.
package struct CheckMessage: CMessage, Equatable {
  package var reason = ""
  package var outcome = ""
  package var detail = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__check__init,
    [
      .text(\.reason, \.reason), .text(\.outcome, \.outcome), .text(\.detail, \.detail),
    ])
}

/// `tokend.v1.ExplainTokenResponse`.
package struct ExplainTokenResponse: CMessage, Equatable {
  package var reason = ""
  package var httpStatus: UInt32 = 0
  package var checks: [CheckMessage] = []
  package var token = TokenMessage()
  package var revision: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__explain_token_response__init,
    [
      .text(\.reason, \.reason), .number(\.httpStatus, \.http_status), .messages(\.checks, \.checks, \.n_checks),
      .message(\.token, \.token), .number(\.revision, \.revision),
    ])
}
