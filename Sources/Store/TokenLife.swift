// Tokens: everything that happens to them after they are made.

package import Tokens

/// A token whose life has changed, as the index needs it.
package struct ChangedToken: Sendable, Equatable {
  package let token: Token
  package let digest: Digest
  /// The last change there is; that of this one, unless nothing had to be changed.
  package let revision: UInt64
  package let didChange: Bool
}

extension TokenStore {
  /// Revokes a token, for ever. If it is revoked already, nothing changes.
  /// - Parameter tenant: where it must be bound; nil asks for nothing.
  package func revoke(
    id: String, in tenant: TenantName?, _ cause: Revocation.Cause, actor: String, at now: Instant
  ) throws(SQLiteError) -> Result<ChangedToken, Refusal> {
    guard let row = try row(id: id, in: tenant) else { return .failure(.unknownToken(id)) }
    return .success(try revoke(row, cause, actor: actor, at: now))
  }

  /// Revokes the token of this digest, by whoever has it.
  package func surrender(_ digest: Digest, text: String, actor: String, at now: Instant) throws(SQLiteError)
    -> ChangedToken?
  {
    guard let row = try row(digest: digest) else { return nil }
    return try revoke(row, .surrendered(text), actor: actor, at: now)
  }

  private func revoke(
    _ row: Row, _ cause: Revocation.Cause, actor: String, at now: Instant
  ) throws(SQLiteError) -> ChangedToken {
    if row.token.state == .revoked { return unchanged(row) }
    willChange(row)
    let change = try database.statement(
      """
      UPDATE tokens SET state = 3, revoked_at = ?2, revoked_by = ?3, revocation_reason = ?4, revocation_code = ?5
      WHERE ordinal = ?1
      """
    )
    .bind(1, Int64(row.ordinal)).bind(2, now.seconds).bind(3, actor).bind(4, cause.text).bind(5, cause.code)
    try run(change, onToken: row.token.id)
    let revision = try audit.append(
      at: now, actor: actor, action: "token.revoke", target: row.token.id,
      detail:
        "\(row.token.tenant) \(row.token.state) -> revoked \(cause.code)\(cause.text.isEmpty ? "" : ": ")\(cause.text)")
    var token = row.token
    token.state = .revoked
    token.revocation = Revocation(at: now, by: actor, cause: cause)
    return ChangedToken(token: token, digest: row.digest, revision: revision, didChange: true)
  }

  /// Disables an active token, or enables a disabled one.
  package func set(
    _ state: TokenState, ofToken id: String, in tenant: TenantName?, actor: String, at now: Instant
  ) throws(SQLiteError) -> Result<ChangedToken, Refusal> {
    guard let row = try row(id: id, in: tenant) else { return .failure(.unknownToken(id)) }
    guard row.token.state != .revoked else { return .failure(.revoked(row.token)) }
    if row.token.state == state { return .success(unchanged(row)) }
    willChange(row)
    let change = try database.statement("UPDATE tokens SET state = ?2 WHERE ordinal = ?1").bind(1, Int64(row.ordinal))
      .bind(2, Int64(state.rawValue))
    try run(change, onToken: row.token.id)
    let revision = try audit.append(
      at: now, actor: actor, action: state == .active ? "token.enable" : "token.disable", target: row.token.id,
      detail: "\(row.token.tenant) \(row.token.state) -> \(state)")
    var token = row.token
    token.state = state
    return .success(ChangedToken(token: token, digest: row.digest, revision: revision, didChange: true))
  }

  private func willChange(_ row: Row) {
    uncommitted.moved.append(row.before)
    uncommitted.changed.insert(row.ordinal)
  }

  private func unchanged(_ row: Row) -> ChangedToken {
    ChangedToken(token: row.token, digest: row.digest, revision: audit.revision, didChange: false)
  }

