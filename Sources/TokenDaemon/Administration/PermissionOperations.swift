// The verbs of the catalog.

internal import Store
internal import Tokens
internal import Wire

struct ListPermissions: Operation {
  static let method = Methods.listPermissions

  private let org: String

  init(_ request: ListPermissionsRequest, _ arrival: Arrival) throws(Refusal) { org = request.org }

  var demand: Demand { .anyRole }

  func run(_ work: Work) throws(SQLiteError) -> Result<ListPermissionsResponse, Refusal> {
    if let refusal = try work.store.refusal(ofUnknown: org) { return .failure(refusal) }
    var reply = ListPermissionsResponse()
    reply.resources = work.store.catalog.byResource.map { group in
      var resource = ResourceMessage()
      resource.name = group.resource
      resource.scopes = group.scopes.map(\.description)
      return resource
    }
    return .success(reply)
  }
}

struct ListPermissionSets: Operation {
  static let method = Methods.listPermissionSets

  private let org: String

  init(_ request: ListPermissionSetsRequest, _ arrival: Arrival) throws(Refusal) { org = request.org }

  var demand: Demand { .anyRole }

  func run(_ work: Work) throws(SQLiteError) -> Result<ListPermissionSetsResponse, Refusal> {
    if let refusal = try work.store.refusal(ofUnknown: org) { return .failure(refusal) }
    let catalog = work.store.catalog
    var reply = ListPermissionSetsResponse()
    reply.permissionSets = catalog.permissionSets.map { set in
      var message = PermissionSetMessage()
      message.name = set.name
      message.title = set.title
      message.scopes = catalog.expand(set).map(\.description)
      return message
    }
    return .success(reply)
  }
}

extension TokenStore {
  /// The refusal if `org` is given and has no tenants.
  fileprivate func refusal(ofUnknown org: String) throws(SQLiteError) -> Refusal? {
    if org.isEmpty { return nil }
    if try knows(org: org) { return nil }
    return .unknownOrg(org)
  }
}
