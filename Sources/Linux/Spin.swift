// Asking again and again instead of sleeping, for a bounded time. Being woken on another processor takes many times
// longer than an answer; a waiter that spins is there when it comes, and pays with a processor's time.

/// A spin that has begun: whoever waits asks, and asks again as long as it goes on.
package struct Spin {
  private let end: UInt64

  /// Begins now. A time of zero, or less, is over at once.
  package init(for time: Duration) {
    let (seconds, attoseconds) = time.components
    let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    end = nanoseconds > 0 ? System.monotonicNanoseconds() + UInt64(nanoseconds) : 0
  }

  /// Whether to ask once more. Lets another thread that waits for this processor run first: it may be the one whose
  /// answer is awaited.
  package func goesOn() -> Bool {
    guard end > 0 else { return false }
    Thread.yield()
    return System.monotonicNanoseconds() < end
  }
}
