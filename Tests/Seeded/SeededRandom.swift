// Randomness that a seed repeats.

/// SplitMix64. A failing test prints its seed, which brings the same values again.
package struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  package mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

  package mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

  /// Text of `count` characters, ASCII for the most part.
  package mutating func text(_ count: Int) -> String {
    String((0..<count).map { _ in Character(below(8) == 0 ? "é" : Unicode.Scalar(UInt8(0x21 + below(94)))) })
  }
}
