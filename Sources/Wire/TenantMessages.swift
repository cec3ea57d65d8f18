// The messages of `tokend.v1.Tenants`, field by field as in proto/tokend/v1/tenants.proto.

internal import CTokendProto

/// `tokend.v1.Tenant`.
package struct TenantMessage: CMessage, Equatable {
  package var org = ""
  package var tenant = ""
  package var createdAt: Int64 = 0
  package var maxLifetime: Int64 = 0
  package var defaultLifetime: Int64 = 0
  package var maxTokens: UInt32 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__tenant__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .number(\.createdAt, \.created_at),
      .number(\.maxLifetime, \.max_lifetime), .number(\.defaultLifetime, \.default_lifetime),
      .number(\.maxTokens, \.max_tokens),
    ])
}

/// `tokend.v1.AddTenantRequest`.
package struct AddTenantRequest: CMessage, Equatable {
  package var org = ""
  package var tenant = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__add_tenant_request__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id),
    ])
}

/// `tokend.v1.AddTenantResponse`.
package struct AddTenantResponse: CMessage, Equatable {
  package var tenant = TenantMessage()
  package var revision: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__add_tenant_response__init,
    [
      .message(\.tenant, \.tenant), .number(\.revision, \.revision),
    ])
}

/// `tokend.v1.ListTenantsRequest`.
package struct ListTenantsRequest: CMessage, Equatable {
  package var org = ""
  package var pageSize: UInt32 = 0
  package var pageToken = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__list_tenants_request__init,
    [
      .text(\.org, \.org_id), .number(\.pageSize, \.page_size), .text(\.pageToken, \.page_token),
    ])
}

/// `tokend.v1.ListTenantsResponse`.
package struct ListTenantsResponse: CMessage, Equatable {
  package var tenants: [TenantMessage] = []
  package var nextPage = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__list_tenants_response__init,
    [
      .messages(\.tenants, \.tenants, \.n_tenants), .text(\.nextPage, \.next_page),
    ])
}

/// `tokend.v1.GetTenantRequest`.
package struct GetTenantRequest: CMessage, Equatable {
  package var org = ""
  package var tenant = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__get_tenant_request__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id),
    ])
}

/// `tokend.v1.GetTenantResponse`.
package struct GetTenantResponse: CMessage, Equatable {
  package var tenant = TenantMessage()

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__get_tenant_response__init,
    [
      .message(\.tenant, \.tenant)
    ])
}

/// `tokend.v1.SetTenantPolicyRequest`.
package struct SetTenantPolicyRequest: CMessage, Equatable {
  package var org = ""
  package var tenant = ""
  package var maxLifetime: Int64 = 0
  package var defaultLifetime: Int64 = 0
  package var maxTokens: UInt32 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__set_tenant_policy_request__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .number(\.maxLifetime, \.max_lifetime),
      .number(\.defaultLifetime, \.default_lifetime), .number(\.maxTokens, \.max_tokens),
    ])
}

/// `tokend.v1.SetTenantPolicyResponse`.
package struct SetTenantPolicyResponse: CMessage, Equatable {
  package var tenant = TenantMessage()
  package var revision: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__set_tenant_policy_response__init,
    [
      .message(\.tenant, \.tenant), .number(\.revision, \.revision),
    ])
}

/// `tokend.v1.RemoveTenantRequest`.
package struct RemoveTenantRequest: CMessage, Equatable {
  package var org = ""
  package var tenant = ""
  package var dryRun = false

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__remove_tenant_request__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .flag(\.dryRun, \.dry_run),
    ])
}

/// `tokend.v1.RemoveTenantResponse`.
package struct RemoveTenantResponse: CMessage, Equatable {
  package var liveTokens: UInt32 = 0
  package var revision: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__remove_tenant_response__init,
    [
      .number(\.liveTokens, \.live_tokens), .number(\.revision, \.revision),
    ])
}
