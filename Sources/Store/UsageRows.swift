// When tokens were last used, and for what.

package import Tokens

extension TokenStore {
  /// Writes down that a token was allowed at a moment, with scopes required that it holds. What is less than a minute
  /// newer than what is there, and has no further scope, is not worth a write.
  /// - Parameters:
  ///   - places: the scopes' places among all that the token holds, as bits.
  ///   - beyond: further scopes.
  package func noteUse(
    ofToken ordinal: UInt32, at moment: Instant, places: UInt32, beyond: ScopeSet
  ) throws(SQLiteError) {
    guard let row = try row(ordinal: ordinal) else { return }
    let before = catalog.set(of: row.token.exercised)
    var exercised = ScopeSet(words: before.words | beyond.words)
    // Of damaged ones nobody can tell which was meant.
    let held = row.hasSoundScopes ? row.token.scopes : []
    for (place, number) in catalog.set(of: held).numbers.prefix(UInt32.bitWidth).enumerated()
    where places >> UInt32(place) & 1 == 1 {
      exercised.insert(number)
    }
    let isNewer = (row.token.lastUsed ?? Instant(seconds: 0)).advanced(by: 60) <= moment
    guard isNewer || exercised != before else { return }
    let last = max(row.token.lastUsed ?? moment, moment)
    history.record(row.before)
    let names = (catalog.scopes + catalog.retired).sorted { $0.number < $1.number }
      .filter { exercised.contains($0.number) }.map(\.scope)
    let set = names.isEmpty ? nil : try number(ofScopeSet: names)
    let change = try database.statement("UPDATE tokens SET last_used_at = ?2, exercised = ?3 WHERE ordinal = ?1")
      .bind(1, Int64(ordinal)).bind(2, last.seconds).bind(3, set)
    try run(change, onToken: row.token.id)
  }
}
