// Bytes read eight at a time.

extension Span where Element == UInt8 {
  /// The eight bytes from `offset` on, as this machine lays words out. They must lie within the span.
  @inlinable
  @inline(__always)
  package func word(at offset: Int) -> UInt64 {
    // The load is checked against the span's bounds; any bytes make a number.
    unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }

  /// The sixteen bytes from `offset` on, likewise.
  @inlinable
  @inline(__always)
  package func words(at offset: Int) -> SIMD2<UInt64> {
    unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: SIMD2<UInt64>.self)
  }

  /// The two bytes from `offset` on, likewise.
  @inlinable
  @inline(__always)
  package func quarterWord(at offset: Int) -> UInt16 {
    unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self)
  }

  /// The four bytes from `offset` on, as this machine lays words out. They must lie within the span.
  @inlinable
  @inline(__always)
  package func halfWord(at offset: Int) -> UInt32 {
    unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
  }
}

/// Whether two spans hold the same bytes.
@inlinable
@inline(__always)
package func equal(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
  let count = left.count
  guard count == right.count else { return false }
  if count >= 8 {
    var at = 0
    while at &+ 8 < count {
      if left.word(at: at) != right.word(at: at) { return false }
      at &+= 8
    }
    // The last eight, some of which may have been compared.
    return left.word(at: count &- 8) == right.word(at: count &- 8)
  }
  if count >= 4 {
    return left.halfWord(at: 0) == right.halfWord(at: 0)
      && left.halfWord(at: count &- 4) == right.halfWord(at: count &- 4)
  }
  for at in 0..<count where left[at] != right[at] { return false }
  return true
}
