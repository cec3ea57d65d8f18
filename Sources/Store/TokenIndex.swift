// The index as the store sees it. Rule: a row of a token (`row(_:)`) is believed only if it is as the index has it, by which
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
    /// Where those stood that it has moved.
    var moved: [PlaceHistory.Before] = []

    struct Made {
      let token: Token
      let digest: Digest
    }
  }

  /// - Parameter tenant: the number of the token's.
  /// - Returns: what the index has of the token that a row is of; nil if that is found by no digest there.
  /// - Throws: if it is another than the row's.
  func indexed(
    _ digest: Digest, as token: Token, _ ordinal: UInt32, tenant: Int64
  ) throws(SQLiteError) -> Indexed? {
    guard let index else { return nil }
    let known = index.entry(of: digest, as: token)
    let isChanged = uncommitted.changed.contains(ordinal)
    let agrees: Bool
    if let known {
      agrees =
        known.isSame && known.ordinal == ordinal
        && (isChanged || (known.state, known.expiry) == (token.state, token.expiry))
    } else if let made = uncommitted.made[ordinal] {
      agrees =
        (made.token.id, made.token.tenant, made.digest) == (token.id, token.tenant, digest)
        && (isChanged || (made.token.state, made.token.expiry) == (token.state, token.expiry))
    } else {
      // It lets go of those that were revoked long ago.
      let isStored = try isStored(ordinal, token.id, tenant, digest)
      agrees = token.state == .revoked && isStored
    }
    guard agrees else { throw .damaged("token \(token.id) is not what the index has") }
    return known
  }

  /// Whether the table itself has these: what is found by an index has the columns that are in that.
  private func isStored(
    _ ordinal: UInt32, _ id: String, _ tenant: Int64, _ digest: Digest
  ) throws(SQLiteError) -> Bool {
    let row = try database.statement("SELECT id, tenant, digest FROM tokens WHERE ordinal = ?1").bind(1, Int64(ordinal))
    defer { row.reset() }
    guard try row.step(), row.text(0) == id, row.integer(1) == tenant else { return false }
    return row.withBlob(2) { Digest($0) } == digest
  }
}
