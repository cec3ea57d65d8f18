// Tokens: pages of a tenant's tokens, in any order.

package import Tokens

/// A page of a listing.
package struct TokenSlice: Sendable {
  /// With their places in the order.
  package var tokens: [(place: TokenPlace, token: Token)] = []
  /// Where to go on; nil if there is no more. It may be beyond the last token, if others were passed over.
  package var next: TokenPlace?
  /// What the places are as of, if they can change.
  package var moment: ListingMoment?

  package init() {}
}

/// The moment at which a listing began, in the run of the daemon in which it did.
package struct ListingMoment: Sendable, Equatable {
  let run: Int64
  let change: UInt64

  package init?(_ text: String) {
    let parts = text.split(separator: ".")
    guard parts.count == 2, let run = Int64(parts[0]), let change = UInt64(parts[1]) else { return nil }
    self.init(run: run, change: change)
  }

  init(run: Int64, change: UInt64) {
    self.run = run
    self.change = change
  }

  package var text: String { "\(run).\(change)" }
}

extension TokenStore {
  /// How many tokens are looked at for one page; a filter that lets few through gives short pages.
  static let mostScanned = 10_000

  /// The tokens of `tenant` after a place, in an order, that a filter lets through.
  ///
  /// Places that can change are those of the moment at which the listing began: whatever has changed since, no token is
  /// listed twice or passed over.
  /// - Parameters:
  ///   - last: the place that the page before ended with; nil for the first page.
  ///   - moment: what the page before was as of.
  package func tokens(
    of tenant: TenantName, _ filter: TokenFilter, in order: TokenOrder, after last: TokenPlace?,
    asOf moment: ListingMoment?, most: Int, at now: Instant
  ) throws(SQLiteError) -> Result<TokenSlice, Refusal> {
    let number: Int64
    switch try self.tenant(tenant) {
    case .success(let found): number = found.number
    case .failure(let refusal): return .failure(refusal)
    }
    var slice = TokenSlice()
    var moved: [UInt32: PlaceHistory.Before] = [:]
    if order.isMutable {
      let began = moment ?? ListingMoment(run: run, change: history.now)
      guard began.run == run, let changed = history.moved(since: began.change, tenant: number) else {
        return .failure(.pageExpired)
      }
      slice.moment = began
      moved = changed
    }
    var walk = Walk(self, try rows(of: number, in: order, after: last), without: Set(moved.keys))
    defer { walk.end() }
    var returning = try places(of: moved, in: order, after: last)[...]
    var scanned = 0
    while slice.tokens.count < most, scanned < Self.mostScanned {
      let next: Row
      let place: TokenPlace
      let kept = try walk.peek().map { (row: $0, place: $0.place(in: order.sort)) }
      if let back = returning.first, kept.map({ order.isDescending ? $0.place < back : back < $0.place }) ?? true {
        returning.removeFirst()
        place = back
        guard let row = try row(ordinal: back.ordinal), row.tenant == number else { throw .gone(back.ordinal) }
        next = row
      } else if let kept {
        walk.take()
        (next, place) = (kept.row, kept.place)
      } else {
        slice.next = nil
        return .success(slice)
      }
      scanned += 1
      slice.next = place
      if filter.matches(next.token, at: now) { slice.tokens.append((place, next.token)) }
    }
    // Nothing beyond means that this was the last page.
    if returning.isEmpty, try walk.peek() == nil { slice.next = nil }
    return .success(slice)
  }

  /// A page of the tokens with these ordinals, in this order.
  package func tokens(withOrdinals ordinals: [UInt32]) throws(SQLiteError) -> [(place: TokenPlace, token: Token)] {
    var tokens: [(place: TokenPlace, token: Token)] = []
    for ordinal in ordinals {
      guard let row = try row(ordinal: ordinal) else { throw .gone(ordinal) }
      tokens.append((row.place(in: .created), row.token))
    }
    return tokens
  }

  /// Hands every token of a tenant that a filter lets through to `body`, until that returns false.
  /// - Throws: if those are not all that the index has of it, each once: not all are found by way of their tenant then.
  func forEachToken(
    of tenant: Tenant, _ filter: TokenFilter, at now: Instant, _ body: (Row) throws(SQLiteError) -> Bool
  ) throws(SQLiteError) {
    var expected = index?.ordinals(of: tenant.name)[...]
    var walk = Walk(self, try rows(of: tenant.number, in: TokenOrder(.created, isDescending: false), after: nil))
    defer { walk.end() }
    while let row = try walk.peek() {
      walk.take()
      guard row.token.tenant == tenant.name, row.isNew || expected == nil || expected?.popFirst() == row.ordinal else {
        throw .damaged("token \(row.token.id) is found where another one of tenant \(tenant.name) is")
      }
      if filter.matches(row.token, at: now), try !body(row) { return }
    }
    guard expected?.isEmpty ?? true else { throw .damaged("a token of tenant \(tenant.name) is not found by it") }
  }

