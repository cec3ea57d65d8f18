// The verbs of grants. Nobody gives more than he has.

internal import Store
internal import Tokens
internal import Wire

struct AddGrant: Operation {
  static let method = Methods.addGrant

  private let grant: Grant

  init(_ request: AddGrantRequest, _ arrival: Arrival) throws(Refusal) {
    grant = try Grant(
      principal: request.principal, realm: Realm(org: request.org, tenant: request.tenant), role: request.role,
      cap: request.cap)
  }

  var demand: Demand { .role(.orgAdmin, grant.realm) }

  func run(_ work: Work) throws(SQLiteError) -> Result<AddGrantResponse, Refusal> {
    do throws(Refusal) {
      try work.rights.demand(giving: grant)
      // One that is there already is changed, which takes what taking it away would.
      if let same = work.store.grants.same(as: grant) { try work.rights.demand(giving: same.grant) }
    } catch {
      return .failure(error)
    }
    return try work.store.add(grant, most: Limits.grants, actor: work.caller.name, at: work.now).map { added in
      work.changes.append(.grants)
      var reply = AddGrantResponse()
      reply.grant = GrantMessage(added.grant)
      reply.revision = added.revision
      return reply
    }
  }
}

struct RemoveGrant: Operation {
  static let method = Methods.removeGrant
  static let isUrgent = true

  private let number: Int64

  init(_ request: RemoveGrantRequest, _ arrival: Arrival) throws(Refusal) { number = request.number }

  var demand: Demand { .anyRole }

  func run(_ work: Work) throws(SQLiteError) -> Result<RemoveGrantResponse, Refusal> {
    // One that the caller may not see is none.
    guard let stored = work.store.grants.all.first(where: { $0.number == number }), work.rights.see(stored.grant) else {
      return .failure(
        Refusal(.notFound, "UNKNOWN_GRANT", "number", "there is no grant \(number) here: list the grants there are"))
    }
    do throws(Refusal) { try work.rights.demand(giving: stored.grant) } catch { return .failure(error) }
    let revision = try work.store.removeGrant(stored, actor: work.caller.name, at: work.now)
    work.changes.append(.grants)
    var reply = RemoveGrantResponse()
    reply.grant = GrantMessage(stored)
    reply.revision = revision
    return .success(reply)
  }
}

struct ListGrants: Operation {
  static let method = Methods.listGrants

  private let realm: Realm
  private let principal: String
  private let page: Page
  private let last: Int64

  init(_ request: ListGrantsRequest, _ arrival: Arrival) throws(Refusal) {
    realm = try Realm(org: request.org, tenant: request.tenant)
    principal = request.principal
    guard principal.isEmpty || Principal(principal) != nil else { throw .invalidPrincipal }
    page = try Page(
      of: ["grants", request.org, request.tenant, principal], size: request.pageSize, token: request.pageToken)
    guard let key = page.key else {
      last = 0
      return
    }
    guard let number = Int64(key) else { throw .badPageToken }
    last = number
  }

  var demand: Demand { .anyRole }

  func run(_ work: Work) throws(SQLiteError) -> Result<ListGrantsResponse, Refusal> {
    let found = work.store.grants.all.filter { stored in
      stored.number > last && work.rights.see(stored.grant)
        && (realm == .everything || stored.grant.realm.covers(realm) || realm.covers(stored.grant.realm))
        && (principal.isEmpty || stored.grant.principal.description == principal)
    }
    var reply = ListGrantsResponse()
    let cut = page.cut(
      Array(found.prefix(page.size + 1)), bytes: { 200 + ($0.grant.cap.names.count * 24) }, key: { String($0.number) })
    reply.grants = cut.items.map { GrantMessage($0) }
    reply.nextPage = cut.next
    return .success(reply)
  }
}

struct ExplainGrant: Operation {
  static let method = Methods.explainGrant

  private let realm: Realm
  private let role: Role
  private let scopes: [Scope]
  private let principal: Principal?

  init(_ request: ExplainGrantRequest, _ arrival: Arrival) throws(Refusal) {
    realm = try Realm(org: request.org, tenant: request.tenant)
    guard let role = Role(named: request.role), role != .validator else {
      let known = Role.allCases.filter { $0 != .validator }.map(\.name).joined(separator: ", ")
      throw Refusal(.invalid, "UNKNOWN_ROLE", "role", "role is none that can be asked about: choose \(known)")
    }
    self.role = role
    guard request.scopes.count <= ScopeSet.capacity else {
      throw .tooManyScopes(request.scopes.count, field: "scopes")
    }
    let parsed = request.scopes.compactMap { Scope($0) }
    guard parsed.count == request.scopes.count else {
      throw .unknownScopes(request.scopes.filter { Scope($0) == nil })
    }
    scopes = parsed
    guard request.principal.isEmpty || Principal(request.principal) != nil else { throw .invalidPrincipal }
    principal = Principal(request.principal)
  }

  var demand: Demand { .role(.orgAdmin, realm) }

  func run(_ work: Work) throws(SQLiteError) -> Result<ExplainGrantResponse, Refusal> {
    var reply = ExplainGrantResponse()
    reply.grants = work.store.grants.all.filter { stored in
      let grant = stored.grant
      return grant.role.includes(role) && grant.realm.covers(realm) && grant.cap.beyond(scopes).isEmpty
        && (principal == nil || principal == grant.principal)
    }.map { GrantMessage($0) }
    reply.operators = work.operators.filter { name in
      principal == nil || principal?.description == name
    }
    return .success(reply)
  }
}

extension Rights {
  /// Whether the caller may know of `grant`: it is one of its own, or of an organization that it administers.
  fileprivate func see(_ grant: Grant) -> Bool {
    include(.orgAdmin, in: grant.realm) || caller.principals.contains(grant.principal)
  }

  /// - Throws: the refusal if the caller may not give or take `grant`.
  fileprivate func demand(giving grant: Grant) throws(Refusal) {
    if isOperator { return }
    // A validator grant limits its principal everywhere, not in its realm alone: that is an operator's to decide.
    let isOperators = grant.role == .operator || grant.role == .validator
    try demand(isOperators ? .operator : .orgAdmin, in: grant.realm)
    guard grant.role == .viewer || cap(as: .orgAdmin, in: grant.realm).covers(grant.cap) else {
      throw Refusal(
        .notPermitted, "CAP_BEYOND_OWN", "cap",
        "\(caller.name) may not let others hand out more than it may itself: cap must lie within "
          + cap(as: .orgAdmin, in: grant.realm).names.joined(separator: ", "))
    }
  }
}

extension Refusal {
  fileprivate static let invalidPrincipal = Refusal(
    .invalid, "INVALID_PRINCIPAL", "principal", "principal must be uid:NUMBER or gid:NUMBER, such as uid:1000")
}

extension ScopeCap {
  /// The scopes' names, sorted; empty if there is no cap. One of which damage has left nothing is not to be taken for that.
  fileprivate var names: [String] {
    switch self {
    case .everything: []
    case .scopes(let scopes) where scopes.isEmpty: ["none"]
    case .scopes(let scopes): scopes.sorted().map(\.description)
    }
  }
}

extension GrantMessage {
  fileprivate init(_ stored: StoredGrant) {
    self.init()
    number = stored.number
    principal = stored.grant.principal.description
    org = stored.grant.realm.org
    tenant = stored.grant.realm.tenant
    role = stored.grant.role.name
    cap = stored.grant.cap.names
    creator = stored.creator
    createdAt = stored.created.seconds
  }
}
