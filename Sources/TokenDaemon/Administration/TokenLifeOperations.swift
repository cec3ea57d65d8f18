// The verbs of tokens: what happens to them after they are made.

internal import Index
internal import Store
internal import Tokens
internal import Wire

struct RevokeToken: Operation {
  static let method = Methods.revokeToken
  static let isUrgent = true

  private let id: String
  private let tenant: TenantName?
  private let cause: Revocation.Cause

  init(_ request: RevokeTokenRequest, _ arrival: Arrival) throws(Refusal) {
    cause = try Revocation.Cause(code: request.reasonCode, text: request.reason)
    id = request.id
    tenant = try TenantName(orNil: request.org, request.tenant)
  }

  var demand: Demand { .roleAtToken(.tokenAdmin, id: id, in: tenant) }

  func run(_ work: Work) throws(SQLiteError) -> Result<ChangeTokenResponse, Refusal> {
    try work.store.revoke(id: id, in: tenant, cause, actor: work.caller.name, at: work.now).map { work.changed($0) }
  }
}

/// Disables a token.
struct DisableToken: Operation {
  static let method = Methods.disableToken
  static let isUrgent = true

  private let id: String
  private let tenant: TenantName?

  init(_ request: ChangeTokenRequest, _ arrival: Arrival) throws(Refusal) {
    id = request.id
    tenant = try TenantName(orNil: request.org, request.tenant)
  }

  var demand: Demand { .roleAtToken(.tokenAdmin, id: id, in: tenant) }

  func run(_ work: Work) throws(SQLiteError) -> Result<ChangeTokenResponse, Refusal> {
    try work.store.set(.disabled, ofToken: id, in: tenant, actor: work.caller.name, at: work.now)
      .map { work.changed($0) }
  }
}

/// Enables a token that was disabled.
struct EnableToken: Operation {
  static let method = Methods.enableToken

  private let id: String
  private let tenant: TenantName?

  init(_ request: ChangeTokenRequest, _ arrival: Arrival) throws(Refusal) {
    id = request.id
    tenant = try TenantName(orNil: request.org, request.tenant)
  }

  var demand: Demand { .roleAtToken(.tokenAdmin, id: id, in: tenant) }

  func run(_ work: Work) throws(SQLiteError) -> Result<ChangeTokenResponse, Refusal> {
    try work.store.set(.active, ofToken: id, in: tenant, actor: work.caller.name, at: work.now)
      .map { work.changed($0) }
  }
}

struct RevokeTokens: Operation {
  static let method = Methods.revokeTokens
  static let isUrgent = true

  private let tenant: TenantName
  private let selection: TokenStore.Selection
  private let cause: Revocation.Cause
  private let isDryRun: Bool
  private let expected: Int?

  init(_ request: RevokeTokensRequest, _ arrival: Arrival) throws(Refusal) {
    tenant = try TenantName(org: request.org, tenant: request.tenant)
    let filter = try TokenFilter(request.filter)
    guard request.ids.isEmpty != filter.isEmpty else {
      throw Refusal(
        .invalid, "IDS_OR_FILTER", "filter",
        "filter and ids are \(filter.isEmpty ? "both empty" : "both given"): give one of them; "
          + "to revoke all of a tenant's tokens, remove the tenant")
    }
    guard request.ids.count <= Limits.bulkTokens else {
      throw Refusal(
        .invalid, "TOO_MANY_IDS", "ids",
        "ids has \(request.ids.count) entries; at most \(Limits.bulkTokens) are revoked at once: send fewer")
    }
    for (index, id) in request.ids.enumerated() where !TokenFormat.isID(id) {
      throw Refusal(
        .invalid, "INVALID_TOKEN_ID", "ids[\(index)]",
        "ids[\(index)] is not the public id of a token: 11 letters and digits")
    }
    selection = request.ids.isEmpty ? .filter(filter) : .ids(request.ids)
    cause = try Revocation.Cause(code: request.reasonCode, text: request.reason)
    isDryRun = request.dryRun
    expected = request.expectedCount == 0 ? nil : Int(request.expectedCount)
  }

  var demand: Demand { .role(.tokenAdmin, .tenant(tenant)) }

  func run(_ work: Work) throws(SQLiteError) -> Result<RevokeTokensResponse, Refusal> {
    let done = try work.store.revoke(
      selection, in: tenant, cause, isDryRun: isDryRun, expected: expected, most: Limits.bulkTokens,
      actor: work.caller.name, at: work.now)
    return done.map { blast in
      work.changes += blast.changes.map { .update($0) }
      var reply = RevokeTokensResponse()
      reply.count = UInt32(blast.tokens.count)
      reply.tokens = (isDryRun ? blast.tokens : blast.changes.map(\.token)).prefix(100)
        .map { TokenMessage($0, at: work.now) }
      let uses = blast.tokens.compactMap(\.lastUsed)
      reply.lastUsedAt = uses.max()?.seconds ?? 0
      reply.usedLately = UInt32(uses.count { $0.seconds > work.now.seconds - 86_400 })
      reply.revokedBefore = UInt32(blast.revokedBefore)
      reply.unknown = blast.unknown
      reply.revision = work.store.audit.revision
      return reply
    }
  }
}

