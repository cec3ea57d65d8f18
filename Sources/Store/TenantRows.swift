// Tenants: adding and listing.

package import Tokens

extension TokenStore {
  /// Registers a tenant.
  package func add(
    _ name: TenantName, actor: String, at now: Instant
  ) throws(SQLiteError) -> Result<(tenant: Tenant, revision: UInt64), Refusal> {
    guard try number(of: name) == nil else {
      return .failure(
        Refusal(
          .alreadyExists, "TENANT_EXISTS", "tenant_id", "tenant \(name) is registered already: nothing was changed"))
    }
    try database.statement("INSERT INTO tenants (org_id, tenant_id, created_at) VALUES (?1, ?2, ?3)")
      .bind(1, name.org).bind(2, name.tenant).bind(3, now.seconds).run()
    let revision = try audit.append(at: now, actor: actor, action: "tenant.add", target: name.description, detail: "")
    return .success((Tenant(name: name, created: now), revision))
  }

  /// The tenants after `last` that are `shown`, in order of org and tenant id, at most `most`.
  package func tenants(
    org: String?, after last: TenantName?, most: Int, where isShown: (TenantName) -> Bool
  ) throws(SQLiteError) -> [Tenant] {
    let rows = try database.statement(
      """
      SELECT org_id, tenant_id, created_at FROM tenants
      WHERE (?1 IS NULL OR org_id = ?1) AND (org_id, tenant_id) > (?2, ?3)
      ORDER BY org_id, tenant_id
      """)
    try rows.bind(1, org).bind(2, last?.org ?? "").bind(3, last?.tenant ?? "")
    var tenants: [Tenant] = []
    while tenants.count < most, try rows.step() {
      let name = TenantName(stored: rows.text(0), rows.text(1))
      if isShown(name) { tenants.append(Tenant(name: name, created: Instant(seconds: rows.integer(2)))) }
    }
    rows.reset()
    return tenants
  }

  /// Whether an organization has any tenant.
  package func knows(org: String) throws(SQLiteError) -> Bool {
    let row = try database.statement("SELECT 1 FROM tenants WHERE org_id = ?1 LIMIT 1").bind(1, org)
    let known = try row.step()
    row.reset()
    return known
  }

  func number(of name: TenantName) throws(SQLiteError) -> Int64? {
    let row = try database.statement("SELECT number FROM tenants WHERE org_id = ?1 AND tenant_id = ?2")
    try row.bind(1, name.org).bind(2, name.tenant)
    let number = try row.step() ? row.integer(0) : nil
    row.reset()
    return number
  }

  /// The number of a tenant that a request names, or the refusal that says what to do.
  func registered(_ name: TenantName) throws(SQLiteError) -> Result<Int64, Refusal> {
    if let number = try number(of: name) { return .success(number) }
    return .failure(
      Refusal(
        .notFound, "UNKNOWN_TENANT", "tenant_id",
        "tenant \(name) is not registered: add it, or list the tenants there are"))
  }
}
