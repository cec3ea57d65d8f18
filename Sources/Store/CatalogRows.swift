// The catalog: registering and retiring scopes, defining permission sets.

package import Tokens

extension TokenStore {
  /// Registers scopes: all of them or, if one can't be, none.
  /// - Parameter restoring: whether those that were retired are registered again, for the tokens that hold them too.
  /// - Returns: those that were not registered before.
  package func register(
    _ scopes: [Scope], restoring: Bool, actor: String, at now: Instant
  ) throws(SQLiteError) -> Result<(added: [Scope], revision: UInt64), Refusal> {
    var seen: Set<Scope> = []
    let wanted = scopes.filter { seen.insert($0).inserted && catalog.number(of: $0) == nil }
    let retired = wanted.filter { catalog.numberEver(of: $0) != nil }
    guard retired.isEmpty || restoring else {
      return .failure(
        Refusal(
          .failed, "SCOPE_RETIRED", "scopes",
          "scopes names what was retired: \(retired.map(\.description).joined(separator: ", ")); "
            + "choose another name, or restore it for the tokens that hold it too"))
    }
    let new = wanted.filter { catalog.numberEver(of: $0) == nil }
    let known = catalog.scopes.count + catalog.retired.count
    guard known + new.count <= ScopeSet.capacity else {
      return .failure(
        Refusal(
          .exhausted, "CATALOG_FULL", "scopes",
          "\(known) scopes are registered or were; at most \(ScopeSet.capacity) can be: register fewer"))
    }
    guard !wanted.isEmpty else { return .success(([], audit.revision)) }
    for (index, scope) in new.enumerated() {
      try database.statement("INSERT INTO scopes (number, name) VALUES (?1, ?2)").bind(1, Int64(known + index))
        .bind(2, scope.description).run()
    }
    for scope in retired { try set(retired: nil, scope) }
    try loadCatalog()
    let revision = try audit.append(
      at: now, actor: actor, action: retired.isEmpty ? "scope.register" : "scope.restore",
      target: wanted[0].description,
      detail: wanted.map(\.description).joined(separator: " "))
    return .success((wanted, revision))
  }

  /// Retires a scope, or says how many live tokens hold it.
  package func retire(
    _ scope: Scope, isDryRun: Bool, actor: String, at now: Instant
  ) throws(SQLiteError) -> Result<(live: Int, revision: UInt64), Refusal> {
    guard catalog.number(of: scope) != nil else { return .failure(.unknownScopes([scope.description])) }
    let rows = try database.statement(
      """
      SELECT count(*) FROM tokens JOIN scope_sets ON scope_sets.number = tokens.scope_set
      WHERE state IN (1, 2) AND expiry_key > ?1 AND instr(' ' || members || ' ', ' ' || ?2 || ' ') > 0
      """)
    try rows.bind(1, now.seconds).bind(2, scope.description)
    let live = try rows.step() ? Int(rows.integer(0)) : 0
    rows.reset()
    if isDryRun { return .success((live, audit.revision)) }
    try set(retired: now, scope)
    try loadCatalog()
    let revision = try audit.append(
      at: now, actor: actor, action: "scope.retire", target: scope.description, detail: "held by \(live) live tokens")
    return .success((live, revision))
  }

  private func set(retired moment: Instant?, _ scope: Scope) throws(SQLiteError) {
    // By its number, which no index has to find.
    try database.statement("UPDATE scopes SET retired_at = ?2 WHERE number = ?1")
      .bind(1, catalog.numberEver(of: scope).map(Int64.init)).bind(2, moment?.seconds).run()
  }

