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
  package var everything = false

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__permission_set__init,
    [
      .text(\.name, \.name), .text(\.title, \.title), .texts(\.scopes, \.scopes, \.n_scopes),
      .flag(\.everything, \.everything),
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

/// `tokend.v1.RegisterScopesRequest`.
package struct RegisterScopesRequest: CMessage, Equatable {
  package var scopes: [String] = []
  package var restore = false

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__register_scopes_request__init,
    [
      .texts(\.scopes, \.scopes, \.n_scopes), .flag(\.restore, \.restore),
    ])
}

/// `tokend.v1.RegisterScopesResponse`.
package struct RegisterScopesResponse: CMessage, Equatable {
  package var added: [String] = []
  package var revision: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__register_scopes_response__init,
    [
      .texts(\.added, \.added, \.n_added), .number(\.revision, \.revision),
    ])
}

/// `tokend.v1.RetireScopeRequest`.
package struct RetireScopeRequest: CMessage, Equatable {
  package var scope = ""
  package var dryRun = false

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__retire_scope_request__init,
    [
      .text(\.scope, \.scope), .flag(\.dryRun, \.dry_run),
    ])
}

/// `tokend.v1.RetireScopeResponse`.
package struct RetireScopeResponse: CMessage, Equatable {
  package var liveTokens: UInt32 = 0
  package var revision: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__retire_scope_response__init,
    [
      .number(\.liveTokens, \.live_tokens), .number(\.revision, \.revision),
    ])
}

/// `tokend.v1.DefinePermissionSetRequest`.
package struct DefinePermissionSetRequest: CMessage, Equatable {
  package var name = ""
  package var title = ""
  package var scopes: [String] = []
  package var everything = false

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__define_permission_set_request__init,
    [
      .text(\.name, \.name), .text(\.title, \.title), .texts(\.scopes, \.scopes, \.n_scopes),
      .flag(\.everything, \.everything),
    ])
}

/// `tokend.v1.DefinePermissionSetResponse`.
package struct DefinePermissionSetResponse: CMessage, Equatable {
  package var permissionSet = PermissionSetMessage()
  package var revision: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__define_permission_set_response__init,
    [
      .message(\.permissionSet, \.permission_set), .number(\.revision, \.revision),
    ])
}

/// `tokend.v1.RemovePermissionSetRequest`.
package struct RemovePermissionSetRequest: CMessage, Equatable {
  package var name = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__remove_permission_set_request__init,
    [
      .text(\.name, \.name)
    ])
}

/// `tokend.v1.RemovePermissionSetResponse`.
package struct RemovePermissionSetResponse: CMessage, Equatable {
  package var revision: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__remove_permission_set_response__init,
    [
      .number(\.revision, \.revision)
    ])
}
