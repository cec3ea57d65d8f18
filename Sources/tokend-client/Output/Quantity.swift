// Quantities as people read them.

/// A duration with the unit that suits it, such as "33 us".
func format(nanoseconds: UInt64) -> String {
  switch nanoseconds {
  case ..<10_000: "\(nanoseconds / 1000).\(nanoseconds % 1000 / 100) us"
  case ..<1_000_000: "\(nanoseconds / 1000) us"
  case ..<10_000_000_000: "\(nanoseconds / 1_000_000).\(nanoseconds % 1_000_000 / 100_000) ms"
  default: "\(nanoseconds / 1_000_000_000) s"
  }
}

/// An amount of memory with the unit that suits it.
func format(bytes: UInt64) -> String { bytes >= 10 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB" }

/// A rate, in at most seven characters below 10^9.
func format(rate: Double) -> String {
  switch rate {
  case ..<9.95: fixed(rate, digits: 1)
  case ..<100_000: "\(Int(rate.rounded()))"
  default: "\(Int((rate / 1000).rounded()))k"
  }
}

/// A number that is not negative, with one digit after the point or more.
func fixed(_ value: Double, digits: Int) -> String {
  let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
  let tail = Int((value * Double(scale)).rounded())
  let fraction = String(tail % scale)
  return "\(tail / scale)." + String(repeating: "0", count: max(0, digits - fraction.count)) + fraction
}
