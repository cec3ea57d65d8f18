// Grants: adding, removing, listing, and finding those of a caller.

package import Tokens

/// A grant as it is kept.
package struct StoredGrant: Sendable, Equatable {
  package let number: Int64
  package let grant: Grant
  package let creator: String
  package let created: Instant
}

extension TokenStore {
  /// Gives a grant. One that is there already for that principal, realm and role gets the new cap.
  /// - Parameter most: how many grants there may be.
  package func add(
    _ grant: Grant, most: Int, actor: String, at now: Instant
  ) throws(SQLiteError) -> Result<(grant: StoredGrant, revision: UInt64), Refusal> {
    if case .tenant(let name) = grant.realm, case .failure(let refusal) = try tenant(name) {
      return .failure(refusal)
    }
    if case .org(let org) = grant.realm, try !knows(org: org) { return .failure(.unknownOrg(org)) }
    if case .scopes(let scopes) = grant.cap {
      let unknown = scopes.filter { catalog.number(of: $0) == nil }.sorted()
      guard unknown.isEmpty else { return .failure(.unknownScopes(unknown.map(\.description))) }
    }
    let before = grants.same(as: grant)
    guard before != nil || grants.all.count < most else {
      return .failure(
        Refusal(
          .exhausted, "TOO_MANY_GRANTS", "principal",
          "there are \(grants.all.count) grants, and no more can be kept: remove one, or grant to a group"))
    }
    let cap = grant.cap.stored
    if let before {
      try database.statement("UPDATE grants SET cap = ?2, creator = ?3, created_at = ?4 WHERE number = ?1")
        .bind(1, before.number).bind(2, cap).bind(3, actor).bind(4, now.seconds).run()
    } else {
      try database.statement(
        """
        INSERT INTO grants (principal, org_id, tenant_id, role, cap, creator, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        """
      )
      .bind(1, grant.principal.description).bind(2, grant.realm.org).bind(3, grant.realm.tenant)
      .bind(4, Int64(grant.role.rawValue)).bind(5, cap).bind(6, actor).bind(7, now.seconds).run()
    }
    try loadGrants()
    guard let stored = grants.same(as: grant), stored.grant == grant else {
      throw .damaged("a grant that was just written is not there")
    }
    let revision = try audit.append(
      at: now, actor: actor, action: "grant.add", target: grant.principal.description,
      detail: "\(grant.role.name) \(grant.realm) cap "
        + (before.map { "\($0.grant.cap.stored ?? "*") -> " } ?? "") + (cap ?? "*"))
    return .success((stored, revision))
  }

  /// Takes a grant away.
  package func removeGrant(_ stored: StoredGrant, actor: String, at now: Instant) throws(SQLiteError) -> UInt64 {
    try database.statement("DELETE FROM grants WHERE number = ?1").bind(1, stored.number).run()
    try loadGrants()
    guard grants.same(as: stored.grant) == nil else {
      throw .damaged("grant \(stored.number) is not found by its number")
    }
    return try audit.append(
      at: now, actor: actor, action: "grant.remove", target: stored.grant.principal.description,
      detail: "\(stored.grant.role.name) \(stored.grant.realm) cap \(stored.grant.cap.stored ?? "*")")
  }

  /// The grants that are made out to any of these principals.
  package func grants(of principals: [Principal]) -> [Grant] {
    principals.flatMap { grants.byPrincipal[$0] ?? [] }.map(\.grant)
  }

  /// Reads the grants again, as they stand in the open transaction.
  func loadGrants() throws(SQLiteError) { grants = try Self.readGrants(database) }

  static func readGrants(_ database: Database) throws(SQLiteError) -> GrantBook {
    var all: [StoredGrant] = []
    let rows = try database.statement(
      "SELECT number, principal, org_id, tenant_id, role, cap, creator, created_at FROM grants ORDER BY number")
    // One left on a damaged row would keep the log from being moved into the database.
    defer { rows.reset() }
    // One that has been given again, or removed, and was not found, would count on.
    var seen: Set<GrantBook.Key> = []
    while try rows.step() {
      let stored = try grant(rows)
      guard stored.number > all.last?.number ?? 0, seen.insert(GrantBook.Key(stored.grant)).inserted else {
        throw .damaged("grant \(stored.number) is out of its order, or there twice")
      }
      all.append(stored)
    }
    return GrantBook(all)
  }

  /// - Throws: if the numbers leave no room for those to come: such a one was never reached by counting from 1.
  static func checkGrantNumbers(_ database: Database) throws(SQLiteError) {
    let last = try database.statement(
      """
      SELECT coalesce(seq, 'NULL') FROM (
        SELECT seq FROM sqlite_sequence WHERE name = 'grants' UNION ALL SELECT coalesce(max(number), 0) FROM grants)
      WHERE typeof(seq) <> 'integer' OR seq NOT BETWEEN 0 AND ?1
      """)
    defer { last.reset() }
    try last.bind(1, .max >> 1)
    if try last.step() { throw .damaged("its last grant is \(last.text(0))") }
  }

  private static func grant(_ row: Statement) throws(SQLiteError) -> StoredGrant {
    guard let principal = Principal(row.text(1)), let role = Role(rawValue: UInt8(clamping: row.integer(4))) else {
      throw .damaged("grant \(row.integer(0)) has no proper principal or role")
    }
    let realm: Realm
    do throws(Refusal) {
      // As it was when it was given: a bit makes an operator of who was to be confined to a tenant.
      realm = try Realm(org: row.text(2), tenant: row.text(3))
      try Grant.check(role, in: realm, isCapped: !row.isNull(5))
    } catch {
      throw .damaged(
        "grant \(row.integer(0)) could not have been given: \(role.name) of '\(row.text(2))/\(row.text(3))'")
    }
    return StoredGrant(
      number: row.integer(0),
      grant: Grant(
        stored: principal, realm, role,
        row.isNull(5) ? .everything : .scopes(Set(scopes(row.text(5))))),
      creator: row.text(6), created: Instant(seconds: row.integer(7)))
  }
}

/// All grants there are: few enough to be kept in memory.
package struct GrantBook: Sendable {
  /// In the order in which they were first given.
  package let all: [StoredGrant]
  let byPrincipal: [Principal: [StoredGrant]]

  /// What there is one grant for.
  struct Key: Hashable {
    let principal: Principal
    let realm: Realm
    let role: Role

    init(_ grant: Grant) { (principal, realm, role) = (grant.principal, grant.realm, grant.role) }
  }

  /// The grant that giving `grant` would change: there is one for each principal, realm and role.
  package func same(as grant: Grant) -> StoredGrant? {
    byPrincipal[grant.principal]?.first { $0.grant.realm == grant.realm && $0.grant.role == grant.role }
  }

  init(_ all: [StoredGrant]) {
    self.all = all
    byPrincipal = Dictionary(grouping: all, by: \.grant.principal)
  }
}

extension ScopeCap {
  fileprivate var stored: String? {
    if case .scopes(let scopes) = self { scopes.sorted().map(\.description).joined(separator: " ") } else { nil }
  }
}

extension Refusal {
  /// An organization that has no registered tenant.
  package static func unknownOrg(_ org: String) -> Refusal {
    Refusal(
      .notFound, "UNKNOWN_ORG", "org_id", "organization '\(org)' has no tenants: add one, or list the tenants there are"
    )
  }
}
