// Where replies are written, straight in their wire form, until they can be sent.

private import Tokens

/// Bytes on their way to a peer. What has been sent is overwritten, since a reply may bear a secret. Its owner bounds it
/// by not asking for more while `pendingBytes` is large.
package struct OutBuffer: ~Copyable {
  private static let initialBytes = 16 << 10

  private var storage: [UInt8] = []
  private var start = 0
  private var end = 0

  package init() {}

  deinit { wipe(atEndOf: storage) }

  /// The bytes that wait to be sent.
  package var pendingBytes: Int { end - start }

  /// The bytes that wait to be sent, oldest first.
  package var pending: Span<UInt8> {
    @_lifetime(borrow self)
    get { storage.span.extracting(start..<end) }
  }

  /// Notes that the first `count` of the pending bytes have been sent.
  package mutating func sent(_ count: Int) {
    let range = start..<start + count
    var span = storage.mutableSpan
    var gone = span._mutatingExtracting(range)
    gone.update(repeating: 0)
    start += count
    if start == end {
      start = 0
      end = 0
      // What one large reply needed is not kept for ever.
      if storage.count > 16 * Self.initialBytes { storage = [] }
    }
  }

  /// Makes sure that `count` more bytes fit. Called once for a whole frame.
  package mutating func reserve(_ count: Int) {
    guard end + count > storage.count else { return }
    let held = end - start
    var larger = [UInt8](repeating: 0, count: max(Self.initialBytes, 2 * (held + count)))
    for index in 0..<held { larger[index] = storage[start + index] }
    wipe(&storage)
    storage = larger
    start = 0
    end = held
  }

  // Appending. Space must have been reserved; running over it is our bug and traps.

  @inline(__always)
  package mutating func append(_ byte: UInt8) {
    storage[end] = byte
    end += 1
  }

  package mutating func append(_ bytes: Span<UInt8>) {
    precondition(bytes.count <= storage.count - end)
    let at = end
    unsafe storage.withUnsafeMutableBytes { storage in
      unsafe bytes.withUnsafeBytes { bytes in
        // Both lie within their buffers: the one by the check above, the other by being a span.
        unsafe UnsafeMutableRawBufferPointer(rebasing: storage[at...]).copyMemory(from: bytes)
      }
    }
    end += bytes.count
  }

  package mutating func append(bigEndian word: UInt32) {
    append(UInt8(truncatingIfNeeded: word >> 24))
    append(UInt8(truncatingIfNeeded: word >> 16))
    append(UInt8(truncatingIfNeeded: word >> 8))
    append(UInt8(truncatingIfNeeded: word))
  }

  package mutating func append(_ header: FrameHeader) {
    append(bigEndian: UInt32(header.dataBytes))
    append(bigEndian: header.stream)
    append(header.kind.rawValue)
    append(header.flags)
  }

  package mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  /// A length-delimited field with a number below 16.
  package mutating func append(field number: UInt8, _ bytes: Span<UInt8>) {
    append(number << 3 | 2)
    append(varint: UInt64(bytes.count))
    append(bytes)
  }
}
