// The verbs of tokens: making, finding and listing them.

internal import Store
internal import Tokens
internal import Wire

struct CreateToken: Operation {
  static let method = Methods.createToken
  static let mintsSecret = true

  private let draft: TokenDraft
  private let credential: TokenStore.Credential

  init(_ request: CreateTokenRequest, _ arrival: Arrival) throws(Refusal) {
    guard let minted = arrival.minted else { throw .nothingMinted }
    draft = try TokenDraft(
      tenant: TenantName(org: request.org, tenant: request.tenant), name: request.name,
      description: request.description, scopes: request.scopes, permissionSet: request.permissionSet,
      expiry: TokenDraft.Expiry(seconds: request.expiresAt, never: request.neverExpires, now: arrival.now),
      requestID: request.requestId)
    credential = minted
  }

  var demand: Demand { .role(.tokenAdmin, .tenant(draft.tenant)) }

  func run(_ work: Work) throws(SQLiteError) -> Result<CreateTokenResponse, Refusal> {
    try work.store.create(draft, credential, by: work.rights, at: work.now).map { created in
      var reply = CreateTokenResponse()
      reply.token = TokenMessage(created.token, at: work.now)
      reply.revision = created.revision
      reply.replayed = created.isReplay
      if created.isReplay {
        work.withholdsSecret = true
      } else {
        work.changes.append(.insert(created, credential.digest))
      }
      return reply
    }
  }
}

struct RotateToken: Operation {
  static let method = Methods.rotateToken
  static let mintsSecret = true

  private let id: String
  private let tenant: TenantName?
  private let grace: Int64
  private let expiry: TokenDraft.Expiry
  private let credential: TokenStore.Credential

  init(_ request: RotateTokenRequest, _ arrival: Arrival) throws(Refusal) {
    guard let minted = arrival.minted else { throw .nothingMinted }
    id = request.id
    tenant = try TenantName(orNil: request.org, request.tenant)
    grace = request.graceSeconds
    guard (0...Limits.rotationGraceSeconds).contains(grace) else {
      throw Refusal(
        .invalid, "BAD_GRACE", "grace_seconds",
        "grace_seconds is \(grace): give 0 to \(Limits.rotationGraceSeconds), which is a year")
    }
    expiry = try TokenDraft.Expiry(seconds: request.expiresAt, never: request.neverExpires, now: arrival.now)
    credential = minted
  }

  var demand: Demand { .roleAtToken(.tokenAdmin, id: id, in: tenant) }

  func run(_ work: Work) throws(SQLiteError) -> Result<RotateTokenResponse, Refusal> {
    let rotated = try work.store.rotate(
      id: id, in: tenant, grace: grace, expiry: expiry, credential, by: work.rights, at: work.now)
    return rotated.map { rotated in
      work.changes.append(.insert(rotated.new, credential.digest))
      work.changes.append(.update(rotated.old))
      var reply = RotateTokenResponse()
      reply.token = TokenMessage(rotated.new.token, at: work.now)
      reply.old = TokenMessage(rotated.old.token, at: work.now)
      reply.revision = rotated.old.revision
      return reply
    }
  }
}

struct ListTokens: Operation {
  static let method = Methods.listTokens

  private let tenant: TenantName
  private let filter: TokenFilter
  private let order: TokenOrder
  private let page: Page
  private let last: TokenPlace?
  private let moment: ListingMoment?

  init(_ request: ListTokensRequest, _ arrival: Arrival) throws(Refusal) {
    tenant = try TenantName(org: request.org, tenant: request.tenant)
    filter = try TokenFilter(request.filter)
    order = try TokenOrder(named: request.sort, isDescending: request.descending)
    page = try Page(
      of: ["tokens", tenant.org, tenant.tenant, order.sort.rawValue, "\(order.isDescending)"] + filter.texts,
      size: request.pageSize, token: request.pageToken)
    guard let key = page.key else {
      (last, moment) = (nil, nil)
      return
    }
    let parts = key.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let place = TokenPlace(parts[1]), parts[0].isEmpty || ListingMoment(parts[0]) != nil else {
      throw .badPageToken
    }
    (last, moment) = (place, ListingMoment(parts[0]))
  }

  var demand: Demand { .role(.viewer, .tenant(tenant)) }

