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
