// Shares of latencies.

import Seeded
import Testing

@testable import tokend_bench

@Suite struct LatencyHistogramTests {
  @Test func `of nothing every share is nought`() {
    #expect(LatencyHistogram().nanoseconds(atShare: 0.5) == 0)
  }

  @Test func `small latencies are told to the nanosecond`() {
    var histogram = LatencyHistogram()
    for nanoseconds in 1...50 { histogram.add(UInt64(nanoseconds)) }
    #expect(histogram.count == 50)
    #expect(histogram.nanoseconds(atShare: 0.02) == 1)
    #expect(histogram.nanoseconds(atShare: 0.5) == 25)
    #expect(histogram.nanoseconds(atShare: 1) == 50)
  }

  @Test(arguments: [UInt64(63), 64, 65, 127, 128, 1000, 65_535, 65_536, 1_000_000_007, 1 << 40])
  func `a latency is told from itself to a sixty-fourth more`(nanoseconds: UInt64) {
    var histogram = LatencyHistogram()
    histogram.add(nanoseconds)
    let told = histogram.nanoseconds(atShare: 0.5)
    #expect(told >= Int(nanoseconds))
    #expect(told <= Int(nanoseconds + nanoseconds / 64))
  }

  @Test func `shares agree with those of the sorted latencies`() {
    var random = SeededRandom(seed: 3)
    let latencies = (0..<10_000).map { _ in UInt64(1) << UInt64(random.below(30)) + UInt64(random.below(1 << 20)) }
    var histogram = LatencyHistogram()
    for latency in latencies { histogram.add(latency) }
    let sorted = latencies.sorted()
    for (share, place) in [(0.5, 4999), (0.99, 9899), (0.999, 9989)] {
      let exact = Int(sorted[place])
      let told = histogram.nanoseconds(atShare: share)
      #expect(told >= exact && told <= exact + exact / 64)
    }
  }
}
