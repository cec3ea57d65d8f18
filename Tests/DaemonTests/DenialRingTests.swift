// Refusals that are remembered: how many, and for how long.

import Testing
import Tokens

@testable import TokenDaemon

@Suite struct DenialRingTests {
  private func denial(_ second: Int64, _ actor: String = "uid:1") -> Denial {
    Denial(at: Instant(seconds: second), actor: actor, method: "m", refusal: Refusal(.notPermitted, "C", "", ""))
  }

  @Test func `of a second only so many are kept, and the next second begins anew`() {
    let ring = DenialRing()
    let kept = (0..<50).count { _ in ring.add(denial(1)) }
    #expect(kept == Limits.denialsPerSecond && ring.dropped == UInt64(50 - kept))
    let again = ring.add(denial(2))
    #expect(again && ring.all.first?.at.seconds == 2)
  }

  @Test func `the oldest make room for the newest`() {
    let ring = DenialRing()
    for second in 0..<Int64(Limits.denials + 5) { _ = ring.add(denial(second)) }
    #expect(ring.all.count == Limits.denials)
    #expect(ring.all.map(\.at.seconds) == (5..<Int64(Limits.denials + 5)).reversed())
  }
}
