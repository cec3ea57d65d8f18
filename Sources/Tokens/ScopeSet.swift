// A set of registered scopes as bits, so that "does it hold all of these?" is a few instructions.

/// Scopes by their number in the catalog, 0 to 511: one cache line of bits.
package struct ScopeSet: Hashable, Sendable {
  /// The most scopes that a deployment may register.
  package static let capacity = 512

  package var words: SIMD8<UInt64>

  package init(words: SIMD8<UInt64> = SIMD8()) { self.words = words }

  /// Adds the scope numbered `number`, less than `capacity`.
  @inline(__always)
  package mutating func insert(_ number: Int) {
    words[number >> 6] |= 1 << UInt64(number & 63)
  }

  @inline(__always)
  package func contains(_ number: Int) -> Bool {
    words[number >> 6] >> UInt64(number & 63) & 1 == 1
  }

  /// The numbers of its scopes, rising.
  package var numbers: [Int] { (0..<Self.capacity).filter(contains) }
}
