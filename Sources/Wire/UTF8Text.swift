// Protobuf strings must be UTF-8, and a peer that sends something else is told so.

/// Whether `bytes` are well-formed UTF-8 (RFC 3629).
package func isUTF8(_ bytes: Span<UInt8>) -> Bool {
  for index in 0..<bytes.count where bytes[index] >= 0x80 {
    // Tokens, ids and scopes are ASCII, so this is off the beaten path.
    return unsafe bytes.withUnsafeBufferPointer { unsafe String(validating: $0, as: UTF8.self) != nil }
  }
  return true
}

extension String {
  /// The text of `bytes`, which have been checked to be UTF-8.
  package init(copying bytes: Span<UInt8>) {
    self = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
  }
}

extension Array where Element == UInt8 {
  package init(copying bytes: Span<UInt8>) {
    self = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
  }
}
