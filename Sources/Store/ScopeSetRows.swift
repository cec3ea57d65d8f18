// Scopes that are named in rows: the sets that tokens hold or have used, the caps of grants, and permission sets.

package import Tokens

extension TokenStore {
  /// The sets of scopes that tokens hold, or have used, by their numbers: those that are sound.
  package func scopeSets() throws(SQLiteError) -> [Int64: ScopeSet] {
    var sets: [Int64: ScopeSet] = [:]
    // An index that covers it would be read instead.
    let rows = try database.statement("SELECT number, members FROM scope_sets NOT INDEXED")
    defer { rows.reset() }
    while try rows.step() {
      if let sound = soundScopes(rows, 1) { sets[rows.integer(0)] = sound.set }
    }
    return sets
  }

  /// The number of a set of scopes, which is a new one if there is none of them.
  /// - Throws: if its row has others: that the set is known may come of an index alone, and a start goes by the table.
  func number(ofScopeSet scopes: [Scope]) throws(SQLiteError) -> Int64 {
    let members = scopes.map(\.description).joined(separator: " ")
    let known = try database.statement("SELECT number FROM scope_sets WHERE members = ?1").bind(1, members)
    defer { known.reset() }
    guard try known.step() else {
      try database.statement("INSERT INTO scope_sets (members) VALUES (?1)").bind(1, members).run()
      return database.lastRow
    }
    let number = known.integer(0)
    let row = try database.statement("SELECT members FROM scope_sets WHERE number = ?1").bind(1, number)
    defer { row.reset() }
    guard try row.step(), row.isText(0), row.text(0) == members else {
      throw .damaged("scope set \(number) is not what was written")
    }
    return number
  }

  /// A grant or permission set whose scopes are not sound; nil if there is none. It allows less than it did, and nothing
  /// else tells of it.
  package func unsoundRule() throws(SQLiteError) -> String? {
    let rows = try database.statement(
      """
      SELECT 'grant ' || number, cap FROM grants WHERE cap IS NOT NULL
      UNION ALL SELECT 'permission set ' || name, members FROM permission_sets WHERE members <> '*'
      """)
    defer { rows.reset() }
    while try rows.step() {
      if soundScopes(rows, 1) == nil { return "\(rows.text(0)) has no scopes, or one that was never registered" }
    }
    return nil
  }

  /// The scopes that a column names; nil if there are none, or one is none or was never registered.
  func soundScopes(_ row: Statement, _ column: Int32) -> (scopes: [Scope], set: ScopeSet)? {
    guard row.isText(column) else { return nil }
    var scopes: [Scope] = []
    var set = ScopeSet()
    for word in row.text(column).split(separator: " ", omittingEmptySubsequences: false) {
      guard let scope = Scope(String(word)), let number = catalog.numberEver(of: scope) else { return nil }
      scopes.append(scope)
      set.insert(number)
    }
    return (scopes, set)
  }

  /// Those of the scopes that are named which are scopes.
  static func scopes(_ members: String) -> [Scope] { members.split(separator: " ").compactMap { Scope(String($0)) } }
}
