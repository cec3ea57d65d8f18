// Pages of tokens: every order, every filter, and tokens that change while they are listed.

import Seeded
import Testing
import Tokens

@testable import Store

@Suite struct ListingTests {
  let disk: StoreOnDisk

  init() throws {
    disk = try StoreOnDisk()
    try disk.addTenant()
  }

  /// Makes tokens n0, n1 … whose names, expiries and states repeat, so that every order has ties.
  private func fill(_ count: Int) throws {
    var random = SeededRandom(seed: 7)
    for number in 0..<count {
      let expires =
        [0, 0, 50, 60].randomElement(using: &random).map { $0 == 0 ? 0 : StoreOnDisk.now.seconds + $0 } ?? 0
      _ = try disk.create(StoreOnDisk.draft("n\(number % 7)-\(number)", expires: expires), id: Self.id(number)).get()
      switch number % 5 {
      case 1: _ = try disk.revoke(Self.id(number)).get()
      case 2: try set(.disabled, number)
      default: break
      }
    }
  }

  private static func id(_ number: Int) -> String { "t\(number)" }

  private func set(_ state: TokenState, _ number: Int) throws { try set(state, Self.id(number)) }

  private func set(_ state: TokenState, _ id: String) throws {
    _ = try disk.inTransaction {
      try $0.set(state, ofToken: id, in: nil, actor: "uid:1", at: StoreOnDisk.now).get()
    }
  }

  static let orders = TokenOrder.Sort.allCases.flatMap {
    [TokenOrder($0, isDescending: false), TokenOrder($0, isDescending: true)]
  }

  /// All pages, with something done between them.
  private func walk(
    _ order: TokenOrder, _ filter: TokenFilter = TokenFilter(), most: Int = 7, between: () throws -> Void = {}
  ) throws -> [Token] {
    var slice = try disk.store.page(filter, order, most: most)
    var tokens = slice.tokens.map(\.token)
    while slice.next != nil {
      try between()
      slice = try disk.store.page(filter, order, after: slice, most: most)
      tokens += slice.tokens.map(\.token)
    }
    return tokens
  }

  @Test(arguments: orders) func `pages of an order hold every token once, and in that order`(order: TokenOrder) throws {
    try fill(100)
    let listed = try walk(order)
    #expect(listed.count == 100 && Set(listed.map(\.id)).count == 100)
    let ranks = listed.map { token in
      let number = UInt32(token.id.dropFirst()) ?? 0
      return PlaceHistory.Before(
        ordinal: number, tenant: 1, state: Int64(token.state.rawValue), expiry: token.expiry.seconds, lastUsed: 0
      ).place(in: order.sort, name: order.sort == .name ? token.name : "")
    }
    #expect(ranks == (order.isDescending ? ranks.sorted(by: >) : ranks.sorted()))
  }

  @Test(arguments: orders) func `no token is listed twice or passed over while tokens are added, revoked and disabled`(
    order: TokenOrder
  ) throws {
    try fill(120)
    var random = SeededRandom(seed: 11)
    var added = 0
    let listed = try walk(order) {
      for _ in 0..<5 {
        let number = Int.random(in: 0..<120, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: _ = try disk.revoke(Self.id(number))
        case 3:
          // An old one expires earlier then.
          added += 1
          let new = try TokenStore.Credential(id: "r\(added)", digest: StoreOnDisk.digest("r\(added)"))
          _ = try disk.inTransaction {
            try $0.rotate(
              id: Self.id(number), in: nil, grace: Int64(number), expiry: .never, new, by: StoreOnDisk.rights(7),
              at: StoreOnDisk.now)
          }
        case 1:
          if try disk.store.token(id: Self.id(number), in: nil).get().state != .revoked { try set(.disabled, number) }
        default:
          _ = try disk.create(StoreOnDisk.draft("new\(added)"), id: "new\(added)").get()
          added += 1
        }
      }
    }
    let ids = listed.map(\.id)
    #expect(Set(ids).count == ids.count)
    #expect(Set(ids.filter { $0.hasPrefix("t") }).count == 120)
  }

