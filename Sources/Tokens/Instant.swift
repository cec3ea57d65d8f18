// A moment, as the server's clock tells it.

/// Whole seconds since 1970.
package struct Instant: Hashable, Comparable, Sendable {
  package let seconds: Int64

  /// Later than every moment: what never expires expires then.
  package static let never = Instant(seconds: .max)
  /// The last moment that a request may name: the end of the year 9999.
  package static let last = Instant(seconds: 253_402_300_799)

  package init(seconds: Int64) { self.seconds = seconds }

  package static func < (left: Instant, right: Instant) -> Bool { left.seconds < right.seconds }
}
