// The messages of `tokend.v1.Permissions`, field by field as in proto/tokend/v1/permissions.proto.

internal import CTokendProto

/// `tokend.v1.Resource`.
package struct ResourceMessage: @unsafe CMessage, Equatable {
  package var name: String = ""
  package var scopes: [String] = []

  package init() {}

  static func empty() -> Tokend__V1__Resource {
    var raw = unsafe Tokend__V1__Resource()
    unsafe tokend__v1__resource__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__Resource) {
    name = unsafe text(raw.name)
    scopes = unsafe texts(raw.scopes, raw.n_scopes)
  }

  func fill(_ raw: inout Tokend__V1__Resource, _ memory: Memory) {
    unsafe raw.name = memory.text(name)
    unsafe raw.n_scopes = scopes.count
    unsafe raw.scopes = memory.texts(scopes)
  }
}

/// `tokend.v1.PermissionSet`.
package struct PermissionSetMessage: @unsafe CMessage, Equatable {
  package var name: String = ""
  package var title: String = ""
  package var scopes: [String] = []

  package init() {}

  static func empty() -> Tokend__V1__PermissionSet {
    var raw = unsafe Tokend__V1__PermissionSet()
    unsafe tokend__v1__permission_set__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__PermissionSet) {
    name = unsafe text(raw.name)
    title = unsafe text(raw.title)
    scopes = unsafe texts(raw.scopes, raw.n_scopes)
  }

  func fill(_ raw: inout Tokend__V1__PermissionSet, _ memory: Memory) {
    unsafe raw.name = memory.text(name)
    unsafe raw.title = memory.text(title)
    unsafe raw.n_scopes = scopes.count
    unsafe raw.scopes = memory.texts(scopes)
  }
}

/// `tokend.v1.ListPermissionsRequest`.
package struct ListPermissionsRequest: @unsafe CMessage, Equatable {
  package var org: String = ""

  package init() {}

  static func empty() -> Tokend__V1__ListPermissionsRequest {
    var raw = unsafe Tokend__V1__ListPermissionsRequest()
    unsafe tokend__v1__list_permissions_request__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__ListPermissionsRequest) {
    org = unsafe text(raw.org_id)
  }

  func fill(_ raw: inout Tokend__V1__ListPermissionsRequest, _ memory: Memory) {
    unsafe raw.org_id = memory.text(org)
  }
}

/// `tokend.v1.ListPermissionsResponse`.
package struct ListPermissionsResponse: @unsafe CMessage, Equatable {
  package var resources: [ResourceMessage] = []

  package init() {}

  static func empty() -> Tokend__V1__ListPermissionsResponse {
    var raw = unsafe Tokend__V1__ListPermissionsResponse()
    unsafe tokend__v1__list_permissions_response__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__ListPermissionsResponse) {
    resources = unsafe messages(raw.resources, raw.n_resources)
  }

  func fill(_ raw: inout Tokend__V1__ListPermissionsResponse, _ memory: Memory) {
    unsafe raw.n_resources = resources.count
    unsafe raw.resources = memory.messages(resources)
  }
}

/// `tokend.v1.ListPermissionSetsRequest`.
package struct ListPermissionSetsRequest: @unsafe CMessage, Equatable {
  package var org: String = ""

  package init() {}

  static func empty() -> Tokend__V1__ListPermissionSetsRequest {
    var raw = unsafe Tokend__V1__ListPermissionSetsRequest()
    unsafe tokend__v1__list_permission_sets_request__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__ListPermissionSetsRequest) {
    org = unsafe text(raw.org_id)
  }

  func fill(_ raw: inout Tokend__V1__ListPermissionSetsRequest, _ memory: Memory) {
    unsafe raw.org_id = memory.text(org)
  }
}

/// `tokend.v1.ListPermissionSetsResponse`.
package struct ListPermissionSetsResponse: @unsafe CMessage, Equatable {
  package var permissionSets: [PermissionSetMessage] = []

  package init() {}

  static func empty() -> Tokend__V1__ListPermissionSetsResponse {
    var raw = unsafe Tokend__V1__ListPermissionSetsResponse()
    unsafe tokend__v1__list_permission_sets_response__init(&raw)
    return unsafe raw
  }

  init(_ raw: Tokend__V1__ListPermissionSetsResponse) {
    permissionSets = unsafe messages(raw.permission_sets, raw.n_permission_sets)
  }

  func fill(_ raw: inout Tokend__V1__ListPermissionSetsResponse, _ memory: Memory) {
    unsafe raw.n_permission_sets = permissionSets.count
    unsafe raw.permission_sets = memory.messages(permissionSets)
  }
}