  @Test func `what was made and revoked, and taken back, is in no listing that had begun`() throws {
    try fill(30)
    let order = TokenOrder(.state, isDescending: false)
    var slice = try disk.store.page(TokenFilter(), order, most: 7)
    var listed = slice.tokens.map(\.token.id)
    try disk.store.begin()
    let new = try TokenStore.Credential(id: "new", digest: StoreOnDisk.digest("new"))
    _ = try disk.store.create(StoreOnDisk.draft("new"), new, by: StoreOnDisk.rights(7), at: StoreOnDisk.now).get()
    _ = try disk.store.revoke(id: "new", in: nil, .leaked, actor: "uid:1", at: StoreOnDisk.now).get()
    try disk.store.rollBack()
    while slice.next != nil {
      slice = try disk.store.page(TokenFilter(), order, after: slice, most: 7)
      listed += slice.tokens.map(\.token.id)
    }
    #expect(listed.count == 30 && Set(listed).count == 30)
  }

  @Test func `what never expires comes last, and what was never used first`() throws {
    _ = try disk.create(StoreOnDisk.draft("never"))
    _ = try disk.create(StoreOnDisk.draft("soon", expires: StoreOnDisk.now.seconds + 5))
    #expect(try walk(TokenOrder(.expires, isDescending: false)).map(\.name) == ["soon", "never"])
    try disk.inTransaction { try $0.database.run("UPDATE tokens SET last_used_at = 5 WHERE name = 'soon'") }
    #expect(try walk(TokenOrder(.lastUsed, isDescending: false)).map(\.name) == ["never", "soon"])
  }

