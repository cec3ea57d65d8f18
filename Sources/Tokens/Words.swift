// Bytes read eight at a time.

extension Span where Element == UInt8 {
  /// The eight bytes from `offset` on, as this machine lays words out. They must lie within the span.
  @inlinable
  @inline(__always)
  package func word(at offset: Int) -> UInt64 {
    // The load is checked against the span's bounds; any bytes make a number.
    unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
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
  var at = 0
  while at + 8 <= count {
    if left.word(at: at) != right.word(at: at) { return false }
    at += 8
  }
  while at < count {
    if left[at] != right[at] { return false }
    at += 1
  }
  return true
}
