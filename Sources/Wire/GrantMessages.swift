// The messages of `tokend.v1.Grants`, field by field as in proto/tokend/v1/grants.proto.

internal import CTokendProto

/// `tokend.v1.Grant`.
package struct GrantMessage: CMessage, Equatable {
  package var number: Int64 = 0
  package var principal = ""
  package var org = ""
  package var tenant = ""
  package var role = ""
  package var cap: [String] = []
  package var creator = ""
  package var createdAt: Int64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__grant__init,
    [
      .number(\.number, \.number), .text(\.principal, \.principal), .text(\.org, \.org_id),
      .text(\.tenant, \.tenant_id), .text(\.role, \.role), .texts(\.cap, \.cap, \.n_cap), .text(\.creator, \.creator),
      .number(\.createdAt, \.created_at),
    ])
}

/// `tokend.v1.AddGrantRequest`.
package struct AddGrantRequest: CMessage, Equatable {
  package var principal = ""
  package var org = ""
  package var tenant = ""
  package var role = ""
  package var cap: [String] = []

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__add_grant_request__init,
    [
      .text(\.principal, \.principal), .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .text(\.role, \.role),
      .texts(\.cap, \.cap, \.n_cap),
    ])
}

/// `tokend.v1.AddGrantResponse`.
package struct AddGrantResponse: CMessage, Equatable {
  package var grant = GrantMessage()
  package var revision: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__add_grant_response__init,
    [
      .message(\.grant, \.grant), .number(\.revision, \.revision),
    ])
}

/// `tokend.v1.RemoveGrantRequest`.
package struct RemoveGrantRequest: CMessage, Equatable {
  package var number: Int64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__remove_grant_request__init,
    [
      .number(\.number, \.number)
    ])
}

/// `tokend.v1.RemoveGrantResponse`.
package struct RemoveGrantResponse: CMessage, Equatable {
  package var grant = GrantMessage()
  package var revision: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__remove_grant_response__init,
    [
      .message(\.grant, \.grant), .number(\.revision, \.revision),
    ])
}

/// `tokend.v1.ListGrantsRequest`.
package struct ListGrantsRequest: CMessage, Equatable {
  package var org = ""
  package var tenant = ""
  package var principal = ""
  package var pageSize: UInt32 = 0
  package var pageToken = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__list_grants_request__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .text(\.principal, \.principal),
      .number(\.pageSize, \.page_size), .text(\.pageToken, \.page_token),
    ])
}

/// `tokend.v1.ListGrantsResponse`.
package struct ListGrantsResponse: CMessage, Equatable {
  package var grants: [GrantMessage] = []
  package var nextPage = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__list_grants_response__init,
    [
      .messages(\.grants, \.grants, \.n_grants), .text(\.nextPage, \.next_page),
    ])
}

/// `tokend.v1.ExplainGrantRequest`.
package struct ExplainGrantRequest: CMessage, Equatable {
  package var org = ""
  package var tenant = ""
  package var role = ""
  package var scopes: [String] = []
  package var principal = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__explain_grant_request__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .text(\.role, \.role),
      .texts(\.scopes, \.scopes, \.n_scopes), .text(\.principal, \.principal),
    ])
}

/// `tokend.v1.ExplainGrantResponse`.
package struct ExplainGrantResponse: CMessage, Equatable {
  package var grants: [GrantMessage] = []
  package var operators: [String] = []

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__explain_grant_response__init,
    [
      .messages(\.grants, \.grants, \.n_grants), .texts(\.operators, \.operators, \.n_operators),
    ])
}