  @Test func `each filter lets through what it names, and all of them together`() throws {
    _ = try disk.create(StoreOnDisk.draft("ci-east", set: "read-only", expires: StoreOnDisk.now.seconds + 50))
    _ = try disk.create(StoreOnDisk.draft("ci-west", scopes: ["alerts:write"]))
    _ = try disk.create(StoreOnDisk.draft("old"))
    _ = try disk.revoke("old")
    func names(_ change: (inout TokenFilter) -> Void) throws -> Set<String> {
      var filter = TokenFilter()
      change(&filter)
      return Set(try walk(.newestFirst, filter).map(\.name))
    }
    #expect(try names { $0.standings = [.revoked] } == ["old"])
    #expect(try names { $0.standings = [.active, .revoked] } == ["ci-east", "ci-west", "old"])
    #expect(try names { $0.namePrefix = "ci-" } == ["ci-east", "ci-west"])
    #expect(try names { $0.nameContains = "west" } == ["ci-west"])
    #expect(try names { $0.creator = "uid:7" }.count == 3)
    #expect(try names { $0.creator = "uid:8" }.isEmpty)
    #expect(try names { $0.scope = Scope("alerts:write") } == ["ci-west"])
    #expect(try names { $0.permissionSet = "read-only" } == ["ci-east"])
    #expect(try names { $0.expiringBefore = Instant(seconds: StoreOnDisk.now.seconds + 51) } == ["ci-east"])
    #expect(try names { $0.expiringBefore = Instant(seconds: StoreOnDisk.now.seconds + 50) }.isEmpty)
    #expect(try names { $0.unusedSince = Instant(seconds: StoreOnDisk.now.seconds + 1) }.count == 3)
    #expect(try names { $0.unusedSince = StoreOnDisk.now }.isEmpty)
    #expect(
      try names {
        $0.namePrefix = "ci-"
        $0.standings = [.active]
        $0.permissionSet = "read-only"
      } == ["ci-east"])
  }

  @Test func `a listing by state that too much has changed since says so, and one by name goes on`() throws {
    try fill(20)
    disk.store.history = PlaceHistory(capacity: 3)
    let byState = TokenOrder(.state, isDescending: false)
    let first = try disk.store.page(TokenFilter(), byState, most: 5)
    let byName = try disk.store.page(TokenFilter(), TokenOrder(.name, isDescending: false), most: 5)
    for number in [0, 3, 5, 8] { _ = try disk.revoke(Self.id(number)).get() }
    do throws(any Error) {
      _ = try disk.store.page(TokenFilter(), byState, after: first, most: 5)
      Issue.record("went on")
    } catch { #expect((error as? Refusal)?.code == "PAGE_EXPIRED") }
    #expect(try disk.store.page(TokenFilter(), TokenOrder(.name, isDescending: false), after: byName).tokens.count == 9)
  }

  @Test func `a listing by state does not go on in another run of the daemon`() throws {
    try fill(20)
    let byState = TokenOrder(.state, isDescending: false)
    let first = try disk.store.page(TokenFilter(), byState, most: 5)
    try disk.reopen()
    do throws(any Error) {
      _ = try disk.store.page(TokenFilter(), byState, after: first, most: 5)
      Issue.record("went on")
    } catch { #expect((error as? Refusal)?.code == "PAGE_EXPIRED") }
  }

  @Test func `a history forgets the oldest changes, and tells of the first since a moment`() {
    var history = PlaceHistory(capacity: 4)
    func change(_ ordinal: UInt32, _ state: Int64) {
      history.record(PlaceHistory.Before(ordinal: ordinal, tenant: 1, state: state, expiry: 0, lastUsed: 0))
    }
    for number in 0..<20 { change(UInt32(number % 3), Int64(number)) }
    #expect(history.now == 20)
    #expect(history.moved(since: 15, tenant: 1) == nil)
    #expect(history.moved(since: 21, tenant: 1) == nil)
    let moved = history.moved(since: 16, tenant: 1)
    #expect(moved?[1]?.state == 16 && moved?[2]?.state == 17 && moved?[0]?.state == 18)
    #expect(history.moved(since: 16, tenant: 2)?.isEmpty == true)
  }

  /// SQLite's steps, so that a slow machine changes nothing.
  @Test func `what a change or a page costs does not grow with the tenant`() throws {
    func cost(_ body: () throws -> Void) rethrows -> Int {
      let before = disk.store.database.work
      try body()
      return disk.store.database.work - before
    }
    func costs(_ number: Int) throws -> [Int] {
      let id = "x\(number)"
      let filter = AuditStore.Filter(actor: "", action: "", target: id, since: Instant(seconds: 0))
      var costs = [
        try cost { _ = try disk.create(StoreOnDisk.draft(id)).get() },
        try cost { _ = try disk.create(StoreOnDisk.draft(id), id: "taken") },
        try cost { _ = try disk.store.token(id: id, in: nil) },
        try cost { try set(.disabled, id) },
        try cost { _ = try disk.revoke(id).get() },
        try cost { _ = try disk.store.audit.events(filter, beyond: .max, isAscending: false, most: 9, scan: 99) },
      ]
      for order in Self.orders {
        costs.append(try cost { _ = try disk.store.page(TokenFilter(), order, most: 5) })
      }
      return costs
    }
    try fill(30)
    // Statements are prepared, which costs nothing here, and scope sets made.
    _ = try costs(1)
    let few = try costs(2)
    try disk.inTransaction { store in
      for number in 0..<3000 {
        let id = "m\(number)"
        _ = try store.create(
          StoreOnDisk.draft(id), TokenStore.Credential(id: id, digest: StoreOnDisk.digest(id)),
          by: StoreOnDisk.rights(7), at: StoreOnDisk.now
        ).get()
      }
    }
    let many = try costs(3)
    for (index, (before, after)) in zip(few, many).enumerated() {
      #expect(after <= before + before / 4 + 50, "\(index): \(before) steps became \(after)")
    }
  }
}
