// Where replies are written, straight in their wire form, until they can be sent.

private import Tokens

/// Bytes on their way to a peer. What has been sent is overwritten, since a reply may bear a secret. Its owner bounds it
/// by not asking for more while `pendingBytes` is large.
///
/// It has memory of its own, rather than an array, so that a byte appended is a byte stored: an array's buffer may be
/// shared, and each change would ask whether it is.
@safe public struct OutBuffer: ~Copyable {
  private static let initialBytes = 16 << 10
  /// Room behind what was reserved, so that a short field is stored as one word.
  @usableFromInline static let slack = 8

  /// All of it holds something: zeros before anything else.
  @usableFromInline var memory = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
  @usableFromInline var start = 0
  @usableFromInline var end = 0

  package init() {}

  deinit {
    unsafe wipe(memory)
    unsafe memory.deallocate()
  }

  /// The bytes that wait to be sent.
  @inlinable package var pendingBytes: Int { end - start }

  /// The bytes that wait to be sent, oldest first.
  @inlinable package var pending: Span<UInt8> {
    @_lifetime(borrow self)
    get {
      let bytes = unsafe Span<UInt8>(_unsafeBytes: UnsafeRawBufferPointer(memory))
      return unsafe _overrideLifetime(bytes.extracting(start..<end), borrowing: self)
    }
  }

  /// Notes that the first `count` of the pending bytes have been sent.
  package mutating func sent(_ count: Int) {
    precondition(count >= 0 && count <= pendingBytes)
    unsafe UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + count]).initializeMemory(
      as: UInt8.self, repeating: 0)
    start += count
    if start == end {
      start = 0
      end = 0
      // What one large reply needed is not kept for ever.
      if unsafe memory.count > 16 * Self.initialBytes { move(to: 0) }
    }
  }

  /// Makes sure that `count` more bytes fit. Called once for a whole frame.
  @inlinable
  package mutating func reserve(_ count: Int) {
    if unsafe end + count + Self.slack > memory.count { grow(count) }
  }

  @usableFromInline
  mutating func grow(_ count: Int) { move(to: max(Self.initialBytes, 2 * (pendingBytes + count + Self.slack))) }

  private mutating func move(to bytes: Int) {
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 64)
    unsafe larger.initializeMemory(as: UInt8.self, repeating: 0)
    unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[start..<end]))
    unsafe wipe(memory)
    unsafe memory.deallocate()
    unsafe memory = larger
    end -= start
    start = 0
  }

  // What appends: space must have been reserved; running over it is our bug and traps.

  /// Appends the lowest `count` bytes of `word`, at most 8, the lowest first.
  @inlinable
  @inline(__always)
  package mutating func append(low count: Int, of word: UInt64) {
    precondition(unsafe end + Self.slack <= memory.count && count <= Self.slack)
    unsafe memory.storeBytes(of: word.littleEndian, toByteOffset: end, as: UInt64.self)
    end += count
  }

  @inlinable
  @inline(__always)
  package mutating func append(_ byte: UInt8) { append(low: 1, of: UInt64(byte)) }

  @inlinable
  @inline(__always)
  package mutating func append(_ bytes: Span<UInt8>) {
    unsafe bytes.withUnsafeBytes { unsafe append(raw: $0) }
  }

  @inlinable
  @inline(__always)
  package mutating func append(_ text: StaticString) {
    unsafe append(raw: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  @inlinable
  @inline(__always)
  mutating func append(raw bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, let target = unsafe memory.baseAddress else {
      precondition(unsafe bytes.isEmpty)
      return
    }
    precondition(unsafe bytes.count <= memory.count - end)
    // Both lie within their buffers: the one by the check above, the other by being a span's.
    unsafe (target + end).copyMemory(from: source, byteCount: bytes.count)
    end += bytes.count
  }

  @inlinable
  @inline(__always)
  package mutating func append(bigEndian word: UInt32) { append(low: 4, of: UInt64(word.byteSwapped)) }

  @inlinable
  @inline(__always)
  package mutating func append(varint value: UInt64) {
    if value < 0x80 { return append(low: 1, of: value) }
    guard value < 1 << 56 else { return append(longVarint: value) }
    // Seven bits to a byte, as one word, without asking byte by byte whether there are more.
    var spread = value & 0x0FFF_FFFF | (value & 0x00FF_FFFF_F000_0000) << 4
    spread = spread & 0x0000_3FFF_0000_3FFF | (spread & 0x0FFF_C000_0FFF_C000) << 2
    spread = spread & 0x007F_007F_007F_007F | (spread & 0x3F80_3F80_3F80_3F80) << 1
    let count = varintBytes(value)
    // All bytes but the last say that another follows.
    append(low: count, of: spread | 0x8080_8080_8080_8080 & (1 << UInt64(8 * count - 8) - 1))
  }

  @usableFromInline
  mutating func append(longVarint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  @inlinable
  @inline(__always)
  package mutating func append(_ header: FrameHeader) {
    append(
      low: 8, of: UInt64(UInt32(header.dataBytes).byteSwapped) | UInt64(header.stream.byteSwapped) << 32)
    append(low: 2, of: UInt64(header.kind.rawValue) | UInt64(header.flags) << 8)
  }

  /// A length-delimited field with a number below 16.
  package mutating func append(field number: UInt8, _ bytes: Span<UInt8>) {
    append(number << 3 | 2)
    append(varint: UInt64(bytes.count))
    append(bytes)
  }
}
