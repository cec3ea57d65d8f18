// The one source of everything that is not fixed: a schedule's seed.

import Seeded
import Synchronization
import Tokens

/// The clock and the random bytes of a simulated daemon. It is used on one thread; the lock is for the compiler.
final class Chance: Sendable {
  private let held: Mutex<(random: SeededRandom, seconds: Int64)>

  init(seed: UInt64) { held = Mutex((SeededRandom(seed: seed), 1_800_000_000)) }

  /// A number below `bound`.
  func below(_ bound: Int) -> Int { held.withLock { $0.random.below(bound) } }

  func next() -> UInt64 { held.withLock { $0.random.next() } }

  /// Whether what happens once in `rarity` happens.
  func strikes(oneIn rarity: Int) -> Bool { below(rarity) == 0 }

  func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

  var now: Instant { held.withLock { Instant(seconds: $0.seconds) } }

  func moveClock(by seconds: Int64) { held.withLock { $0.seconds += seconds } }

  /// What the daemon takes from outside.
  var environment: Environment {
    Environment(
      now: { self.now },
      fillRandom: { span in
        for index in 0..<span.count { span[index] = UInt8(truncatingIfNeeded: self.next()) }
        return true
      })
  }
}
