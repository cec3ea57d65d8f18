// Tenants: adding, listing, policies, and removing.

package import Tokens

extension TokenStore {
  /// Registers a tenant. One that was removed comes back, without a policy; its tokens stay revoked.
  package func add(
    _ name: TenantName, actor: String, at now: Instant
  ) throws(SQLiteError) -> Result<(tenant: Tenant, revision: UInt64), Refusal> {
    if case .success = try tenant(name) {
      return .failure(
        Refusal(
          .alreadyExists, "TENANT_EXISTS", "tenant_id", "tenant \(name) is registered already: nothing was changed"))
    }
    try database.statement(
      """
      INSERT INTO tenants (org_id, tenant_id, created_at) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET
      created_at = excluded.created_at, removed_at = NULL, max_lifetime = NULL, default_lifetime = NULL, max_tokens = NULL
      """
    ).bind(1, name.org).bind(2, name.tenant).bind(3, now.seconds).run()
    let revision = try audit.append(at: now, actor: actor, action: "tenant.add", target: name.description, detail: "")
    return try tenant(name).map { ($0, revision) }
  }

  /// Changes what a tenant allows.
  package func set(
    _ policy: TenantPolicy, of name: TenantName, actor: String, at now: Instant
  ) throws(SQLiteError) -> Result<(tenant: Tenant, revision: UInt64), Refusal> {
    let old: Tenant
    switch try tenant(name) {
    case .success(let found): old = found
    case .failure(let refusal): return .failure(refusal)
    }
    try database.statement(
      "UPDATE tenants SET max_lifetime = ?2, default_lifetime = ?3, max_tokens = ?4 WHERE number = ?1"
    ).bind(1, old.number).bind(2, policy.maxLifetime).bind(3, policy.defaultLifetime)
      .bind(4, policy.maxTokens.map(Int64.init)).run()
    let revision = try audit.append(
      at: now, actor: actor, action: "tenant.policy", target: name.description,
      detail: "\(old.policy.summary) -> \(policy.summary)")
    return try tenant(name).map { ($0, revision) }
  }

  /// The tenants after `last` that are shown, in order of org and tenant id, at most `most`.
  package func tenants(
    org: String?, after last: TenantName?, most: Int, where isShown: (TenantName) -> Bool
  ) throws(SQLiteError) -> [Tenant] {
    let rows = try database.statement(
      Self.selectTenant
        + """
        (?1 IS NULL OR org_id = ?1) AND (org_id, tenant_id) > (?2, ?3) ORDER BY org_id, tenant_id
        """)
    try rows.bind(1, org).bind(2, last?.org ?? "").bind(3, last?.tenant ?? "")
    var tenants: [Tenant] = []
    while tenants.count < most, try rows.step() {
      let tenant = Self.read(rows)
      if isShown(tenant.name) { tenants.append(tenant) }
    }
    rows.reset()
    return tenants
  }

  /// Whether an organization has any tenant.
  package func knows(org: String) throws(SQLiteError) -> Bool {
    let row = try database.statement("SELECT 1 FROM tenants WHERE org_id = ?1 AND removed_at IS NULL LIMIT 1")
    let known = try row.bind(1, org).step()
    row.reset()
    return known
  }

  /// The tenant that a request names, or the refusal that says what to do.
  package func tenant(_ name: TenantName) throws(SQLiteError) -> Result<Tenant, Refusal> {
    let row = try database.statement(Self.selectTenant + "org_id = ?1 AND tenant_id = ?2")
    try row.bind(1, name.org).bind(2, name.tenant)
    let found = try row.step() ? Self.read(row) : nil
    row.reset()
    if let found {
      // What is found by an index has the columns that are in that.
      let table = try database.statement("SELECT org_id, tenant_id FROM tenants WHERE number = ?1").bind(
        1, found.number)
      defer { table.reset() }
      guard try table.step(), TenantName(stored: table.text(0), table.text(1)) == name else {
        throw .damaged("tenant \(name) is found where another one is")
      }
      return .success(found)
    }
    return .failure(
      Refusal(
        .notFound, "UNKNOWN_TENANT", "tenant_id",
        "tenant \(name) is not registered: add it, or list the tenants there are"))
  }

  /// Takes a registered tenant's row away from everything but history, and the rights that were given in it. Limits
  /// stay: whoever was confined to this tenant must not be let into all others.
  func forget(_ tenant: Tenant, actor: String, at now: Instant) throws(SQLiteError) {
    try database.statement("UPDATE tenants SET removed_at = ?2 WHERE number = ?1").bind(1, tenant.number)
      .bind(2, now.seconds).run()
    for stored in grants.all where stored.grant.realm == .tenant(tenant.name) && stored.grant.role != .validator {
      _ = try removeGrant(stored, actor: actor, at: now)
    }
  }

  private static let selectTenant = """
    SELECT number, org_id, tenant_id, created_at, max_lifetime, default_lifetime, max_tokens FROM tenants
    WHERE removed_at IS NULL AND\u{20}
    """

  private static func read(_ row: Statement) -> Tenant {
    func number(_ column: Int32) -> Int64? { row.isNull(column) ? nil : row.integer(column) }
    return Tenant(
      number: row.integer(0), name: TenantName(stored: row.text(1), row.text(2)),
      created: Instant(seconds: row.integer(3)),
      policy: TenantPolicy(stored: number(4), number(5), number(6).map { Int(clamping: $0) }))
  }
}

extension TenantPolicy {
  /// What the audit trail says of it.
  fileprivate var summary: String {
    func text(_ number: Int64?) -> String { number.map(String.init) ?? "none" }
    return "max_lifetime \(text(maxLifetime)) default_lifetime \(text(defaultLifetime)) "
      + "max_tokens \(text(maxTokens.map(Int64.init)))"
  }
}
