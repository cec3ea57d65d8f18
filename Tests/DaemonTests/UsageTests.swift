// What tokens were used for, between a verdict and the disk.

import Testing
import Tokens

@testable import TokenDaemon

@Suite struct UsageTests {
  private func scopes(_ numbers: Int...) -> ScopeSet {
    var set = ScopeSet()
    for number in numbers { set.insert(number) }
    return set
  }

  @Test func `uses of a token become one, with its last moment and all its scopes`() {
    var table = UsageTable()
    table.note(7, at: Instant(seconds: 10), scopes: scopes(1))
    table.note(7, at: Instant(seconds: 12), scopes: scopes(500))
    table.note(7, at: Instant(seconds: 11), scopes: scopes())
    let began = table.began
    let uses = table.take()
    #expect(uses.count == 1 && uses[0].at.seconds == 12 && uses[0].scopes == scopes(1, 500) && began.seconds == 10)
    let isEmpty = table.isEmpty
    #expect(isEmpty)
  }

  @Test func `a full table keeps noting the tokens that are in it, and begins anew when it was taken`() {
    var table = UsageTable()
    for number in 0..<UInt32(UsageTable.capacity + 10) {
      table.note(number &* 64, at: Instant(seconds: 1), scopes: scopes())
    }
    let isFull = table.isFull
    #expect(isFull)
    table.note(0, at: Instant(seconds: 5), scopes: scopes())
    let uses = table.take()
    #expect(uses.count == UsageTable.capacity && uses[0].at.seconds == 5)
    #expect(Set(uses.map(\.ordinal)).count == UsageTable.capacity)
    table.note(0, at: Instant(seconds: 9), scopes: scopes())
    #expect(table.take().count == 1)
  }

  @Test func `a book merges what workers hand over, and gives it out once`() {
    var book = UsageBook(interval: .seconds(60))
    let due = book.due
    #expect(due == nil)
    book.add([TokenUse(ordinal: 1, at: Instant(seconds: 5), scopes: scopes(1))])
    book.add([TokenUse(ordinal: 1, at: Instant(seconds: 4), scopes: scopes(2))])
    let uses = book.take(most: 10)
    #expect(uses.count == 1 && uses[0].at.seconds == 5 && uses[0].scopes == scopes(1, 2))
    let isEmpty = book.isEmpty
    #expect(isEmpty)
    book.giveBack(uses)
    #expect(book.take(most: 10).count == 1)
  }

  @Test func `a book that holds much is due at once, and one that holds too much takes no more`() {
    var book = UsageBook(interval: .seconds(3600))
    book.add((0..<UInt32(10)).map { TokenUse(ordinal: $0, at: Instant(seconds: 5), scopes: scopes()) })
    var isDue = book.due.map { $0 <= .now }
    #expect(isDue == false)
    book.add(
      (0..<UInt32(3 * Limits.pendingUses)).map { TokenUse(ordinal: $0, at: Instant(seconds: 5), scopes: scopes()) })
    isDue = book.due.map { $0 <= .now }
    #expect(isDue == true)
    #expect(book.take(most: .max).count == 2 * Limits.pendingUses)
  }
}
