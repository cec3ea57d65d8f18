// Tokens: making them.

package import Tokens

extension TokenStore {
  /// A token that was just made, as the index needs it.
  package struct Created {
    package let token: Token
    package let ordinal: UInt32
    package let revision: UInt64
    /// Whether it was made by an earlier request of the same id; then there is nothing new to show.
    package let isReplay: Bool
  }

  /// A secret's public part and digest.
  package struct Credential: Sendable {
    package let id: String
    package let digest: Digest

    package init(id: String, digest: Digest) {
      self.id = id
      self.digest = digest
    }
  }

  /// Makes a token from a draft, with a credential that was just minted.
  package func create(
    _ draft: TokenDraft, _ credential: Credential, by rights: Rights, at now: Instant
  ) throws(SQLiteError) -> Result<Created, Refusal> {
    try create(draft, credential, by: rights, at: now, action: "token.create")
  }

  /// Keeps a token that was made elsewhere.
  package func importToken(
    _ draft: TokenDraft, _ credential: Credential, by rights: Rights, at now: Instant
  ) throws(SQLiteError) -> Result<Created, Refusal> {
    // One answer, wherever the other is bound. That the id is taken can't be kept secret: ids are unique in the daemon, as
    // logs have nothing but them. It tells that a token was made in that second, and nothing of it.
    if try row(id: credential.id, in: nil) != nil {
      return .failure(
        Refusal(
          .alreadyExists, "TOKEN_ID_TAKEN", "id",
          "a token with the id \(credential.id) is kept already: it was not changed"))
    }
    if try row(digest: credential.digest) != nil {
      return .failure(
        Refusal(
          .alreadyExists, "TOKEN_KEPT", "secret", "this token is kept already, with another id: it was not changed"))
    }
    return try create(draft, credential, by: rights, at: now, action: "token.import")
  }

  private func create(
    _ draft: TokenDraft, _ credential: Credential, by rights: Rights, at now: Instant, action: String
  ) throws(SQLiteError) -> Result<Created, Refusal> {
    let tenant: Tenant
    switch try self.tenant(draft.tenant) {
    case .success(let found): tenant = found
    case .failure(let refusal): return .failure(refusal)
    }
    if !draft.requestID.isEmpty, let earlier = try earlier(draft, tenant: tenant.number) { return earlier }
    let granted: (scopes: [Scope], permissionSet: String?)
    let expiry: Instant
    do throws(Refusal) {
      granted = try resolve(draft.grant)
      try rights.demand(handingOut: granted.scopes, in: draft.tenant)
      expiry = try tenant.policy.expiry(draft.expiry, at: now)
    } catch {
      return .failure(error)
    }
    if let refusal = try refusal(ofRoom: tenant, at: now) { return .failure(refusal) }
    if let taken = try liveToken(named: draft.name, tenant: tenant.number, at: now) {
      return .failure(
        Refusal(
          .alreadyExists, "TOKEN_NAME_TAKEN", "name",
          "token \(taken) of \(draft.tenant) has that name: choose another, or revoke that one first"))
    }
    let token = Token(
      id: credential.id, name: draft.name, description: draft.description, tenant: draft.tenant,
      scopes: granted.scopes, permissionSet: granted.permissionSet, state: .active, creator: rights.caller.name,
      created: now, expiry: expiry, revocation: nil)
    let request = draft.requestID.isEmpty ? nil : (id: draft.requestID, fingerprint: draft.fingerprint)
    let ordinal: UInt32
    switch try insert(token, credential.digest, tenant: tenant.number, request: request) {
    case .success(let number): ordinal = number
    case .failure(let refusal): return .failure(refusal)
    }
    let revision = try audit.append(
      at: now, actor: rights.caller.name, action: action, target: credential.id, detail: token.summary)
    return .success(Created(token: token, ordinal: ordinal, revision: revision, isReplay: false))
  }

  /// Writes a new token's row.
  /// - Returns: its ordinal. It is refused, and no row of tokens written, if another has its id: then the clock has been set back.
  func insert(
    _ token: Token, _ digest: Digest, tenant: Int64, request: (id: String, fingerprint: Digest)?
  ) throws(SQLiteError) -> Result<UInt32, Refusal> {
    do throws(SQLiteError) {
      return .success(try insertNew(token, digest, tenant: tenant, request: request))
    } catch {
      guard error.isDuplicate else { throw error }
      return .failure(
        Refusal(
          .unavailable, "ID_TAKEN", "", "the id that was drawn is another token's: nothing was made; try again"))
    }
  }

