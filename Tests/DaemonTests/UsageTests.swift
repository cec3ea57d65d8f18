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

  private func all(_ ledger: UsageLedger) -> [TokenUse] {
    var uses: ArraySlice<TokenUse> = []
    var group = 0
    while !ledger.take(from: &group, most: .max, into: &uses) {}
    return uses.sorted { $0.ordinal < $1.ordinal }
  }

  @Test func `uses of a token become one, with its last moment and all its scopes, and are taken once`() throws {
    let ledger = try UsageLedger(tokens: 10)
    let sheet = ledger.newest
    sheet.note(7, at: Instant(seconds: 10), places: 1)
    sheet.note(7, at: Instant(seconds: 12), places: 4)
    ledger.note(7, at: Instant(seconds: 12), beyond: scopes(500))
    ledger.note(7, at: Instant(seconds: 12), beyond: scopes(501))
    #expect(
      all(ledger) == [
        TokenUse(ordinal: 7, at: Instant(seconds: 12), beyond: scopes(500, 501)),
        TokenUse(ordinal: 7, at: Instant(seconds: 12), places: 5),
      ])
    #expect(all(ledger) == [])
    sheet.note(7, at: Instant(seconds: 13), places: 2)
    #expect(all(ledger) == [TokenUse(ordinal: 7, at: Instant(seconds: 13), places: 2)])
  }

  @Test func `none is left out, however many tokens are used, and a larger sheet keeps those of the one before`() throws
  {
    let ledger = try UsageLedger(tokens: 1000)
    var sheet = ledger.newest
    for ordinal in 0..<UInt32(100_000) {
      if !sheet.has(ordinal) { sheet = try #require(ledger.turn(to: ordinal)) }
      sheet.note(ordinal, at: Instant(seconds: Int64(ordinal) + 1), places: 0)
    }
    let uses = all(ledger)
    #expect(uses.count == 100_000)
    #expect(uses.allSatisfy { $0.at.seconds == Int64($0.ordinal) + 1 })
  }

  @Test(arguments: [0, 1, 5, 9]) func `one that can't be written is left out, and those before it come next, alone`(
    index: Int
  ) throws {
    let ledger = try UsageLedger(tokens: 100)
    let sheet = ledger.newest
    for ordinal in 0..<UInt32(10) { sheet.note(ordinal, at: Instant(seconds: 1), places: 0) }
    var sweep = UsageSweep(of: [ledger], interval: .zero)
    let all = Array(sweep.next())
    #expect(all.count == 10)
    sweep.drop(at: index, after: .zero)
    // Nor does a full disk in between mix them up again.
    sweep.failed()
    if index > 0 {
      #expect(Array(sweep.next()) == Array(all[..<index]))
      sweep.written(index, leavingOut: 0, in: .zero)
    }
    #expect(Array(sweep.next()) == Array(all[(index + 1)...]))
    sweep.written(9 - index, leavingOut: 0, in: .zero)
    let isDone = sweep.next().isEmpty && !sweep.hasPending
    let leftOut = (sweep.takeLeftOut(), sweep.takeLeftOut())
    #expect(isDone && leftOut == (1, 0))
  }

  @Test func `a walk gives some at a time, keeps what could not be written, and begins anew`() throws {
    let ledgers = [try UsageLedger(tokens: 5000), try UsageLedger(tokens: 5000)]
    for ledger in ledgers {
      let sheet = ledger.newest
      for ordinal in 0..<UInt32(3000) { sheet.note(ordinal, at: Instant(seconds: 1), places: 0) }
    }
    var sweep = UsageSweep(of: ledgers, interval: .zero)
    let first = Array(sweep.next())
    #expect(first.count == Limits.usesWritten)
    sweep.failed()
    var isLeft = sweep.hasPending
    #expect(isLeft)
    #expect(Array(sweep.next()) == first)
    var written = 0
    while true {
      let count = sweep.next().count
      if count == 0 { break }
      #expect(count <= Limits.usesWritten)
      sweep.written(count, leavingOut: 0, in: .zero)
      written += count
    }
    isLeft = sweep.hasPending
    #expect(written == 6000 && !isLeft)
    ledgers[0].newest.note(9, at: Instant(seconds: 2), places: 1)
    // To look for it takes nothing out.
    isLeft = sweep.hasPending && sweep.hasPending
    #expect(isLeft)
    #expect(Array(sweep.next()) == [TokenUse(ordinal: 9, at: Instant(seconds: 2), places: 1)])
  }
}
