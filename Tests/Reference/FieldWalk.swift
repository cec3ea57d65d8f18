// A second, slow reading of protobuf's encoding, by which tests say what a decoder may do with bytes. It shares nothing with
// the code under test.

/// The fields of one message, in order, as https://protobuf.dev/programming-guides/encoding/ has them.
package struct FieldWalk {
  package struct Field {
    package let number: UInt64
    /// 0 varint, 1 eight bytes, 2 bytes, 3 group, 5 four bytes.
    package let wireType: UInt64
    package var bytes: [UInt8] = []
  }

  package private(set) var fields: [Field] = []
  /// Whether the message ends within a field, or has what the encoding does not allow.
  package private(set) var isMalformed = false
  /// Whether a tag or a length takes more bytes than any encoder gives it, or than libprotobuf-c reads.
  package private(set) var isOverlong = false

  package var hasGroup: Bool { fields.contains { $0.wireType == 3 } }

  package init(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty, !isMalformed { if let field = field(&rest) { fields.append(field) } }
  }

  /// The content of the last field with that number; nil if there is none.
  package func last(_ number: UInt64) -> [UInt8]? { fields.last { $0.number == number }?.bytes }

  private mutating func field(_ rest: inout ArraySlice<UInt8>) -> Field? {
    guard let tag = varint(&rest, most: 5), tag <= UInt64(UInt32.max), tag >> 3 > 0 else { return malformed() }
    var field = Field(number: tag >> 3, wireType: tag & 7)
    switch field.wireType {
    case 0:
      if varint(&rest, most: 10) == nil { return malformed() }
    case 1, 5:
      let count = field.wireType == 1 ? 8 : 4
      guard rest.count >= count else { return malformed() }
      rest = rest.dropFirst(count)
    case 2:
      guard let count = varint(&rest, most: 5), count <= UInt64(rest.count) else { return malformed() }
      field.bytes = Array(rest.prefix(Int(count)))
      rest = rest.dropFirst(Int(count))
    case 3:
      // Up to the end of this group; what is in it is walked and left out.
      while true {
        guard let next = rest.first, !isMalformed else { return malformed() }
        if next & 7 == 4 {
          guard let end = varint(&rest, most: 5), end >> 3 == field.number else { return malformed() }
          break
        }
        if self.field(&rest) == nil { return nil }
      }
    default: return malformed()
    }
    return field
  }

  private mutating func malformed() -> Field? {
    isMalformed = true
    return nil
  }

  private mutating func varint(_ rest: inout ArraySlice<UInt8>, most: Int) -> UInt64? {
    var value: UInt64 = 0
    for place in 0..<10 {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << UInt64(7 * place)
      if byte < 0x80 {
        if place >= most || (place > 0 && byte == 0) { isOverlong = true }
        return value
      }
    }
    return nil
  }
}