  /// Defines a permission set, or gives one another meaning.
  package func define(
    _ set: PermissionSet, actor: String, at now: Instant
  ) throws(SQLiteError) -> Result<UInt64, Refusal> {
    if case .scopes(let scopes) = set.members {
      let unknown = scopes.filter { catalog.number(of: $0) == nil }
      guard unknown.isEmpty else { return .failure(.unknownScopes(unknown.map(\.description))) }
    }
    let before = catalog.permissionSet(named: set.name).map(\.stored) ?? "none"
    var expected = catalog.permissionSets
    if let known = expected.firstIndex(where: { $0.name == set.name }) {
      expected[known] = set
    } else {
      expected.append(set)
    }
    try database.statement(
      """
      INSERT INTO permission_sets (name, title, members) VALUES (?1, ?2, ?3)
      ON CONFLICT DO UPDATE SET title = excluded.title, members = excluded.members
      """
    ).bind(1, set.name).bind(2, set.title).bind(3, set.stored).run()
    try loadCatalog(expecting: expected)
    return .success(
      try audit.append(
        at: now, actor: actor, action: "permission-set.define", target: set.name, detail: "\(before) -> \(set.stored)"))
  }

  /// Removes a permission set; tokens that were made from it keep what they hold.
  package func removePermissionSet(
    named name: String, actor: String, at now: Instant
  ) throws(SQLiteError) -> Result<UInt64, Refusal> {
    guard let set = catalog.permissionSet(named: name) else {
      let known = catalog.permissionSets.map(\.name).joined(separator: ", ")
      return .failure(
        Refusal(.notFound, "UNKNOWN_PERMISSION_SET", "name", "name is none of the sets defined: \(known)"))
    }
    try database.statement("DELETE FROM permission_sets WHERE name = ?1").bind(1, name).run()
    try loadCatalog(expecting: catalog.permissionSets.filter { $0.name != name })
    return .success(
      try audit.append(
        at: now, actor: actor, action: "permission-set.remove", target: name, detail: "\(set.stored) -> none"))
  }

  /// Reads the catalog again, as it stands in the open transaction.
  func loadCatalog() throws(SQLiteError) {
    catalog = try Self.readCatalog(database)
  }

  /// The same.
  /// - Throws: if these are not the permission sets: their rows are found by an index, which may have led to another's.
  private func loadCatalog(expecting sets: [PermissionSet]) throws(SQLiteError) {
    try loadCatalog()
    guard catalog.permissionSets == sets else { throw .damaged("a permission set is not found by its name") }
  }

  static func readCatalog(_ database: Database) throws(SQLiteError) -> Catalog {
    var scopes: [(number: Int, scope: Scope)] = []
    var retired: [(number: Int, scope: Scope)] = []
    var seen: Set<Scope> = []
    let scopeRows = try database.statement("SELECT number, name, retired_at FROM scopes ORDER BY number")
    defer { scopeRows.reset() }
    while try scopeRows.step() {
      guard let scope = Scope(scopeRows.text(1)), seen.insert(scope).inserted else {
        throw .damaged("a scope has no proper name")
      }
      // None is ever taken away.
      let number = scopes.count + retired.count
      guard scopeRows.integer(0) == number, number < ScopeSet.capacity else {
        throw .damaged("scope \(scope) has the number \(scopeRows.integer(0)), where \(number) comes next")
      }
      let entry = (number: number, scope: scope)
      if scopeRows.isNull(2) { scopes.append(entry) } else { retired.append(entry) }
    }
    var sets: [PermissionSet] = []
    let setRows = try database.statement("SELECT name, title, members FROM permission_sets ORDER BY rowid")
    defer { setRows.reset() }
    while try setRows.step() {
      // Asked first: what is taken as a text is one from then on.
      let areTexts = (0...2).allSatisfy(setRows.isText)
      let members = setRows.text(2)
      let set = PermissionSet(
        name: setRows.text(0), title: setRows.text(1),
        members: members == "*" ? .everything : .scopes(Self.scopes(members)))
      // A blob is found by no name, and two of one name are one that a change has not found.
      guard let set, areTexts, !sets.contains(where: { $0.name == set.name }) else {
        throw .damaged("permission set \(setRows.text(0)) is not what it says")
      }
      sets.append(set)
    }
    return Catalog(scopes: scopes, retired: retired, permissionSets: sets)
  }
}

extension PermissionSet {
  /// Its members as the table has them.
  var stored: String {
    switch members {
    case .everything: "*"
    case .scopes(let scopes): scopes.map(\.description).joined(separator: " ")
    }
  }
}
