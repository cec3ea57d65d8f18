// The messages of `tokend.v1.Tenants`, field by field as in proto/tokend/v1/tenants.proto.

internal import CTokendProto

/// `tokend.v1.Tenant`.
package struct TenantMessage: @unsafe CMessage, Equatable {
  package var org: String = ""
  package var tenant: String = ""
  package var createdAt: Int64 = 0

  package init() {}

  static func empty() -> Tokend__V1__Tenant {
    var raw = unsafe Tokend__V1__Tenant()
    unsafe tokend__v1__tenant__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__Tenant) {
    org = unsafe text(raw.org_id)
    tenant = unsafe text(raw.tenant_id)
    createdAt = unsafe raw.created_at
  }

  func fill(_ raw: inout Tokend__V1__Tenant, _ memory: Memory) {
    unsafe raw.org_id = memory.text(org)
    unsafe raw.tenant_id = memory.text(tenant)
    unsafe raw.created_at = createdAt
  }
}

/// `tokend.v1.AddTenantRequest`.
package struct AddTenantRequest: @unsafe CMessage, Equatable {
  package var org: String = ""
  package var tenant: String = ""

  package init() {}

  static func empty() -> Tokend__V1__AddTenantRequest {
    var raw = unsafe Tokend__V1__AddTenantRequest()
    unsafe tokend__v1__add_tenant_request__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__AddTenantRequest) {
    org = unsafe text(raw.org_id)
    tenant = unsafe text(raw.tenant_id)
  }

  func fill(_ raw: inout Tokend__V1__AddTenantRequest, _ memory: Memory) {
    unsafe raw.org_id = memory.text(org)
    unsafe raw.tenant_id = memory.text(tenant)
  }
}

/// `tokend.v1.AddTenantResponse`.
package struct AddTenantResponse: @unsafe CMessage, Equatable {
  package var tenant: TenantMessage = TenantMessage()
  package var revision: UInt64 = 0

  package init() {}

  static func empty() -> Tokend__V1__AddTenantResponse {
    var raw = unsafe Tokend__V1__AddTenantResponse()
    unsafe tokend__v1__add_tenant_response__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__AddTenantResponse) {
    if let inner = unsafe raw.tenant { tenant = unsafe TenantMessage(inner.pointee) }
    revision = unsafe raw.revision
  }

  func fill(_ raw: inout Tokend__V1__AddTenantResponse, _ memory: Memory) {
    unsafe raw.tenant = memory.message(tenant)
    unsafe raw.revision = revision
  }
}

/// `tokend.v1.ListTenantsRequest`.
package struct ListTenantsRequest: @unsafe CMessage, Equatable {
  package var org: String = ""
  package var pageSize: UInt32 = 0
  package var pageToken: String = ""

  package init() {}

  static func empty() -> Tokend__V1__ListTenantsRequest {
    var raw = unsafe Tokend__V1__ListTenantsRequest()
    unsafe tokend__v1__list_tenants_request__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__ListTenantsRequest) {
    org = unsafe text(raw.org_id)
    pageSize = unsafe raw.page_size
    pageToken = unsafe text(raw.page_token)
  }

  func fill(_ raw: inout Tokend__V1__ListTenantsRequest, _ memory: Memory) {
    unsafe raw.org_id = memory.text(org)
    unsafe raw.page_size = pageSize
    unsafe raw.page_token = memory.text(pageToken)
  }
}

/// `tokend.v1.ListTenantsResponse`.
package struct ListTenantsResponse: @unsafe CMessage, Equatable {
  package var tenants: [TenantMessage] = []
  package var nextPage: String = ""

  package init() {}

  static func empty() -> Tokend__V1__ListTenantsResponse {
    var raw = unsafe Tokend__V1__ListTenantsResponse()
    unsafe tokend__v1__list_tenants_response__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__ListTenantsResponse) {
    tenants = unsafe messages(raw.tenants, raw.n_tenants)
    nextPage = unsafe text(raw.next_page)
  }

  func fill(_ raw: inout Tokend__V1__ListTenantsResponse, _ memory: Memory) {
    unsafe raw.n_tenants = tenants.count
    unsafe raw.tenants = memory.messages(tenants)
    unsafe raw.next_page = memory.text(nextPage)
  }
}
