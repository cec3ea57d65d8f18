// How long something took, counted by powers of two.

internal import Synchronization
internal import Wire

/// Counts durations. One thread notes, any may read, and neither waits. What is read may be of moments a little apart.
final class Histogram: Sendable {
  /// The first bound is 2^10 nanoseconds, about a microsecond, the last 2^33, about nine seconds; then there is none.
  private static let firstBit = 10
  private static let bounds = 24

  private let counts = InlineArray<25, Atomic<UInt64>> { _ in Atomic(0) }
  private let sum = Atomic<UInt64>(0)

  /// Notes that `count` of them took `nanoseconds` each.
  func note(_ nanoseconds: UInt64, times count: UInt64 = 1) {
    let bits = UInt64.bitWidth - max(nanoseconds, 1).leadingZeroBitCount
    // A power of two itself belongs to the bound that it is.
    let exponent = nanoseconds & (nanoseconds &- 1) == 0 ? bits - 1 : bits
    counts[min(max(exponent - Self.firstBit, 0), Self.bounds)].raise(by: count)
    sum.raise(by: nanoseconds &* count)
  }

  /// Adds what was counted to `durations`, which has the same bounds or none.
  func add(to durations: inout Durations) {
    if durations.counts.isEmpty {
      for place in 0...Self.bounds {
        var count = DurationCount()
        count.mostNanoseconds = place == Self.bounds ? 0 : 1 << UInt64(Self.firstBit + place)
        durations.counts.append(count)
      }
    }
    for place in 0...Self.bounds { durations.counts[place].count += counts[place].load(ordering: .relaxed) }
    durations.sumNanoseconds += sum.load(ordering: .relaxed)
  }
}

extension Atomic<UInt64> {
  /// Adds, where only one thread ever does: without the lock that an addition by many needs.
  @inline(__always)
  func raise(by count: UInt64) { store(load(ordering: .relaxed) &+ count, ordering: .relaxed) }
}
