// Refusals that are remembered: how many, and for how long.

import Testing
import Tokens

@testable import TokenDaemon

@Suite struct DenialRingTests {
  private func denial(_ second: Int64) -> Denial {
    Denial(
      at: Instant(seconds: second), caller: Caller(uid: 1, gids: [], isOperator: false), method: "m", code: "C",
      message: "")
  }

  @Test func `of a second only so many are kept, and the next second begins anew`() {
    let ring = DenialRing()
    let kept = (0..<50).count { _ in ring.add(denial(1)) }
    #expect(kept == Limits.denialsPerSecond && ring.all.dropped == UInt64(50 - kept))
    let again = ring.add(denial(2))
    #expect(again && ring.all.denials.first?.at.seconds == 2)
  }

  @Test func `the oldest make room for the newest`() {
    let ring = DenialRing()
    for second in 0..<Int64(Limits.denials + 5) { _ = ring.add(denial(second)) }
    #expect(ring.all.denials.count == Limits.denials)
    #expect(ring.all.denials.map(\.at.seconds) == (5..<Int64(Limits.denials + 5)).reversed())
  }
}
