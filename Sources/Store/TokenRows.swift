// Tokens: making, revoking, finding, listing.

package import Tokens

extension TokenStore {
  /// A token that was just made, as the index needs it.
  package struct Created {
    package let token: Token
    package let ordinal: UInt32
    package let revision: UInt64
  }

  /// Makes a token from a draft, with a public id and a digest that were just minted.
  package func create(
    _ draft: TokenDraft, id: String, digest: Digest, by rights: Rights, at now: Instant
  ) throws(SQLiteError) -> Result<Created, Refusal> {
    let tenant: Int64
    switch try registered(draft.tenant) {
    case .success(let number): tenant = number
    case .failure(let refusal): return .failure(refusal)
    }
    let grant: (scopes: [Scope], permissionSet: String?)
    switch resolve(draft.grant) {
    case .success(let resolved): grant = resolved
    case .failure(let refusal): return .failure(refusal)
    }
    let actor = rights.caller.name
    do throws(Refusal) { try rights.demand(handingOut: grant.scopes, in: draft.tenant) } catch {
      return .failure(error)
    }
    if now >= draft.expiry {
      return .failure(
        Refusal(
          .invalid, "EXPIRY_IN_PAST", "expires_at", "expires_at has passed: choose a moment to come, or 0 for never"))
    }
    if let taken = try liveToken(named: draft.name, tenant: tenant, at: now) {
      return .failure(
        Refusal(
          .alreadyExists, "TOKEN_NAME_TAKEN", "name",
          "token \(taken) of \(draft.tenant) has that name: choose another, or revoke that one first"))
    }
    let scopeSet = try number(ofScopeSet: grant.scopes)
    try database.statement(
      """
      INSERT INTO tokens (id, digest, tenant, name, description, scope_set, permission_set, state, creator, created_at,
      expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
      """
    )
    .bind(1, id).bind(2, blob: digest.bytes).bind(3, tenant).bind(4, draft.name).bind(5, draft.description)
    .bind(6, scopeSet).bind(7, grant.permissionSet).bind(8, Int64(TokenState.active.rawValue)).bind(9, actor)
    .bind(10, now.seconds).bind(11, draft.expiry == .never ? nil : draft.expiry.seconds).run()
    let ordinal = UInt32(clamping: database.lastRow)
    let revision = try audit.append(
      at: now, actor: actor, action: "token.create", target: id,
      detail: "\(draft.tenant) \(grant.scopes.map(\.description).joined(separator: ","))")
    let token = Token(
      id: id, name: draft.name, description: draft.description, tenant: draft.tenant, scopes: grant.scopes,
      permissionSet: grant.permissionSet, state: .active, creator: actor, created: now, expiry: draft.expiry,
      revocation: nil)
    return .success(Created(token: token, ordinal: ordinal, revision: revision))
  }

  /// Revokes a token. If it is revoked already, nothing changes, and the revision is the newest there is.
  /// - Parameter tenant: where it must be bound; nil asks for nothing.
  package func revoke(
    id: String, in tenant: TenantName?, reason: String, actor: String, at now: Instant
  ) throws(SQLiteError) -> Result<(token: Token, digest: Digest, revision: UInt64), Refusal> {
    guard let row = try row(id: id, in: tenant) else { return .failure(.unknownToken(id)) }
    var token = row.token
    if token.state == .revoked { return .success((token, row.digest, audit.revision)) }
    try database.statement(
      "UPDATE tokens SET state = 3, revoked_at = ?2, revoked_by = ?3, revocation_reason = ?4 WHERE id = ?1"
    )
    .bind(1, id).bind(2, now.seconds).bind(3, actor).bind(4, reason).run()
    let revision = try audit.append(at: now, actor: actor, action: "token.revoke", target: id, detail: reason)
    token.state = .revoked
    token.revocation = Token.Revocation(at: now, by: actor, reason: reason)
    return .success((token, row.digest, revision))
  }

  /// One token by its public id.
  package func token(id: String, in tenant: TenantName?) throws(SQLiteError) -> Result<Token, Refusal> {
    guard let row = try row(id: id, in: tenant) else { return .failure(.unknownToken(id)) }
    return .success(row.token)
  }

  /// Where a token is bound; nil if there is none of that id.
  package func tenant(ofToken id: String) throws(SQLiteError) -> TenantName? {
    let row = try database.statement(
      "SELECT org_id, tenant_id FROM tokens JOIN tenants ON tenants.number = tokens.tenant WHERE id = ?1"
    ).bind(1, id)
    let name = try row.step() ? TenantName(stored: row.text(0), row.text(1)) : nil
    row.reset()
    return name
  }

  /// The tenant's tokens with ordinals below `bound`, newest first, at most `most`.
  package func tokens(
    of tenant: TenantName, below bound: UInt32, most: Int
  ) throws(SQLiteError) -> Result<[(ordinal: UInt32, token: Token)], Refusal> {
    switch try registered(tenant) {
    case .failure(let refusal): return .failure(refusal)
    case .success(let number):
      let rows = try database.statement(
        Self.select + "WHERE tokens.tenant = ?1 AND ordinal < ?2 ORDER BY ordinal DESC LIMIT ?3")
      try rows.bind(1, number).bind(2, Int64(bound)).bind(3, Int64(most))
      return .success(try read(rows))
    }
  }

