// The verbs of the catalog.

internal import Store
internal import Tokens
internal import Wire

struct ListPermissions: Operation {
  static let method = Methods.listPermissions

  private let org: String

  init(_ request: ListPermissionsRequest, _ arrival: Arrival) throws(Refusal) {
    if !request.org.isEmpty { try TenantName.check(request.org, field: "org_id", noun: "organization") }
    org = request.org
  }

  var demand: Demand { .anyRole }

  func run(_ work: Work) throws(SQLiteError) -> Result<ListPermissionsResponse, Refusal> {
    if let refusal = try work.refusal(ofUnknown: org) { return .failure(refusal) }
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

  init(_ request: ListPermissionSetsRequest, _ arrival: Arrival) throws(Refusal) {
    if !request.org.isEmpty { try TenantName.check(request.org, field: "org_id", noun: "organization") }
    org = request.org
  }

  var demand: Demand { .anyRole }

  func run(_ work: Work) throws(SQLiteError) -> Result<ListPermissionSetsResponse, Refusal> {
    if let refusal = try work.refusal(ofUnknown: org) { return .failure(refusal) }
    let catalog = work.store.catalog
    var reply = ListPermissionSetsResponse()
    reply.permissionSets = catalog.permissionSets.map { PermissionSetMessage($0, in: catalog) }
    return .success(reply)
  }
}

struct RegisterScopes: Operation {
  static let method = Methods.registerScopes

  private let scopes: [Scope]
  private let restoring: Bool

  init(_ request: RegisterScopesRequest, _ arrival: Arrival) throws(Refusal) {
    guard !request.scopes.isEmpty, request.scopes.count <= Limits.registeredScopes else {
      throw Refusal(
        .invalid, "SCOPES_COUNT", "scopes",
        "scopes has \(request.scopes.count) entries: give 1 to \(Limits.registeredScopes)")
    }
    var scopes: [Scope] = []
    for (index, name) in request.scopes.enumerated() {
      guard let scope = Scope(name) else {
        throw Refusal(
          .invalid, "INVALID_SCOPE", "scopes[\(index)]",
          "scopes[\(index)] must be resource:action, such as pipeline:read: two words of lowercase letters, digits, '-', "
            + "'_' and '.', each beginning with a letter, at most \(Scope.mostBytes) bytes in all")
      }
      scopes.append(scope)
    }
    self.scopes = scopes
    restoring = request.restore
  }

  var demand: Demand { .role(.operator, .everything) }

  func run(_ work: Work) throws(SQLiteError) -> Result<RegisterScopesResponse, Refusal> {
    try work.store.register(scopes, restoring: restoring, actor: work.caller.name, at: work.now).map { registered in
      if !registered.added.isEmpty { work.changes.append(.catalog) }
      var reply = RegisterScopesResponse()
      reply.added = registered.added.map(\.description)
      reply.revision = registered.revision
      return reply
    }
  }
}

struct RetireScope: Operation {
  static let method = Methods.retireScope

  private let scope: Scope
  private let isDryRun: Bool

  init(_ request: RetireScopeRequest, _ arrival: Arrival) throws(Refusal) {
    guard let scope = Scope(request.scope) else { throw .unknownScopes([request.scope]) }
    self.scope = scope
    isDryRun = request.dryRun
  }

  var demand: Demand { .role(.operator, .everything) }

  func run(_ work: Work) throws(SQLiteError) -> Result<RetireScopeResponse, Refusal> {
    try work.store.retire(scope, isDryRun: isDryRun, actor: work.caller.name, at: work.now).map { retired in
      if !isDryRun { work.changes.append(.catalog) }
      var reply = RetireScopeResponse()
      reply.liveTokens = UInt32(clamping: retired.live)
      reply.revision = retired.revision
      return reply
    }
  }
}

struct DefinePermissionSet: Operation {
  static let method = Methods.definePermissionSet

  private let set: PermissionSet

  init(_ request: DefinePermissionSetRequest, _ arrival: Arrival) throws(Refusal) {
    set = try PermissionSet(
      name: request.name, title: request.title, scopes: request.scopes, everything: request.everything)
  }

  var demand: Demand { .role(.operator, .everything) }

  func run(_ work: Work) throws(SQLiteError) -> Result<DefinePermissionSetResponse, Refusal> {
    try work.store.define(set, actor: work.caller.name, at: work.now).map { revision in
      var reply = DefinePermissionSetResponse()
      reply.permissionSet = PermissionSetMessage(set, in: work.store.catalog)
      reply.revision = revision
      return reply
    }
  }
}

struct RemovePermissionSet: Operation {
  static let method = Methods.removePermissionSet

  private let name: String

  init(_ request: RemovePermissionSetRequest, _ arrival: Arrival) throws(Refusal) { name = request.name }

  var demand: Demand { .role(.operator, .everything) }

  func run(_ work: Work) throws(SQLiteError) -> Result<RemovePermissionSetResponse, Refusal> {
    try work.store.removePermissionSet(named: name, actor: work.caller.name, at: work.now).map { revision in
      var reply = RemovePermissionSetResponse()
      reply.revision = revision
      return reply
    }
  }
}

extension PermissionSetMessage {
  /// What a set stands for today.
  fileprivate init(_ set: PermissionSet, in catalog: Catalog) {
    self.init()
    name = set.name
    title = set.title
    scopes = catalog.expand(set).map(\.description)
    everything = set.members == .everything
  }
}

extension Work {
  /// The refusal if `org` is given and has no tenants, or none that the caller may know of.
  fileprivate func refusal(ofUnknown org: String) throws(SQLiteError) -> Refusal? {
    if org.isEmpty { return nil }
    if rights.touch(.org(org)), try store.knows(org: org) { return nil }
    return .unknownOrg(org)
  }
}
