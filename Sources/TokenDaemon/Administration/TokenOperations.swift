// The verbs of tokens.

internal import Store
internal import Tokens
internal import Wire

struct CreateToken: Operation {
  static let method = Methods.createToken
  static let mintsSecret = true

  private let draft: TokenDraft
  private let id: String
  private let digest: Digest

  init(_ request: CreateTokenRequest, _ arrival: Arrival) throws(Refusal) {
    guard let minted = arrival.minted else { throw .nothingMinted }
    draft = try TokenDraft(
      tenant: TenantName(org: request.org, tenant: request.tenant), name: request.name,
      description: request.description, scopes: request.scopes, permissionSet: request.permissionSet,
      expires: request.expiresAt, now: arrival.now)
    (id, digest) = minted
  }

  var demand: Demand { .role(.tokenAdmin, .tenant(draft.tenant)) }

  func run(_ work: Work) throws(SQLiteError) -> Result<CreateTokenResponse, Refusal> {
    try work.store.create(draft, id: id, digest: digest, by: work.rights, at: work.now).map { created in
      work.changes.append(.insert(created, digest))
      var reply = CreateTokenResponse()
      reply.token = TokenMessage(created.token, at: work.now)
      reply.revision = created.revision
      return reply
    }
  }
}

struct ListTokens: Operation {
  static let method = Methods.listTokens

  private let tenant: TenantName
  private let scope: Scope?
  private let page: Page
  private let bound: UInt32

  init(_ request: ListTokensRequest, _ arrival: Arrival) throws(Refusal) {
    tenant = try TenantName(org: request.org, tenant: request.tenant)
    guard request.scope.isEmpty || Scope(request.scope) != nil else { throw .unknownScopes([request.scope]) }
    scope = Scope(request.scope)
    page = try Page(
      of: ["tokens", tenant.org, tenant.tenant, request.scope], size: request.pageSize, token: request.pageToken)
    guard let key = page.key else {
      bound = .max
      return
    }
    guard let ordinal = UInt32(key) else { throw .badPageToken }
    bound = ordinal
  }

  var demand: Demand { .role(.viewer, .tenant(tenant)) }

  func run(_ work: Work) throws(SQLiteError) -> Result<ListTokensResponse, Refusal> {
    let found: [(ordinal: UInt32, token: Token)]
    if let scope {
      if let refusal = try work.store.checkRegistered(tenant) { return .failure(refusal) }
      guard let number = work.store.catalog.number(of: scope) else {
        return .failure(.unknownScopes([scope.description]))
      }
      let ordinals = work.index.ordinals(of: tenant, holding: number, below: bound, most: page.size + 1)
      found = try work.store.tokens(withOrdinals: ordinals)
    } else {
      switch try work.store.tokens(of: tenant, below: bound, most: page.size + 1) {
      case .success(let tokens): found = tokens
      case .failure(let refusal): return .failure(refusal)
      }
    }
    var reply = ListTokensResponse()
    let cut = page.cut(found, bytes: { Self.bytes($0.token) }, key: { String($0.ordinal) })
    reply.tokens = cut.items.map { TokenMessage($0.token, at: work.now) }
    reply.nextPage = cut.next
    return .success(reply)
  }

  private static func bytes(_ token: Token) -> Int {
    let scopes = token.scopes.reduce(0) { $0 + $1.description.utf8.count + 2 }
    let texts = [token.name, token.description, token.creator, token.revocation?.reason ?? ""]
    return texts.reduce(200 + scopes) { $0 + $1.utf8.count }
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
    try work.store.token(id: id, in: tenant).map { token in
      var reply = GetTokenResponse()
      reply.token = TokenMessage(token, at: work.now)
      return reply
    }
  }
}

struct RevokeToken: Operation {
  static let method = Methods.revokeToken

  private let id: String
  private let tenant: TenantName?
  private let reason: String

  init(_ request: RevokeTokenRequest, _ arrival: Arrival) throws(Refusal) {
    try PrintableText.check(request.reason, field: "reason", mostBytes: 200)
    id = request.id
    tenant = try TenantName(orNil: request.org, request.tenant)
    reason = request.reason
  }

  var demand: Demand { .roleAtToken(.tokenAdmin, id: id, in: tenant) }

  func run(_ work: Work) throws(SQLiteError) -> Result<RevokeTokenResponse, Refusal> {
    let revoked = try work.store.revoke(id: id, in: tenant, reason: reason, actor: work.caller.name, at: work.now)
    return revoked.map { revoked in
      work.changes.append(.setState(.revoked, revoked.digest))
      var reply = RevokeTokenResponse()
      reply.token = TokenMessage(revoked.token, at: work.now)
      reply.revision = revoked.revision
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
    // STATE_EXPIRED is read off the clock, and only an active token can have expired.
    state = token.state == .active && now >= token.expiry ? 4 : UInt32(token.state.rawValue)
    creator = token.creator
    createdAt = token.created.seconds
    expiresAt = token.expiry == .never ? 0 : token.expiry.seconds
    if let revocation = token.revocation {
      revokedAt = revocation.at.seconds
      revokedBy = revocation.by
      revocationReason = revocation.reason
    }
  }
}