  /// The tokens with these ordinals, in this order.
  package func tokens(withOrdinals ordinals: [UInt32]) throws(SQLiteError) -> [(ordinal: UInt32, token: Token)] {
    var tokens: [(ordinal: UInt32, token: Token)] = []
    for ordinal in ordinals {
      tokens += try read(database.statement(Self.select + "WHERE ordinal = ?1").bind(1, Int64(ordinal)))
    }
    return tokens
  }

  /// Whether `tenant` is registered; the refusal says what to do if not.
  package func checkRegistered(_ tenant: TenantName) throws(SQLiteError) -> Refusal? {
    if case .failure(let refusal) = try registered(tenant) { return refusal }
    return nil
  }

  private static let select = """
    SELECT ordinal, id, name, description, org_id, tenant_id, members, permission_set, state, creator,
    tokens.created_at, expires_at, revoked_at, revoked_by, revocation_reason, digest
    FROM tokens JOIN tenants ON tenants.number = tokens.tenant JOIN scope_sets ON scope_sets.number = tokens.scope_set\u{20}
    """

  private func row(id: String, in tenant: TenantName?) throws(SQLiteError) -> (token: Token, digest: Digest)? {
    let rows = try database.statement(Self.select + "WHERE id = ?1").bind(1, id)
    guard try rows.step(), let digest = rows.withBlob(15, { Digest($0) }) else {
      rows.reset()
      return nil
    }
    let token = Self.token(rows)
    rows.reset()
    if let tenant, tenant != token.tenant { return nil }
    return (token, digest)
  }

  private func read(_ rows: Statement) throws(SQLiteError) -> [(ordinal: UInt32, token: Token)] {
    var tokens: [(ordinal: UInt32, token: Token)] = []
    while try rows.step() { tokens.append((UInt32(clamping: rows.integer(0)), Self.token(rows))) }
    rows.reset()
    return tokens
  }

  private static func token(_ row: Statement) -> Token {
    Token(
      id: row.text(1), name: row.text(2), description: row.text(3),
      tenant: TenantName(stored: row.text(4), row.text(5)), scopes: scopes(row.text(6)),
      permissionSet: row.isNull(7) ? nil : row.text(7),
      // The column's check admits no other value.
      state: TokenState(rawValue: UInt8(clamping: row.integer(8))) ?? .revoked, creator: row.text(9),
      created: Instant(seconds: row.integer(10)),
      expiry: row.isNull(11) ? .never : Instant(seconds: row.integer(11)),
      revocation: row.isNull(12)
        ? nil : Token.Revocation(at: Instant(seconds: row.integer(12)), by: row.text(13), reason: row.text(14)))
  }

  private func resolve(_ grant: TokenDraft.Grant) -> Result<(scopes: [Scope], permissionSet: String?), Refusal> {
    switch grant {
    case .permissionSet(let name):
      guard let set = catalog.permissionSet(named: name) else {
        let known = catalog.permissionSets.map(\.name).joined(separator: ", ")
        return .failure(
          Refusal(
            .invalid, "UNKNOWN_PERMISSION_SET", "permission_set", "permission_set is none of those defined: \(known)"))
      }
      return .success((catalog.expand(set), name))
    case .scopes(let scopes):
      let unknown = scopes.filter { catalog.number(of: $0) == nil }
      guard unknown.isEmpty else { return .failure(.unknownScopes(unknown.map(\.description))) }
      let wanted = Set(scopes)
      return .success((catalog.scopes.map(\.scope).filter(wanted.contains), nil))
    }
  }

  /// The id of the live token of that name: neither revoked nor expired.
  private func liveToken(named name: String, tenant: Int64, at now: Instant) throws(SQLiteError) -> String? {
    let row = try database.statement(
      "SELECT id FROM tokens WHERE tenant = ?1 AND name = ?2 AND state <> 3 AND (expires_at IS NULL OR expires_at > ?3)"
    )
    try row.bind(1, tenant).bind(2, name).bind(3, now.seconds)
    let id = try row.step() ? row.text(0) : nil
    row.reset()
    return id
  }

  private func number(ofScopeSet scopes: [Scope]) throws(SQLiteError) -> Int64 {
    let members = scopes.map(\.description).joined(separator: " ")
    let row = try database.statement("SELECT number FROM scope_sets WHERE members = ?1").bind(1, members)
    let known = try row.step() ? row.integer(0) : nil
    row.reset()
    if let known { return known }
    try database.statement("INSERT INTO scope_sets (members) VALUES (?1)").bind(1, members).run()
    return database.lastRow
  }
}

extension Refusal {
  /// One answer for a token that does not exist and for one bound elsewhere.
  package static func unknownToken(_ id: String) -> Refusal {
    Refusal(
      .notFound, "UNKNOWN_TOKEN", "id",
      TokenFormat.isID(id)
        ? "no token has the id \(id) here: list the tokens there are"
        : "id is not a token's public id, which has 11 letters and digits: list the tokens there are")
  }
}
