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

/// The beginning of `text`, of at most `bytes` bytes and whole scalars. A character may have any number of bytes, so
/// what a peer has sent is cut by bytes.
package func cut(_ text: String, to bytes: Int) -> String {
  guard text.utf8.count > bytes else { return text }
  var end = text.utf8.index(text.startIndex, offsetBy: bytes)
  while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
  return String(text.unicodeScalars[..<end])
}
