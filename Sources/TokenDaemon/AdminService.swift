// Administration: requests become orders for the journal, outcomes become replies.

internal import Linux
internal import Tokens
internal import Wire

/// Reads and answers administration calls. Owned by one worker.
struct AdminService {
  private let format: TokenFormat
  private let environment: Environment

  init(format: TokenFormat, environment: Environment) {
    self.format = format
    self.environment = environment
  }

  /// A call that was understood: what the journal is to do, and the secret that its reply will bear.
  struct Call: ~Copyable {
    let order: Order
    var secret: Secret?
  }

  /// Reads the request of `method` that fills `range` of `span`.
  func read(_ method: Method, _ span: Span<UInt8>, _ range: Range<Int>) throws(Status) -> Call {
    switch method {
    case .createToken: return try create(CreateTokenRequest(decoding: span, range))
    default: break
    }
    do throws(Refusal) {
      switch method {
      case .listTokens: return Call(order: try listTokens(decode(span, range)))
      case .getToken:
        let request: GetTokenRequest = try decode(span, range)
        return Call(order: .getToken(id: request.id, tenant: try tenant(orNil: request.org, request.tenant)))
      case .revokeToken: return Call(order: try revoke(decode(span, range)))
      case .addTenant:
        let request: AddTenantRequest = try decode(span, range)
        return Call(order: .addTenant(try TenantName(org: request.org, tenant: request.tenant)))
      case .listTenants: return Call(order: try listTenants(decode(span, range)))
      case .listPermissions:
        let request: ListPermissionsRequest = try decode(span, range)
        return Call(order: .listPermissions(org: request.org))
      case .listPermissionSets:
        let request: ListPermissionSetsRequest = try decode(span, range)
        return Call(order: .listPermissionSets(org: request.org))
      case .validate, .validateBatch, .check, .createToken:
        throw Refusal(.unavailable, "NOT_ADMINISTRATION", "", "\(method) is not an administration call")
      }
    } catch {
      throw Status(error)
    }
  }

  /// A message, with what is wrong with it as a refusal.
  private func decode<M: Message>(_ span: Span<UInt8>, _ range: Range<Int>) throws(Refusal) -> M {
    do throws(Status) { return try M(decoding: span, range) } catch {
      throw Refusal(error.code == .resourceExhausted ? .exhausted : .invalid, error.reason, error.field, error.message)
    }
  }

  private func create(_ request: CreateTokenRequest) throws(Status) -> Call {
    let draft: TokenDraft
    do throws(Refusal) {
      draft = try TokenDraft(
        tenant: TenantName(org: request.org, tenant: request.tenant), name: request.name,
        description: request.description, scopes: request.scopes, permissionSet: request.permissionSet,
        expires: request.expiresAt, now: environment.now())
    } catch {
      throw Status(error)
    }
    let secret = try mint()
    let digest = secret.reveal { Digester()?.digest(of: $0) }
    guard let digest else { throw Status(.internal, "NO_DIGEST", "libcrypto failed: no token was made") }
    let id = secret.id
    return Call(order: .createToken(draft, id: id, digest: digest), secret: secret)
  }

  private func mint() throws(Status) -> Secret {
    try format.mint { (span: inout MutableSpan<UInt8>) throws(Status) in
      guard environment.fillRandom(&span) else {
        throw Status(.unavailable, "NO_RANDOMNESS", "the system gave no random bytes: no token was made; try again")
      }
    }
  }

  private func listTokens(_ request: ListTokensRequest) throws(Refusal) -> Order {
    let tenant = try TenantName(org: request.org, tenant: request.tenant)
    var scope: Scope?
    if !request.scope.isEmpty {
      guard let parsed = Scope(request.scope) else { throw .unknownScopes([request.scope]) }
      scope = parsed
    }
    var bound = UInt32.max
    if !request.pageToken.isEmpty {
      let key = try PageToken.decode(request.pageToken, of: Self.listing(tenant, scope))
      guard let ordinal = UInt32(key) else { throw Self.badPage }
      bound = ordinal
    }
    return .listTokens(tenant, scope: scope, below: bound, most: try pageSize(request.pageSize))
  }

  private func listTenants(_ request: ListTenantsRequest) throws(Refusal) -> Order {
    let org = request.org.isEmpty ? nil : request.org
    var last: TenantName?
    if !request.pageToken.isEmpty {
      let key = try PageToken.decode(request.pageToken, of: Self.listing(org))
      let ids = key.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      guard ids.count == 2 else { throw Self.badPage }
      last = TenantName(stored: ids[0], ids[1])
    }
    return .listTenants(org: org, after: last, most: try pageSize(request.pageSize))
  }

  private func revoke(_ request: RevokeTokenRequest) throws(Refusal) -> Order {
    try PrintableText.check(request.reason, field: "reason", mostBytes: 200)
    return .revokeToken(
      id: request.id, tenant: try tenant(orNil: request.org, request.tenant), reason: request.reason)
  }

  private func tenant(orNil org: String, _ tenant: String) throws(Refusal) -> TenantName? {
    org.isEmpty && tenant.isEmpty ? nil : try TenantName(org: org, tenant: tenant)
  }

  private func pageSize(_ asked: UInt32) throws(Refusal) -> Int {
    if asked == 0 { return Limits.defaultPageSize }
    guard asked <= Limits.pageSize else {
      throw Refusal(
        .invalid, "PAGE_TOO_LARGE", "page_size",
        "page_size is \(asked); at most \(Limits.pageSize) are given: ask for fewer")
    }
    return Int(asked)
  }

