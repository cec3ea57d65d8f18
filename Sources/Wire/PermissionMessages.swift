// The messages of `tokend.v1.Permissions`, field by field as in proto/tokend/v1/permissions.proto.

internal import CTokendProto

/// `tokend.v1.Resource`.
package struct ResourceMessage: CMessage, Equatable {
  package var name = ""
  package var scopes: [String] = []

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__resource__init,
    [
      .text(\.name, \.name), .texts(\.scopes, \.scopes, \.n_scopes),
    ])
}

/// `tokend.v1.PermissionSet`.
package struct PermissionSetMessage: CMessage, Equatable {
  package var name = ""
  package var title = ""
  package var scopes: [String] = []

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__permission_set__init,
    [
      .text(\.name, \.name), .text(\.title, \.title), .texts(\.scopes, \.scopes, \.n_scopes),
    ])
}

/// `tokend.v1.ListPermissionsRequest`.
package struct ListPermissionsRequest: CMessage, Equatable {
  package var org = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__list_permissions_request__init,
    [
      .text(\.org, \.org_id)
    ])
}

/// `tokend.v1.ListPermissionsResponse`.
package struct ListPermissionsResponse: CMessage, Equatable {
  package var resources: [ResourceMessage] = []

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__list_permissions_response__init,
    [
      .messages(\.resources, \.resources, \.n_resources)
    ])
}

/// `tokend.v1.ListPermissionSetsRequest`.
package struct ListPermissionSetsRequest: CMessage, Equatable {
  package var org = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__list_permission_sets_request__init,
    [
      .text(\.org, \.org_id)
    ])
}

/// `tokend.v1.ListPermissionSetsResponse`.
package struct ListPermissionSetsResponse: CMessage, Equatable {
  package var permissionSets: [PermissionSetMessage] = []

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__list_permission_sets_response__init,
    [
      .messages(\.permissionSets, \.permission_sets, \.n_permission_sets)
    ])
}