  /// Puts a new token in the place of an old one, which stays valid for a while, though not beyond its own expiry.
  /// - Parameters:
  ///   - grace: seconds; with 0 the old one is revoked at once.
  ///   - expiry: of the new one; unspecified means that of the old one.
  package func rotate(
    id: String, in tenant: TenantName?, grace: Int64, expiry: TokenDraft.Expiry, _ credential: Credential,
    by rights: Rights, at now: Instant
  ) throws(SQLiteError) -> Result<(old: ChangedToken, new: Created), Refusal> {
    guard let row = try row(id: id, in: tenant) else { return .failure(.unknownToken(id)) }
    let old = row.token
    let actor = rights.caller.name
    do throws(Refusal) { try Self.check(rotating: old, at: now) } catch { return .failure(error) }
    // What is no longer registered is not handed out again.
    guard row.hasSoundScopes else { throw .damaged("token \(id) has scopes that were not written") }
    let scopes = old.scopes.filter { catalog.number(of: $0) != nil }
    let end: Instant
    switch try self.tenant(old.tenant) {
    case .failure(let refusal): return .failure(refusal)
    case .success(let tenant):
      do throws(Refusal) {
        try rights.demand(handingOut: scopes, in: old.tenant)
        end =
          expiry == .unspecified
          ? tenant.policy.expiry(inherited: old.expiry, at: now) : try tenant.policy.expiry(expiry, at: now)
      } catch {
        return .failure(error)
      }
      // Without a grace the new token takes the old one's room.
      if grace > 0, let refusal = try refusal(ofRoom: tenant, at: now) { return .failure(refusal) }
    }
    guard !scopes.isEmpty else {
      return .failure(
        Refusal(
          .failed, "SCOPES_RETIRED", "id", "all scopes of token \(id) have been retired: create another in its place"))
    }
    var new = old
    new.id = credential.id
    new.scopes = scopes
    new.creator = actor
    new.created = now
    new.expiry = end
    new.predecessor = old.id
    new.lastUsed = nil
    new.exercised = []
    let ordinal: UInt32
    switch try insert(new, credential.digest, tenant: row.tenant, request: nil) {
    case .success(let number): ordinal = number
    case .failure(let refusal): return .failure(refusal)
    }
    willChange(row)
    var changed = old
    changed.successor = new.id
    if grace > 0 { changed.expiry = min(old.expiry, now.advanced(by: grace)) }
    let change = try database.statement("UPDATE tokens SET successor = ?2, expires_at = ?3 WHERE ordinal = ?1")
      .bind(1, Int64(row.ordinal)).bind(2, new.id).bind(3, changed.expiry == .never ? nil : changed.expiry.seconds)
    try run(change, onToken: old.id)
    let revision = try audit.append(
      at: now, actor: actor, action: "token.rotate", target: old.id,
      detail: "\(old.tenant) -> \(new.id) grace \(grace) \(new.summary)")
    let created = Created(token: new, ordinal: ordinal, revision: revision, isReplay: false)
    guard grace == 0 else {
      return .success(
        (ChangedToken(token: changed, digest: row.digest, revision: revision, didChange: true), created))
    }
    guard let superseded = try self.row(ordinal: row.ordinal) else {
      throw .damaged("token \(id) is not there any more")
    }
    return .success((try revoke(superseded, .rotated, actor: actor, at: now), created))
  }

  private static func check(rotating token: Token, at now: Instant) throws(Refusal) {
    switch token.standing(at: now) {
    case .revoked: throw .revoked(token)
    case .expired:
      throw Refusal(
        .failed, "TOKEN_EXPIRED", "id", "token \(token.id) has expired and can't be rotated: create another")
    case .disabled:
      throw Refusal(
        .failed, "TOKEN_DISABLED", "id", "token \(token.id) is disabled: enable it before it is rotated")
    case .active: break
    }
    if let successor = token.successor {
      throw Refusal(
        .failed, "TOKEN_ROTATED", "id",
        "token \(token.id) was rotated already: rotate \(successor), which took its place")
    }
  }

