// A moment, as the server's clock tells it.

/// Whole seconds since 1970.
public struct Instant: Hashable, Comparable, Sendable {
  @usableFromInline package let seconds: Int64

  /// Later than every moment: what never expires expires then.
  @inlinable package static var never: Instant { Instant(seconds: .max) }
  /// The last moment that a request may name: the end of the year 9999.
  package static let last = Instant(seconds: 253_402_300_799)

  @inlinable package init(seconds: Int64) { self.seconds = seconds }

  /// So many seconds later, or `never` if that is beyond all that can be said.
  /// - Parameter seconds: not less than 0.
  package func advanced(by seconds: Int64) -> Instant {
    let (sum, isBeyond) = self.seconds.addingReportingOverflow(seconds)
    return isBeyond ? .never : Instant(seconds: sum)
  }

  @inlinable public static func == (left: Instant, right: Instant) -> Bool { left.seconds == right.seconds }
  @inlinable public static func < (left: Instant, right: Instant) -> Bool { left.seconds < right.seconds }
}
