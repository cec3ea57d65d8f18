// Messages that libprotobuf-c reads and writes for us.

internal import CTokendProto
import Foundation
import ProtobufReference
import Testing

@testable import Wire

@Suite struct MessageTests {
  @Test func `every message of proto has a reader and a writer`() throws {
    let proto = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../proto/tokend/v1")
      .standardized
    var names: [String] = []
    for file in try FileManager.default.contentsOfDirectory(at: proto, includingPropertiesForKeys: nil) {
      let text = try String(contentsOf: file, encoding: .utf8)
      names += text.matches(of: #/(?m)^message (\w+(?:Request|Response)) /#).map { String($0.1) }
    }
    let hot: Set = ["ValidateRequest", "ValidateResponse", "ValidateBatchRequest", "ValidateBatchResponse"]
    #expect(names.filter { !hot.contains($0) }.sorted() == administrationMessages.map { "\($0)" }.sorted())
  }

  @Test func `every field of every message is read and written`() throws {
    for kind in administrationMessages {
      let kind = try #require(kind as? any CMessage.Type)
      let found = unsafe kind.descriptor
      guard let descriptor = unsafe found else {
        Issue.record("\(kind) has no descriptor")
        continue
      }
      for seed in 1...3 as ClosedRange<UInt8> {
        let bytes = unsafe Self.full(descriptor, seed, depth: 0)
        let message = try kind.init(decoding: bytes.span, 0..<bytes.count)
        let expected = unsafe Self.repacked(descriptor, bytes)
        #expect(message.encoded() == expected, "\(kind)")
      }
    }
  }

  /// A message in which each field is something else than nothing, and repeated ones are there `seed` times.
  private static func full(
    _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, _ seed: UInt8, depth: Int
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    for index in 0..<Int(unsafe descriptor.pointee.n_fields) {
      let field = unsafe descriptor.pointee.fields[index]
      for _ in 0..<(unsafe field.label == PROTOBUF_C_LABEL_REPEATED ? seed : 1) {
        let value: [UInt8]
        let type: UInt32
        switch unsafe field.type {
        case PROTOBUF_C_TYPE_MESSAGE:
          guard depth < 4, let inner = unsafe field.descriptor else { continue }
          let message = unsafe full(
            inner.assumingMemoryBound(to: ProtobufCMessageDescriptor.self), seed, depth: depth + 1)
          (type, value) = (2, varint(message.count) + message)
        case PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_BYTES: (type, value) = (2, [2, 0x40 + seed, 0x60 + UInt8(index)])
        case PROTOBUF_C_TYPE_BOOL: (type, value) = (0, [1])
        default: (type, value) = (0, [seed])
        }
        bytes += varint(Int(unsafe field.id) << 3 | Int(type)) + value
      }
    }
    return bytes
  }

  private static func varint(_ number: Int) -> [UInt8] {
    var (bytes, left): ([UInt8], Int) = ([], number)
    while left > 0x7F {
      bytes.append(UInt8(left & 0x7F) | 0x80)
      left >>= 7
    }
    return bytes + [UInt8(left)]
  }

  /// What libprotobuf-c alone makes of it.
  private static func repacked(
    _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, _ bytes: [UInt8]
  ) -> [UInt8]? {
    guard let message = unsafe protobuf_c_message_unpack(descriptor, nil, bytes.count, bytes) else { return nil }
    defer { unsafe protobuf_c_message_free_unpacked(message, nil) }
    var packed = [UInt8](repeating: 0, count: unsafe protobuf_c_message_get_packed_size(message))
    _ = unsafe protobuf_c_message_pack(message, &packed)
    return packed
  }
}

extension CMessage {
  /// Of the structure that it is laid out as.
  fileprivate static var descriptor: UnsafePointer<ProtobufCMessageDescriptor>? {
    let raw = UnsafeMutableRawPointer.allocate(byteCount: layout.bytes, alignment: 16)
    defer { unsafe raw.deallocate() }
    unsafe layout.prepare(raw)
    return unsafe raw.assumingMemoryBound(to: ProtobufCMessage.self).pointee.descriptor
  }
}
