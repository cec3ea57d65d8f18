// Messages that are not hot: libprotobuf-c reads and writes them, within a bound on memory and with its texts checked.

internal import CTokendProto

/// A protobuf message that a request or a reply consists of.
package protocol Message: Sendable {
  /// Reads the message that fills `range` of `span`. Fields that are not known are passed over.
  /// - Throws: a status that names the field if a text is not UTF-8 or holds a zero byte.
  init(decoding span: Span<UInt8>, _ range: Range<Int>) throws(Status)
  /// The message in its wire form.
  func encoded() -> [UInt8]
}

/// A message that corresponds to one of protoc-c's structures.
protocol CMessage: Message {
  init()
  static var layout: MessageLayout<Self> { get }
}

extension CMessage {
  /// The message that libprotobuf-c has read at `raw`, which is of this layout.
  init(_ raw: UnsafeRawPointer) {
    self.init()
    unsafe Self.layout.load(&self, raw)
  }

  package init(decoding span: Span<UInt8>, _ range: Range<Int>) throws(Status) {
    let memory = Memory()
    let descriptor = unsafe Self.base(memory.message(Self())).pointee.descriptor
    guard let descriptor = unsafe descriptor else {
      throw Status(.internal, "NO_DESCRIPTOR", "a message has no descriptor")
    }
    let name = unsafe text(descriptor.pointee.name)
    do throws(TextCheck.Problem) {
      try unsafe TextCheck.check(span, range, descriptor, path: "", depth: 0)
    } catch {
      switch error {
      case .malformed:
        throw Status(.invalidArgument, "BAD_PAYLOAD", "the payload is not a well-formed \(name): see proto/tokend/v1")
      case .notText(let field): throw .notUTF8(field)
      case .zeroByte(let field):
        throw Status(.invalidArgument, "ZERO_BYTE", field: field, "\(field) holds a zero byte: send plain text")
      }
    }
    let budget = Budget(bytes: 16 << 20)
    var allocator = unsafe budget.allocator
    let unpacked: Self? = unsafe span.extracting(range).withUnsafeBytes { bytes in
      let message = unsafe protobuf_c_message_unpack(
        descriptor, &allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
      guard let message = unsafe message else { return nil }
      defer { unsafe protobuf_c_message_free_unpacked(message, &allocator) }
      // The descriptor is that of the layout's structure, so what was unpacked is of that layout.
      return unsafe Self(UnsafeRawPointer(message))
    }
    guard let unpacked else {
      throw budget.isExhausted
        ? Status(
          .resourceExhausted, "PAYLOAD_TOO_COMPLEX", "the payload takes too much memory to read: ask for less at a time"
        )
        : Status(.invalidArgument, "BAD_PAYLOAD", "the payload is not a well-formed \(name): see proto/tokend/v1")
    }
    self = unpacked
  }

  package func encoded() -> [UInt8] {
    let memory = Memory()
    let message = unsafe Self.base(memory.message(self))
    let count = unsafe protobuf_c_message_get_packed_size(message)
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
      written = unsafe count == 0 ? 0 : protobuf_c_message_pack(message, buffer.baseAddress)
    }
  }

  /// Every structure of protoc-c's begins with its ProtobufCMessage.
  private static func base(_ raw: UnsafeMutableRawPointer) -> UnsafePointer<ProtobufCMessage> {
    unsafe UnsafeRawPointer(raw).assumingMemoryBound(to: ProtobufCMessage.self)
  }
}

/// A text that libprotobuf-c has read, or an empty one.
func text(_ pointer: UnsafePointer<CChar>?) -> String {
  guard let pointer = unsafe pointer else { return "" }
  return unsafe String(cString: pointer)
}

func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String { unsafe text(UnsafePointer(pointer)) }

/// Bytes that libprotobuf-c has read.
func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
  unsafe Array(UnsafeBufferPointer(start: data.data, count: data.data == nil ? 0 : data.len))
}