  private func insertNew(
    _ token: Token, _ digest: Digest, tenant: Int64, request: (id: String, fingerprint: Digest)?
  ) throws(SQLiteError) -> UInt32 {
    let scopeSet = try number(ofScopeSet: token.scopes)
    try database.statement(
      """
      INSERT INTO tokens (id, digest, tenant, name, description, scope_set, permission_set, state, creator, created_at,
      expires_at, predecessor, request_id, request_digest)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
      """
    )
    .bind(1, token.id).bind(2, blob: digest.bytes).bind(3, tenant).bind(4, token.name).bind(5, token.description)
    .bind(6, scopeSet).bind(7, token.permissionSet).bind(8, Int64(token.state.rawValue)).bind(9, token.creator)
    .bind(10, token.created.seconds).bind(11, token.expiry == .never ? nil : token.expiry.seconds)
    .bind(12, token.predecessor).bind(13, request?.id).bind(14, blob: request?.fingerprint.bytes).run()
    let ordinal = UInt32(clamping: database.lastRow)
    uncommitted.made[ordinal] = Uncommitted.Made(token: token, digest: digest)
    return ordinal
  }

  /// What an earlier request of the same id came to; nil if there was none.
  private func earlier(
    _ draft: TokenDraft, tenant: Int64
  ) throws(SQLiteError) -> Result<Created, Refusal>? {
    let rows = try database.statement(
      "SELECT ordinal, request_digest FROM tokens WHERE tenant = ?1 AND request_id = ?2")
    try rows.bind(1, tenant).bind(2, draft.requestID)
    defer { rows.reset() }
    guard try rows.step() else { return nil }
    guard rows.withBlob(1, { Digest($0) }) == draft.fingerprint else {
      return .failure(
        Refusal(
          .alreadyExists, "REQUEST_ID_REUSED", "request_id",
          "request_id was used for another request: repeat that one unchanged, or choose another request_id"))
    }
    guard let row = try row(ordinal: UInt32(clamping: rows.integer(0))) else { return nil }
    return .success(Created(token: row.token, ordinal: row.ordinal, revision: audit.revision, isReplay: true))
  }

  /// The scopes that a grant stands for today.
  func resolve(_ grant: TokenDraft.Grant) throws(Refusal) -> (scopes: [Scope], permissionSet: String?) {
    switch grant {
    case .permissionSet(let name):
      guard let set = catalog.permissionSet(named: name) else {
        let known = catalog.permissionSets.map(\.name).joined(separator: ", ")
        throw Refusal(
          .invalid, "UNKNOWN_PERMISSION_SET", "permission_set", "permission_set is none of those defined: \(known)")
      }
      let scopes = catalog.expand(set)
      guard !scopes.isEmpty else {
        throw Refusal(
          .failed, "SCOPES_RETIRED", "permission_set",
          "no scope of permission_set \(name) is registered any more: choose another, or have it defined anew")
      }
      return (scopes, name)
    case .scopes(let scopes):
      let unknown = scopes.filter { catalog.number(of: $0) == nil }
      guard unknown.isEmpty else { throw .unknownScopes(unknown.map(\.description)) }
      return (catalog.scopes(in: catalog.set(of: scopes)), nil)
    }
  }

  /// The id of the live token of that name: neither revoked nor expired, and not one that another has taken the place of.
  func liveToken(named name: String, tenant: Int64, at now: Instant) throws(SQLiteError) -> String? {
    // Left to itself, the planner takes the index by expiry, and walks all live tokens of the tenant.
    let row = try database.statement(
      """
      SELECT id FROM tokens INDEXED BY tokens_by_name WHERE tenant = ?1 AND name = ?2 AND state <> 3 AND expiry_key > ?3 AND successor IS NULL
      """)
    try row.bind(1, tenant).bind(2, name).bind(3, now.seconds)
    let id = try row.step() ? row.text(0) : nil
    row.reset()
    return id
  }

  /// Why there may be no further token: the tenant has as many live ones as its policy allows.
  func refusal(ofRoom tenant: Tenant, at now: Instant) throws(SQLiteError) -> Refusal? {
    guard let most = tenant.policy.maxTokens else { return nil }
    let rows = try database.statement(
      """
      SELECT count(*) FROM (SELECT 1 FROM tokens WHERE tenant = ?1 AND state IN (1, 2) AND expiry_key > ?2 LIMIT ?3)
      """)
    try rows.bind(1, tenant.number).bind(2, now.seconds).bind(3, Int64(most))
    let live = try rows.step() ? rows.integer(0) : 0
    rows.reset()
    if live < most { return nil }
    return Refusal(
      .exhausted, "TOO_MANY_TOKENS", "tenant_id",
      "\(tenant.name) has as many live tokens as its policy allows, \(most), or more: revoke some, or have the policy changed"
    )
  }
}

extension Token {
  /// What the audit trail says of a token that was made.
  var summary: String {
    let expires = expiry == .never ? "never" : String(expiry.seconds)
    return "\(tenant) name \(name) expires \(expires) scopes \(scopes.map(\.description).joined(separator: ","))"
  }
}
