// What libprotobuf-c leaves unchecked: that texts are UTF-8, and that nothing hides behind a zero byte.

internal import CTokendProto

/// Walks a message by its descriptor before libprotobuf-c reads it.
enum TextCheck {
  enum Problem: Error {
    case malformed
    case notText(field: String)
    case zeroByte(field: String)
  }

  /// Nesting that no message of ours comes near.
  private static let mostDepth = 16

  static func check(
    _ span: Span<UInt8>, _ range: Range<Int>, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, path: String,
    depth: Int
  ) throws(Problem) {
    guard depth < mostDepth else { throw .malformed }
    var reader = FieldReader(range)
    while true {
      let next: (number: UInt32, value: FieldReader.Value)?
      do throws(FieldReader.Malformed) { next = try reader.next(in: span) } catch { throw .malformed }
      guard let (number, value) = next else { return }
      guard let field = unsafe protobuf_c_message_descriptor_get_field(descriptor, number) else { continue }
      guard case .bytes(let bytes) = value else { continue }
      switch unsafe field.pointee.type {
      case PROTOBUF_C_TYPE_STRING:
        let name = unsafe path + text(field.pointee.name)
        let content = span.extracting(bytes)
        guard isUTF8(content) else { throw .notText(field: name) }
        for index in 0..<content.count where content[index] == 0 { throw .zeroByte(field: name) }
      case PROTOBUF_C_TYPE_MESSAGE:
        guard let inner = unsafe field.pointee.descriptor else { continue }
        try unsafe check(
          span, bytes, inner.assumingMemoryBound(to: ProtobufCMessageDescriptor.self),
          path: path + text(field.pointee.name) + ".", depth: depth + 1)
      default: continue
      }
    }
  }
}