  func run(_ work: Work) throws(SQLiteError) -> Result<ListTokensResponse, Refusal> {
    if let scope = filter.scope, work.store.catalog.numberEver(of: scope) == nil {
      return .failure(.unknownScopes([scope.description]))
    }
    let slice: TokenSlice
    switch try found(work) {
    case .success(let found): slice = found
    case .failure(let refusal): return .failure(refusal)
    }
    var reply = ListTokensResponse()
    let cut = page.cut(slice.tokens, bytes: { Self.bytes($0.token) })
    reply.tokens = cut.items.map { TokenMessage($0.token, at: work.now) }
    let next = cut.isWhole ? slice.next : cut.items.last?.place
    if let next { reply.nextPage = page.token(after: "\(slice.moment?.text ?? "")|\(next.text)") }
    return .success(reply)
  }

  private func found(_ work: Work) throws(SQLiteError) -> Result<TokenSlice, Refusal> {
    guard let scope = filter.scope, filter.isOfScopeOnly, order == .newestFirst,
      let number = work.store.catalog.numberEver(of: scope)
    else {
      return try work.store.tokens(
        of: tenant, filter, in: order, after: last, asOf: moment, most: page.size, at: work.now)
    }
    // The reverse index answers without a walk over tokens that don't hold it.
    if let refusal = try work.store.checkRegistered(tenant) { return .failure(refusal) }
    let ordinals = work.index.ordinals(
      of: tenant, holding: number, below: last?.ordinal ?? .max, most: page.size + 1)
    var slice = TokenSlice()
    slice.tokens = try work.store.tokens(withOrdinals: Array(ordinals.prefix(page.size)))
    if ordinals.count > page.size { slice.next = slice.tokens.last?.place }
    return .success(slice)
  }

  private static func bytes(_ token: Token) -> Int {
    let scopes = (token.scopes + token.exercised).reduce(0) { $0 + $1.description.utf8.count + 2 }
    let texts = [token.name, token.description, token.creator, token.revocation?.cause.text ?? ""]
    return texts.reduce(240 + scopes) { $0 + $1.utf8.count }
  }
}

struct GetToken: Operation {
  static let method = Methods.getToken

  private let id: String
  private let tenant: TenantName?

  init(_ request: GetTokenRequest, _ arrival: Arrival) throws(Refusal) {
    id = request.id
    tenant = try TenantName(orNil: request.org, request.tenant)
  }

  var demand: Demand { .roleAtToken(.viewer, id: id, in: tenant) }

  func run(_ work: Work) throws(SQLiteError) -> Result<GetTokenResponse, Refusal> {
    let catalog = work.store.catalog
    return try work.store.token(id: id, in: tenant).map { token in
      var reply = GetTokenResponse()
      reply.token = TokenMessage(token, at: work.now)
      if let set = token.permissionSet.flatMap({ catalog.permissionSet(named: $0) }) {
        let (today, held) = (catalog.expand(set), Set(token.scopes))
        reply.setGrew = today.filter { !held.contains($0) }.map(\.description)
        reply.setLost = token.scopes.filter { !today.contains($0) }.map(\.description)
      }
      reply.retiredScopes = token.scopes.filter { catalog.number(of: $0) == nil }.map(\.description)
      return reply
    }
  }
}

extension Refusal {
  /// Our bug, if it is ever seen.
  static let nothingMinted = Refusal(.unavailable, "NOTHING_MINTED", "", "no secret was minted: no token was made")
}

extension TenantName {
  /// A tenant that a request may leave out.
  init?(orNil org: String, _ tenant: String) throws(Refusal) {
    if org.isEmpty && tenant.isEmpty { return nil }
    try self.init(org: org, tenant: tenant)
  }
}

extension TokenFilter {
  init(_ message: TokenFilterMessage) throws(Refusal) {
    try self.init(
      standings: message.states, namePrefix: message.namePrefix, nameContains: message.nameContains,
      creator: message.creator, scope: message.scope, permissionSet: message.permissionSet,
      expiringBefore: message.expiringBefore, unusedSince: message.unusedSince)
  }
}

extension TokenMessage {
  /// What a token looks like at a moment.
  init(_ token: Token, at now: Instant) {
    self.init()
    id = token.id
    name = token.name
    description = token.description
    org = token.tenant.org
    tenant = token.tenant.tenant
    scopes = token.scopes.map(\.description)
    permissionSet = token.permissionSet ?? ""
    state = UInt32(token.standing(at: now).rawValue)
    creator = token.creator
    createdAt = token.created.seconds
    expiresAt = token.expiry == .never ? 0 : token.expiry.seconds
    if let revocation = token.revocation {
      revokedAt = revocation.at.seconds
      revokedBy = revocation.by
      revocationReason = revocation.cause.text
      revocationCode = revocation.cause.code
    }
    predecessor = token.predecessor ?? ""
    successor = token.successor ?? ""
    lastUsedAt = token.lastUsed?.seconds ?? 0
    exercisedScopes = token.exercised.map(\.description)
  }
}