  private static let badPage = Refusal(
    .invalid, "BAD_PAGE_TOKEN", "page_token", "page_token is not one that this listing gave out: begin again without it"
  )

  private static func listing(_ tenant: TenantName, _ scope: Scope?) -> [String] {
    ["tokens", tenant.org, tenant.tenant, scope?.description ?? ""]
  }

  private static func listing(_ org: String?) -> [String] { ["tenants", org ?? ""] }

  // MARK: Replies

  /// Answers a call with what the journal says of it. `order` is the order that was given; `secret` was minted for it.
  func answer(
    _ outcome: Outcome, to order: Order, secret: borrowing Secret?, stream: UInt32, out: inout OutBuffer
  ) {
    switch outcome {
    case .tenantAdded(let tenant, let revision):
      var reply = AddTenantResponse()
      reply.tenant = TenantMessage(tenant)
      reply.revision = revision
      send(reply, stream, &out)
    case .tokenCreated(let token, let revision):
      var reply = CreateTokenResponse()
      reply.token = message(token)
      reply.revision = revision
      let bytes = reply.encoded()
      // The secret goes from where it was minted straight into the out-buffer, as field 2.
      switch secret {
      case .some(let secret):
        secret.reveal { text in
          ResponseEnvelope.open(payloadBytes: bytes.count + 2 + text.count, stream: stream, to: &out)
          out.append(bytes.span)
          out.append(field: 2, text)
        }
      case .none: ResponseEnvelope.append(.outcomeUnknown, stream: stream, to: &out)
      }
    case .tokenRevoked(let token, let revision):
      var reply = RevokeTokenResponse()
      reply.token = message(token)
      reply.revision = revision
      send(reply, stream, &out)
    case .token(let token):
      var reply = GetTokenResponse()
      reply.token = message(token)
      send(reply, stream, &out)
    case .tokens(let tokens, let next):
      var reply = ListTokensResponse()
      reply.tokens = tokens.map(message)
      if let next, case .listTokens(let tenant, let scope, _, _) = order {
        reply.nextPage = PageToken.encode(key: String(next), of: Self.listing(tenant, scope))
      }
      send(reply, stream, &out)
    case .tenants(let tenants, let next):
      var reply = ListTenantsResponse()
      reply.tenants = tenants.map { TenantMessage($0) }
      if let next, case .listTenants(let org, _, _) = order {
        reply.nextPage = PageToken.encode(key: next.description, of: Self.listing(org))
      }
      send(reply, stream, &out)
    case .permissions(let resources):
      var reply = ListPermissionsResponse()
      reply.resources = resources.map { group in
        var resource = ResourceMessage()
        resource.name = group.resource
        resource.scopes = group.scopes.map(\.description)
        return resource
      }
      send(reply, stream, &out)
    case .permissionSets(let sets):
      var reply = ListPermissionSetsResponse()
      reply.permissionSets = sets.map { entry in
        var set = PermissionSetMessage()
        set.name = entry.set.name
        set.title = entry.set.title
        set.scopes = entry.scopes.map(\.description)
        return set
      }
      send(reply, stream, &out)
    case .refused(let refusal): ResponseEnvelope.append(Status(refusal), stream: stream, to: &out)
    case .unknown: ResponseEnvelope.append(.outcomeUnknown, stream: stream, to: &out)
    }
  }

  private func send(_ reply: some Message, _ stream: UInt32, _ out: inout OutBuffer) {
    ResponseEnvelope.append(reply.encoded().span, stream: stream, to: &out)
  }

  private func message(_ token: Token) -> TokenMessage {
    var message = TokenMessage()
    message.id = token.id
    message.name = token.name
    message.description = token.description
    message.org = token.tenant.org
    message.tenant = token.tenant.tenant
    message.scopes = token.scopes.map(\.description)
    message.permissionSet = token.permissionSet ?? ""
    // STATE_EXPIRED is read off the clock, and only an active token can have expired.
    message.state =
      token.state == .active && environment.now() >= token.expiry ? 4 : UInt32(token.state.rawValue)
    message.creator = token.creator
    message.createdAt = token.created.seconds
    message.expiresAt = token.expiry == .never ? 0 : token.expiry.seconds
    if let revocation = token.revocation {
      message.revokedAt = revocation.at.seconds
      message.revokedBy = revocation.by
      message.revocationReason = revocation.reason
    }
    return message
  }
}

extension TenantMessage {
  fileprivate init(_ tenant: Tenant) {
    self.init()
    org = tenant.name.org
    self.tenant = tenant.name.tenant
    createdAt = tenant.created.seconds
  }
}

extension Status {
  /// A refusal as the wire says it.
  init(_ refusal: Refusal) {
    let code: Status.Code =
      switch refusal.kind {
      case .invalid: .invalidArgument
      case .notFound: .notFound
      case .alreadyExists: .alreadyExists
      case .notPermitted: .permissionDenied
      case .exhausted: .resourceExhausted
      case .unavailable: .unavailable
      case .deadline: .deadlineExceeded
      }
    self.init(code, refusal.code, field: refusal.field, refusal.message)
  }

  static let outcomeUnknown = Status(
    .unavailable, "OUTCOME_UNKNOWN",
    "the disk failed while the change was written: whether it was made is not known; look again after tokend has restarted"
  )
  static let overloaded = Status(
    .unavailable, "OVERLOADED", "too many changes are waiting for the disk: nothing was done; try again")
  static let draining = Status(.unavailable, "DRAINING", "tokend is stopping: nothing was done; try again")
}
