// The messages of `tokend.v1.Tenants`, field by field as in proto/tokend/v1/tenants.proto.

internal import CTokendProto

/// `tokend.v1.Tenant`.
package struct TenantMessage: CMessage, Equatable {
  package var org = ""
  package var tenant = ""
  package var createdAt: Int64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__tenant__init,
    [
      .text(\.org, \.org_id), .text(\.tenant, \.tenant_id), .number(\.createdAt, \.created_at),
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
  package var tenant: TenantMessage = TenantMessage()
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
