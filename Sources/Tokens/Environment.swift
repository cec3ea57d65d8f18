// What the daemon takes from outside, so that a test or a simulator can hold it.

/// The clock and the random generator of a daemon.
package struct Environment: Sendable {
  /// Now, by the clock that expiry is measured on.
  package let now: @Sendable () -> Instant
  /// Fills all of the span with random bytes; `false` if there are none to be had, and nothing may be minted.
  package let fillRandom: @Sendable (inout MutableSpan<UInt8>) -> Bool

  package init(
    now: @escaping @Sendable () -> Instant, fillRandom: @escaping @Sendable (inout MutableSpan<UInt8>) -> Bool
  ) {
    self.now = now
    self.fillRandom = fillRandom
  }
}
