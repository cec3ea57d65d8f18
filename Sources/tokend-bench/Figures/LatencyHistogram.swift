// Latencies, counted by size.

/// Counts durations in buckets whose width is at most 1/64 of their size.
struct LatencyHistogram {
  private static let fractionBits: UInt64 = 6

  private var counts = [Int](repeating: 0, count: 64 << 6)
  private(set) var count = 0

  @inline(__always)
  mutating func add(_ nanoseconds: UInt64) {
    counts[Self.bucket(nanoseconds)] += 1
    count += 1
  }

  /// The upper bound of the bucket that a share of all durations does not exceed; 0 if there are none.
  func nanoseconds(atShare share: Double) -> Int {
    guard count > 0 else { return 0 }
    let wanted = max(1, Int((Double(count) * share).rounded(.up)))
    var passed = 0
    for (bucket, number) in counts.enumerated() {
      passed += number
      if passed >= wanted { return Self.upperBound(bucket) }
    }
    return Self.upperBound(counts.count - 1)
  }

  @inline(__always)
  private static func bucket(_ value: UInt64) -> Int {
    guard value >= 1 << fractionBits else { return Int(value) }
    let shift = 63 - UInt64(value.leadingZeroBitCount) - fractionBits
    return Int((shift + 1) << fractionBits | (value >> shift) & (1 << fractionBits - 1))
  }

  private static func upperBound(_ bucket: Int) -> Int {
    guard bucket >= 1 << fractionBits else { return bucket }
    let shift = bucket >> fractionBits - 1
    let mantissa = bucket & (1 << fractionBits - 1) | 1 << fractionBits
    return (mantissa + 1) << shift - 1
  }
}