  /// The rows of a tenant after a place, as statements to be stepped through one after another.
  ///
  /// Each order has an index that ends with the ordinal, so that the first row costs the same wherever it is. SQLite
  /// does not seek to a rowid within ties if it is compared as part of a row value, so ties have a statement of their own.
  private func rows(
    of tenant: Int64, in order: TokenOrder, after last: TokenPlace?
  ) throws(SQLiteError) -> [Statement] {
    let columns = order.sort.columns
    let sorted = columns.map { "tokens.\($0.name)\(order.isDescending ? " DESC" : "")" }.joined(separator: ", ")
    let head = Self.selectToken + "WHERE tokens.tenant = ?1"
    guard let last else { return [try database.statement("\(head) ORDER BY \(sorted)").bind(1, tenant)] }
    var statements: [Statement] = []
    for count in (1...columns.count).reversed() {
      let equal = columns.prefix(count - 1).map { " AND tokens.\($0.name) = ?\($0.parameter)" }.joined()
      let next = columns[count - 1]
      let beyond = " AND tokens.\(next.name) \(order.isDescending ? "<" : ">") ?\(next.parameter)"
      let rows = try database.statement("\(head)\(equal)\(beyond) ORDER BY \(sorted)")
      try rows.bind(1, tenant)
      for column in columns.prefix(count) {
        switch column.parameter {
        case 2: try rows.bind(2, last.first)
        case 3: try rows.bind(3, last.second)
        case 4: try rows.bind(4, last.name)
        default: try rows.bind(5, Int64(last.ordinal))
        }
      }
      statements.append(rows)
    }
    return statements
  }

  /// The places after `last` at which moved tokens stood, in order.
  private func places(
    of moved: [UInt32: PlaceHistory.Before], in order: TokenOrder, after last: TokenPlace?
  ) throws(SQLiteError) -> [TokenPlace] {
    let places = moved.values.map { $0.place(in: order.sort, name: "") }
    let beyond = places.filter { place in
      guard let last else { return true }
      return order.isDescending ? place < last : last < place
    }
    return order.isDescending ? beyond.sorted(by: >) : beyond.sorted()
  }
}

extension SQLiteError {
  /// None is ever taken away.
  static func gone(_ ordinal: UInt32) -> SQLiteError { .damaged("token number \(ordinal) is not there any more") }
}

/// A walk over the rows of statements, one after another, that passes over some tokens.
private struct Walk {
  private let store: TokenStore
  private var statements: ArraySlice<Statement>
  private let left: Set<UInt32>
  private var head: TokenStore.Row?

  init(_ store: TokenStore, _ statements: [Statement], without left: Set<UInt32> = []) {
    self.store = store
    self.statements = statements[...]
    self.left = left
  }

  /// The next row, which stays until it is taken.
  mutating func peek() throws(SQLiteError) -> TokenStore.Row? {
    while head == nil, let rows = statements.first {
      guard try rows.step() else {
        rows.reset()
        statements.removeFirst()
        continue
      }
      let row = try store.row(rows)
      if !left.contains(row.ordinal) { head = row }
    }
    return head
  }

  mutating func take() { head = nil }

  /// Gives back what the statements hold.
  func end() { for rows in statements { rows.reset() } }
}

extension TokenOrder.Sort {
  /// The columns that it sorts by, with the parameters that stand for their values in a place.
  fileprivate var columns: [(name: String, parameter: Int)] {
    let key: [(String, Int)] =
      switch self {
      case .created: []
      case .expires: [("expiry_key", 2)]
      case .lastUsed: [("last_used_at", 2)]
      case .name: [("name", 4)]
      case .state: [("state", 2), ("expiry_key", 3)]
      }
    return key + [("ordinal", 5)]
  }
}

extension PlaceHistory.Before {
  /// Where the token stood in an order.
  func place(in sort: TokenOrder.Sort, name: String) -> TokenPlace {
    switch sort {
    case .created: TokenPlace(ordinal: ordinal)
    case .expires: TokenPlace(first: expiry, ordinal: ordinal)
    case .lastUsed: TokenPlace(first: lastUsed, ordinal: ordinal)
    case .name: TokenPlace(name: name, ordinal: ordinal)
    case .state: TokenPlace(first: state, second: expiry, ordinal: ordinal)
    }
  }
}

extension Refusal {
  static let pageExpired = Refusal(
    .invalid, "PAGE_EXPIRED", "page_token",
    "page_token is of a listing that too much has changed since, or tokend has restarted: begin again without it")
}
