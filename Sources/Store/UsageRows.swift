// When tokens were last used, and for what.

package import Tokens

extension TokenStore {
  /// Writes down that a token was allowed at a moment, with scopes required that it holds. What is less than a minute
  /// newer than what is there, and has no further scope, is not worth a write.
  /// - Parameters:
  ///   - places: the scopes' places among all that the token holds, as bits.
  ///   - beyond: further scopes.
  /// - Returns: what is wrong with its row, of which nothing was written then; nil if nothing is.
  /// - Throws: what is found wrong beyond that: the transaction can't be committed then.
  package func noteUse(
    ofToken ordinal: UInt32, at moment: Instant, places: UInt32, beyond: ScopeSet
  ) throws(SQLiteError) -> SQLiteError? {
    let rows = try rows(ordinal: ordinal)
    defer { rows.reset() }
    guard try rows.step() else { return .gone(ordinal) }
    let row: Row
    do throws(SQLiteError) { row = try self.row(rows) } catch {
      guard error.isCorrupt, !error.isReadFault else { throw error }
      return error
    }
    let before = catalog.set(of: row.token.exercised)
    var exercised = ScopeSet(words: before.words | beyond.words)
    for (place, number) in catalog.set(of: row.token.scopes).numbers.prefix(UInt32.bitWidth).enumerated()
    where places >> UInt32(place) & 1 == 1 {
      exercised.insert(number)
    }
    let isNewer = (row.token.lastUsed ?? Instant(seconds: 0)).advanced(by: 60) <= moment
    guard isNewer || exercised != before else { return nil }
    let last = max(row.token.lastUsed ?? moment, moment)
    uncommitted.moved.append(row.before)
    let names = catalog.scopesEver(in: exercised)
    let set = names.isEmpty ? nil : try number(ofScopeSet: names)
    let change = try database.statement("UPDATE tokens SET last_used_at = ?2, exercised = ?3 WHERE ordinal = ?1")
      .bind(1, Int64(ordinal)).bind(2, last.seconds).bind(3, set)
    do throws(SQLiteError) { try run(change, onToken: row.token.id) } catch {
      guard error.isConstraint else { throw error }
      return error
    }
    return nil
  }
}