  // MARK: Many at once

  /// Which tokens a bulk change is about.
  package enum Selection: Sendable {
    case ids([String])
    case filter(TokenFilter)
  }

  /// What a bulk revocation came to, or would come to.
  package struct Blast: Sendable {
    package var tokens: [Token] = []
    package var changes: [ChangedToken] = []
    /// Ids that are none of the tenant's tokens.
    package var unknown: [String] = []
    /// How many were revoked already.
    package var revokedBefore = 0
  }

  /// Revokes what is selected in a tenant, or says what that would be.
  /// - Parameters:
  ///   - expected: how many there must be, as a dry run has said; nil if any number will do.
  ///   - most: more than this are refused.
  package func revoke(
    _ selection: Selection, in name: TenantName, _ cause: Revocation.Cause, isDryRun: Bool, expected: Int?, most: Int,
    actor: String, at now: Instant
  ) throws(SQLiteError) -> Result<Blast, Refusal> {
    let tenant: Tenant
    switch try self.tenant(name) {
    case .success(let found): tenant = found
    case .failure(let refusal): return .failure(refusal)
    }
    var blast = Blast()
    var rows: [Row] = []
    switch selection {
    case .ids(let ids):
      var seen: Set<String> = []
      for id in ids where seen.insert(id).inserted {
        guard let row = try row(id: id, in: name) else {
          blast.unknown.append(id)
          continue
        }
        if row.token.state == .revoked { blast.revokedBefore += 1 } else { rows.append(row) }
      }
    case .filter(let filter):
      try forEachToken(of: tenant, filter, at: now) { row in
        if row.token.state == .revoked { blast.revokedBefore += 1 } else { rows.append(row) }
        return rows.count <= most
      }
    }
    guard rows.count <= most else {
      return .failure(
        Refusal(
          .exhausted, "TOO_MANY_TOKENS", "filter",
          "more than \(most) tokens are meant: narrow the filter, or remove the tenant"))
    }
    if let expected, expected != rows.count {
      return .failure(
        Refusal(
          .failed, "COUNT_CHANGED", "expected_count",
          "\(rows.count) tokens are meant now, not \(expected): nothing was changed; look again with a dry run"))
    }
    blast.tokens = rows.map(\.token)
    if isDryRun { return .success(blast) }
    for row in rows { blast.changes.append(try revoke(row, cause, actor: actor, at: now)) }
    return .success(blast)
  }

  /// Revokes all tokens of a tenant and removes it, with the grants that name it.
  package func remove(
    _ name: TenantName, isDryRun: Bool, actor: String, at now: Instant
  ) throws(SQLiteError) -> Result<(live: Int, changes: [ChangedToken], revision: UInt64), Refusal> {
    let tenant: Tenant
    switch try self.tenant(name) {
    case .success(let found): tenant = found
    case .failure(let refusal): return .failure(refusal)
    }
    var rows: [Row] = []
    try forEachToken(of: tenant, TokenFilter(), at: now) {
      if $0.token.state != .revoked { rows.append($0) }
      return true
    }
    let live = rows.count { $0.token.standing(at: now) != .expired }
    if isDryRun { return .success((live, [], audit.revision)) }
    var changes: [ChangedToken] = []
    for row in rows { changes.append(try revoke(row, .tenantRemoved, actor: actor, at: now)) }
    try forget(tenant, actor: actor, at: now)
    let revision = try audit.append(
      at: now, actor: actor, action: "tenant.remove", target: name.description, detail: "\(live) live tokens revoked")
    return .success((live, changes, revision))
  }
}

extension Refusal {
  fileprivate static func revoked(_ token: Token) -> Refusal {
    Refusal(
      .failed, "TOKEN_REVOKED", "id", "token \(token.id) is revoked, for ever: create another in its place")
  }
}
