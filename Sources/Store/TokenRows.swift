// Tokens: reading rows.

package import Tokens

extension TokenStore {
  /// One token by its public id.
  package func token(id: String, in tenant: TenantName?) throws(SQLiteError) -> Result<Token, Refusal> {
    guard let row = try row(id: id, in: tenant) else { return .failure(.unknownToken(id)) }
    return .success(row.token)
  }

  /// The token of this digest; nil if there is none.
  package func token(digest: Digest) throws(SQLiteError) -> Token? { try row(digest: digest)?.token }

  /// The digest of the token of that id; nil if there is none.
  package func digest(ofToken id: String) throws(SQLiteError) -> Digest? { try row(id: id, in: nil)?.digest }

  /// Where a token is bound; nil if there is none of that id.
  package func tenant(ofToken id: String) throws(SQLiteError) -> TenantName? {
    try row(id: id, in: nil)?.token.tenant
  }

  /// Whether `tenant` is registered; the refusal says what to do if not.
  package func checkRegistered(_ tenant: TenantName) throws(SQLiteError) -> Refusal? {
    if case .failure(let refusal) = try self.tenant(tenant) { return refusal }
    return nil
  }

  /// Everything that `row(_:)` reads, in its order. The joins are such that the planner keeps them in it, and that no
  /// token goes missing with a row that it names.
  static let selectToken = """
    SELECT tokens.ordinal, tokens.id, tokens.name, tokens.description, org_id, tenant_id, scope_sets.members,
    permission_set, state, creator, tokens.created_at, expires_at, revoked_at, revoked_by, revocation_reason, digest,
    revocation_code, predecessor, successor, last_used_at, exercises.members, tokens.tenant, expiry_key
    FROM tokens LEFT JOIN tenants ON tenants.number = tokens.tenant
    LEFT JOIN scope_sets ON scope_sets.number = tokens.scope_set
    LEFT JOIN scope_sets AS exercises ON exercises.number = tokens.exercised\u{20}
    """

  /// A token with what only the store knows of it.
  struct Row {
    let ordinal: UInt32
    let token: Token
    let digest: Digest
    /// The number of its tenant.
    let tenant: Int64
    /// Whether its scopes were read as they were written; if not, the token has those by which verdicts go, if there are
    /// any, or those that can be read.
    let hasSoundScopes: Bool
    /// Whether it was made in the open transaction, so that the index does not have it yet.
    let isNew: Bool

    var before: PlaceHistory.Before {
      PlaceHistory.Before(
        ordinal: ordinal, tenant: tenant, state: Int64(token.state.rawValue), expiry: token.expiry.seconds,
        lastUsed: token.lastUsed?.seconds ?? 0)
    }

    /// Where it stands in an order.
    func place(in sort: TokenOrder.Sort) -> TokenPlace { before.place(in: sort, name: token.name) }
  }

  /// The token of that id, if it is bound to `tenant` or that is nil.
  func row(id: String, in tenant: TenantName?) throws(SQLiteError) -> Row? {
    let rows = try database.statement(Self.selectToken + "WHERE tokens.id = ?1").bind(1, id)
    return try first(rows) { tenant == nil || tenant == $0.token.tenant }
  }

  func row(digest: Digest) throws(SQLiteError) -> Row? {
    let rows = try database.statement(Self.selectToken + "WHERE tokens.digest = ?1").bind(1, blob: digest.bytes)
    let row = try first(rows) { _ in true }
    if row == nil, let index, index.has(digest) {
      throw .damaged("a token that the index has is not found by its digest")
    }
    return row
  }

  func row(ordinal: UInt32) throws(SQLiteError) -> Row? { try first(rows(ordinal: ordinal)) { _ in true } }

  /// What `row(ordinal:)` reads, for whoever has to tell a row that is damaged from what SQLite fails to read.
  func rows(ordinal: UInt32) throws(SQLiteError) -> Statement {
    try database.statement(Self.selectToken + "WHERE tokens.ordinal = ?1").bind(1, Int64(ordinal))
  }

  /// Runs a statement that changes a token's row.
  /// - Throws: whose row it is, too, if its table does not allow it.
  func run(_ change: Statement, onToken id: String) throws(SQLiteError) {
    do throws(SQLiteError) { try change.run() } catch {
      guard error.isConstraint else { throw error }
      throw SQLiteError(code: error.code, message: "token \(id): \(error.message)")
    }
  }

  private func first(_ rows: Statement, where isMeant: (Row) -> Bool) throws(SQLiteError) -> Row? {
    defer { rows.reset() }
    let row = try rows.step() ? try row(rows) : nil
    return row.flatMap { isMeant($0) ? $0 : nil }
  }

  /// The row that a statement of `selectToken` stands on.
  /// - Throws: if it contradicts itself, or is not as the index has it.
  func row(_ row: Statement) throws(SQLiteError) -> Row {
    guard let digest = row.withBlob(15, { Digest($0) }),
      let state = TokenState(rawValue: UInt8(clamping: row.integer(8))),
      (state == .revoked) != row.isNull(12), !row.isNull(4)
    else { throw .damaged("token \(row.text(1)) is not what was written") }
    let written = soundScopes(row, 6)
    var token = Self.token(row, state, written?.scopes ?? Self.scopes(row.text(6)))
    let ordinal = UInt32(clamping: row.integer(0))
    let known = try indexed(digest, as: token, ordinal, tenant: row.integer(21))
    let hasSoundScopes = written != nil && (known == nil || known?.scopes == written?.set)
    if let known, !hasSoundScopes { token.scopes = catalog.scopesEver(in: known.scopes) }
    return Row(
      ordinal: ordinal, token: token, digest: digest, tenant: row.integer(21), hasSoundScopes: hasSoundScopes,
      isNew: uncommitted.made[ordinal] != nil)
  }

  private static func token(_ row: Statement, _ state: TokenState, _ scopes: [Scope]) -> Token {
    var token = Token(
      id: row.text(1), name: row.text(2), description: row.text(3),
      tenant: TenantName(stored: row.text(4), row.text(5)), scopes: scopes,
      permissionSet: row.isNull(7) ? nil : row.text(7), state: state, creator: row.text(9),
      created: Instant(seconds: row.integer(10)),
      expiry: row.isNull(11) ? .never : Instant(seconds: row.integer(11)),
      revocation: row.isNull(12)
        ? nil
        : Revocation(
          at: Instant(seconds: row.integer(12)), by: row.text(13),
          cause: Revocation.Cause(stored: row.isNull(16) ? "unspecified" : row.text(16), row.text(14))))
    token.predecessor = row.isNull(17) ? nil : row.text(17)
    token.successor = row.isNull(18) ? nil : row.text(18)
    token.lastUsed = row.integer(19) == 0 ? nil : Instant(seconds: row.integer(19))
    token.exercised = row.isNull(20) ? [] : Self.scopes(row.text(20))
    return token
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
