// What a user may take of what all share.

import Testing

@testable import TokenDaemon

@Suite struct PeerAccountsTests {
  private let accounts = PeerAccounts(ConnectionBounds(descriptors: 1064, workers: 1), workers: 1)
  /// What `ConnectionBounds` makes of that many descriptors.
  private let all = ConnectionBounds(descriptors: 1064, workers: 1).validation

  /// How many connections a user gets that wants all.
  private func fill(_ uid: UInt32) -> Int {
    var count = 0
    while accounts.admit(uid, through: .validation) != nil { count += 1 }
    return count
  }

  @Test func `alone a user has half, and each that comes later half of what is left`() {
    #expect(fill(1) == all / 2)
    #expect((all / 4 - 1...all / 4 + 1).contains(fill(2)))
    // However many come, each has at least one, as long as there is any.
    var taken = all / 2 + all / 4
    for uid in UInt32(3)...40 where taken < all - 40 {
      let count = fill(uid)
      #expect(count >= 1)
      taken += count
    }
    // What administers is not touched by that.
    #expect(accounts.admit(1, through: .administration) != nil)
  }

  @Test func `what is given back is there for others, and who has nothing is forgotten`() throws {
    var held: [PeerAccounts.Account] = []
    while let account = accounts.admit(7, through: .validation) { held.append(account) }
    #expect(Set(held.map(ObjectIdentifier.init)).count == 1)
    for account in held { accounts.release(account, through: .validation) }
    #expect(fill(8) == all / 2)
    #expect(accounts.admit(7, through: .validation) !== held[0])
  }

  @Test func `who has calls under way keeps the account, so that a new connection gains nothing`() throws {
    let account = try #require(accounts.admit(7, through: .validation))
    while accounts.charge(1, of: .journalEntries, to: account) {}
    accounts.release(account, through: .validation)
    let again = try #require(accounts.admit(7, through: .validation))
    #expect(again === account)
    #expect(!accounts.charge(1, of: .journalEntries, to: again))
    let other = try #require(accounts.admit(8, through: .validation))
    #expect(accounts.charge(Limits.journalEntries / 4, of: .journalEntries, to: other))
  }

  @Test func `when all is taken, nobody has any more, and that is known`() {
    #expect(!accounts.isUsedUp(.journalEntries))
    for uid in UInt32(1)...UInt32(5000) {
      let account = accounts.adopt(uid, through: .validation)
      while accounts.charge(1, of: .journalEntries, to: account) {}
    }
    #expect(accounts.isUsedUp(.journalEntries))
    #expect(!accounts.charge(1, of: .journalEntries, to: accounts.adopt(9999, through: .validation)))
  }

  @Test func `room is what others leave, less what the user has`() throws {
    let (one, two) = (accounts.adopt(1, through: .validation), accounts.adopt(2, through: .validation))
    accounts.add(Limits.outputBytes / 2 + 1, of: .outputBytes, to: one)
    #expect(accounts.room(of: .outputBytes, for: one) < 0)
    #expect(accounts.room(of: .outputBytes, for: two) == Limits.outputBytes / 2 - 1)
  }
}