struct CheckLeaks: Operation {
  static let method = Methods.checkLeaks

  private let digests: [Digest]
  private let revokes: Bool

  init(_ request: consuming CheckLeaksRequest, _ arrival: Arrival) throws(Refusal) {
    defer { for index in request.secrets.indices { wipe(&request.secrets[index]) } }
    guard request.secrets.count + request.digests.count <= Limits.leakItems else {
      throw Refusal(
        .invalid, "TOO_MANY_ITEMS", "secrets",
        "secrets and digests have \(request.secrets.count + request.digests.count) entries; "
          + "at most \(Limits.leakItems) are checked at once: send fewer")
    }
    var digests: [Digest] = []
    for secret in request.secrets { digests.append(Digest(hashing: secret.span)) }
    for (index, text) in request.digests.enumerated() {
      guard let digest = Digest(hex: text) else {
        throw Refusal(
          .invalid, "INVALID_DIGEST", "digests[\(index)]",
          "digests[\(index)] is not the SHA-256 of a token in hex: give 64 digits")
      }
      digests.append(digest)
    }
    self.digests = digests
    revokes = request.revoke
  }

  var demand: Demand { .anyRole }

  func run(_ work: Work) throws(SQLiteError) -> Result<CheckLeaksResponse, Refusal> {
    var reply = CheckLeaksResponse()
    for digest in digests {
      var result = LeakResultMessage()
      result.state = "unknown"
      if let token = try work.store.token(digest: digest), work.rights.include(.viewer, in: .tenant(token.tenant)) {
        let standing = token.standing(at: work.now)
        result.state = standing == .active ? "live" : standing.name
        result.token = Self.brief(token, at: work.now)
        if revokes, standing != .revoked, work.rights.include(.tokenAdmin, in: .tenant(token.tenant)),
          case .success(let changed) = try work.store.revoke(
            id: token.id, in: token.tenant, .leaked, actor: work.caller.name, at: work.now)
        {
          result.revoked = changed.didChange
          result.token = Self.brief(changed.token, at: work.now)
          work.changes.append(.update(changed))
        }
      }
      reply.results.append(result)
    }
    reply.revision = work.store.audit.revision
    return .success(reply)
  }

  /// Without what may be long: a thousand of them must fit into a reply, which is made when they have been revoked.
  private static func brief(_ token: Token, at now: Instant) -> TokenMessage {
    var message = TokenMessage(token, at: now)
    (message.description, message.scopes, message.exercisedScopes, message.revocationReason) = ("", [], [], "")
    return message
  }
}

struct SurrenderToken: Operation {
  static let method = Methods.surrenderToken
  static let isUrgent = true
  static let isByPossession = true

  private let digest: Digest
  private let reason: String

  init(_ request: consuming SurrenderTokenRequest, _ arrival: Arrival) throws(Refusal) {
    defer { wipe(&request.token) }
    try PrintableText.check(request.reason, field: "reason", mostBytes: 200)
    guard arrival.format.accepts(request.token.span) else {
      throw Refusal(
        .invalid, "MALFORMED_TOKEN", "token",
        "token is not a whole token of this deployment: check that none of it is missing")
    }
    digest = Digest(hashing: request.token.span)
    reason = request.reason
  }

  /// Nothing but the secret itself.
  var demand: Demand { .nothing }

  func run(_ work: Work) throws(SQLiteError) -> Result<ChangeTokenResponse, Refusal> {
    // Anybody on the validation socket may ask: what no token has must not reach the store.
    guard work.index.has(digest),
      let changed = try work.store.surrender(digest, text: reason, actor: work.caller.name, at: work.now)
    else {
      return .failure(
        Refusal(
          .notFound, "UNKNOWN_TOKEN", "token",
          "token is not known here, or was revoked long ago: it allows nothing"))
    }
    return .success(work.changed(changed))
  }
}

extension Work {
  /// Makes a change visible with the transaction, and says what became of the token.
  fileprivate func changed(_ changed: ChangedToken) -> ChangeTokenResponse {
    if changed.didChange { changes.append(.update(changed)) }
    var reply = ChangeTokenResponse()
    reply.token = TokenMessage(changed.token, at: now)
    reply.revision = changed.revision
    reply.changed = changed.didChange
    return reply
  }
}
