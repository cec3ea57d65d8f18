// Protobuf's encoding, read in place: https://protobuf.dev/programming-guides/encoding/

public import Tokens

/// Walks the fields of one message within a span. It copies nothing; values are given as ranges of the span.
public struct FieldReader {
  /// What does not follow the encoding.
  package struct Malformed: Error {
    package init() {}
  }

  /// Where the next field begins.
  @usableFromInline var position: Int
  @usableFromInline let end: Int

  @inlinable package init(_ range: Range<Int>) {
    position = range.lowerBound
    end = range.upperBound
  }

  /// Whether no field is left.
  @inlinable var isAtEnd: Bool { position == end }

  /// A field's value, by its wire type.
  package enum Value: Equatable {
    case varint(UInt64)
    case bytes(Range<Int>)
    /// A fixed-width number, passed over: no message here has one.
    case fixed
  }

  /// The next field if it has the tag of text in field `number`, of one byte, and less than 128 bytes, as nearly all have;
  /// nil if it is anything else, or not whole, and then nothing is passed over.
  @inlinable
  @inline(__always)
  mutating func nextShortText(_ number: UInt16, in span: Span<UInt8>) -> Range<Int>? {
    let start = position &+ 2
    guard start <= end else { return nil }
    let head = span.quarterWord(at: position).littleEndian
    let count = Int(head >> 8)
    guard head & 0x80FF == number << 3 | 2, count <= end &- start else { return nil }
    position = start &+ count
    return start..<start &+ count
  }

  /// The next field, or nil at the end.
  @inline(__always)
  package mutating func next(in span: Span<UInt8>) throws(Malformed) -> (number: UInt32, value: Value)? {
    guard position < end else { return nil }
    let tag = try varint(in: span)
    guard tag <= UInt64(UInt32.max), tag >= 8 else { throw Malformed() }
    let number = UInt32(tag >> 3)
    switch tag & 7 {
    case 0: return (number, .varint(try varint(in: span)))
    case 1:
      try skip(8)
      return (number, .fixed)
    case 2:
      let count = try varint(in: span)
      guard count <= UInt64(end - position) else { throw Malformed() }
      let range = position..<position + Int(count)
      position = range.upperBound
      return (number, .bytes(range))
    case 5:
      try skip(4)
      return (number, .fixed)
    case 3:
      try skipGroup(number, in: span)
      return (number, .fixed)
    default: throw Malformed()
    }
  }

  private mutating func skip(_ count: Int) throws(Malformed) {
    guard count <= end - position else { throw Malformed() }
    position += count
  }

  /// Passes over a group (an encoding from before proto3) up to the end tag of its own number. Groups within it are
  /// counted, not recursed into, so that nesting costs no stack.
  private mutating func skipGroup(_ number: UInt32, in span: Span<UInt8>) throws(Malformed) {
    // Nearly all are empty or flat: no memory is asked for unless they nest.
    var innermost = number
    var outer: [UInt32] = []
    while true {
      let tag = try varint(in: span)
      guard tag <= UInt64(UInt32.max), tag >= 8 else { throw Malformed() }
      switch tag & 7 {
      case 0: _ = try varint(in: span)
      case 1: try skip(8)
      case 2:
        let count = try varint(in: span)
        guard count <= UInt64(end - position) else { throw Malformed() }
        position += Int(count)
      case 3:
        guard outer.count < 99 else { throw Malformed() }
        outer.append(innermost)
        innermost = UInt32(tag >> 3)
      case 4:
        guard innermost == UInt32(tag >> 3) else { throw Malformed() }
        guard let next = outer.popLast() else { return }
        innermost = next
      case 5: try skip(4)
      default: throw Malformed()
      }
    }
  }

  @inline(__always)
  private mutating func varint(in span: Span<UInt8>) throws(Malformed) -> UInt64 {
    guard position < end else { throw Malformed() }
    let first = span[position]
    if first < 0x80 {
      position += 1
      return UInt64(first)
    }
    return try longVarint(in: span)
  }

  private mutating func longVarint(in span: Span<UInt8>) throws(Malformed) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end, shift < 70 {
      let byte = span[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw Malformed()
  }
}

/// The bytes of `value` as a varint.
@inlinable
@inline(__always)
package func varintBytes(_ value: UInt64) -> Int {
  // Seven bits a byte; zero takes one.
  (63 - (value | 1).leadingZeroBitCount) / 7 + 1
}

/// Appends `value` as a varint to an array.
func appendVarint(_ value: UInt64, to bytes: inout [UInt8]) {
  var rest = value
  while rest >= 0x80 {
    bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
    rest >>= 7
  }
  bytes.append(UInt8(truncatingIfNeeded: rest))
}
