// The index as the store sees it. Rule: what is read of a token is believed only if it is as the index has it, by which
// verdicts go. Pages that were read at the start may be read anew, and be others by then; an entry of an index of the
// database may lead to another row.

package import Tokens

/// The index in memory. It has what was committed last.
package protocol TokenIndex {
  /// What it has of the token of a digest; nil if it has none. `token` is what a row says of it.
  func entry(of digest: Digest, as token: Token) -> TokenStore.Indexed?
  /// Whether it has a token of that digest.
  func has(_ digest: Digest) -> Bool
  /// The numbers of all tokens of `tenant`, rising, revoked ones too.
  func ordinals(of tenant: TenantName) -> [UInt32]
}

extension TokenStore {
  /// What the index has of a token.
  package struct Indexed {
    /// Whether its id and its tenant are those that the row has.
    let isSame: Bool
    let ordinal: UInt32
    let scopes: ScopeSet
    let state: TokenState
    let expiry: Instant

    package init(isSame: Bool, ordinal: UInt32, scopes: ScopeSet, state: TokenState, expiry: Instant) {
      (self.isSame, self.ordinal, self.scopes) = (isSame, ordinal, scopes)
      (self.state, self.expiry) = (state, expiry)
    }
  }

  /// What the open transaction has done to tokens, which the index does not have yet.
  struct Uncommitted {
    /// Those that it has made, by their ordinals.
    var made: [UInt32: Made] = [:]
    /// The ordinals of those whose state or expiry it has changed.
    var changed: Set<UInt32> = []

    struct Made: Equatable {
      let id: String
      let tenant: TenantName

      init(_ token: Token) { (id, tenant) = (token.id, token.tenant) }
    }
  }

  /// - Returns: what the index has of the token that a row is of; nil if that is found by no digest there.
  /// - Throws: if it is another than the row's.
  func indexed(_ digest: Digest, as token: Token, _ ordinal: UInt32) throws(SQLiteError) -> Indexed? {
    guard let index else { return nil }
    let known = index.entry(of: digest, as: token)
    let agrees: Bool
    if let known {
      let isAsCommitted = (known.state, known.expiry) == (token.state, token.expiry)
      agrees =
        known.isSame && known.ordinal == ordinal && (isAsCommitted || uncommitted.changed.contains(ordinal))
    } else if let made = uncommitted.made[ordinal] {
      agrees = made == Uncommitted.Made(token)
    } else {
      // It lets go of those that were revoked long ago.
      let id = try id(ordinal)
      agrees = token.state == .revoked && id == token.id
    }
    guard agrees else { throw .damaged("token \(token.id) is not what the index has") }
    return known
  }

  /// The id that the table itself has: what is found by an index has the columns that are in that.
  private func id(_ ordinal: UInt32) throws(SQLiteError) -> String? {
    let row = try database.statement("SELECT id FROM tokens WHERE ordinal = ?1").bind(1, Int64(ordinal))
    defer { row.reset() }
    return try row.step() ? row.text(0) : nil
  }
}
