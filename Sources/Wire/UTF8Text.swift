// Protobuf strings must be UTF-8, and a peer that sends something else is told so.

private import Tokens

/// Whether all of `bytes` are ASCII.
@inline(__always)
func isASCII(_ bytes: Span<UInt8>) -> Bool {
  let count = bytes.count
  var all: UInt64 = 0
  if count >= 16 {
    var both = bytes.words(at: count &- 16)
    var at = 0
    while at &+ 16 < count {
      both |= bytes.words(at: at)
      at &+= 16
    }
    all = both[0] | both[1]
  } else {
    for at in 0..<count { all |= UInt64(bytes[at]) }
  }
  return all & 0x8080_8080_8080_8080 == 0
}

/// Whether `bytes` are well-formed UTF-8 (RFC 3629).
package func isUTF8(_ bytes: Span<UInt8>) -> Bool {
  if isASCII(bytes) { return true }
  return unsafe bytes.withUnsafeBufferPointer { unsafe String(validating: $0, as: UTF8.self) != nil }
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
