// What a histogram of durations says.

import Wire

extension Durations {
  /// How many were counted.
  var count: UInt64 { counts.reduce(0) { $0 + $1.count } }

  /// The least bound that so large a share of them kept within; nil if there are none. What is beyond all bounds counts
  /// as the last.
  func atMost(share: Double) -> UInt64? {
    let all = count
    guard all > 0 else { return nil }
    var seen: UInt64 = 0
    for bound in counts {
      seen += bound.count
      if Double(seen) >= share * Double(all), bound.mostNanoseconds > 0 { return bound.mostNanoseconds }
    }
    return counts.last { $0.mostNanoseconds > 0 }?.mostNanoseconds
  }

  /// What was counted since `before`.
  func since(_ before: Durations) -> Durations {
    var change = self
    for place in change.counts.indices where place < before.counts.count {
      change.counts[place].count -= min(before.counts[place].count, change.counts[place].count)
    }
    change.sumNanoseconds -= min(before.sumNanoseconds, sumNanoseconds)
    return change
  }
}
