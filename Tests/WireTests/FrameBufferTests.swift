// What a connection's buffer makes of the bytes that arrive, however they are cut.

import Seeded
import Testing
import Tokens
import Wire

@Suite struct FrameBufferTests {
  /// A frame as it goes over the wire.
  static func frame(_ stream: UInt32, _ data: [UInt8]) -> [UInt8] {
    header(stream, data.count) + data
  }

  static func header(_ stream: UInt32, _ dataBytes: Int) -> [UInt8] {
    func word(_ value: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
    return word(UInt32(dataBytes)) + word(stream) + [1, 0]
  }

  /// Gives `bytes` to the buffer as far as it takes them; returns how many it took.
  static func feed(_ bytes: ArraySlice<UInt8>, to buffer: inout FrameBuffer) -> Int {
    var taken = 0
    buffer.receive { span in
      taken = min(span.count, bytes.count)
      for index in 0..<taken { span[index] = bytes[bytes.startIndex + index] }
      return taken
    }
    return taken
  }

  /// What came out, as text: a transcript.
  static func drain(_ buffer: inout FrameBuffer, affordable: Int = .max) -> [String] {
    var seen: [String] = []
    while true {
      switch buffer.next(affordable: affordable) {
      case .frame(let header, let data):
        var sum: UInt64 = 0
        let bytes = buffer.bytes
        for index in data { sum = sum &* 31 &+ UInt64(bytes[index]) }
        seen.append("frame \(header.stream) \(data.count) \(sum)")
      case .oversized(let header): seen.append("oversized \(header.stream)")
      case .unaffordable(let header): seen.append("unaffordable \(header.stream)")
      case .implausible: return seen + ["implausible"]
      case .incomplete: return seen
      }
    }
  }

  static func expected(_ stream: UInt32, _ data: [UInt8]) -> String {
    "frame \(stream) \(data.count) \(data.reduce(UInt64(0)) { $0 &* 31 &+ UInt64($1) })"
  }

  @Test func `frames come out whole when they arrive byte by byte`() {
    var buffer = FrameBuffer()
    let bytes = Self.frame(1, [1, 2, 3]) + Self.frame(3, []) + Self.frame(5, [UInt8](repeating: 7, count: 300))
    var seen: [String] = []
    for index in bytes.indices {
      #expect(Self.feed(bytes[index...index], to: &buffer) == 1)
      seen += Self.drain(&buffer)
    }
    #expect(
      seen == [
        Self.expected(1, [1, 2, 3]), Self.expected(3, []), Self.expected(5, [UInt8](repeating: 7, count: 300)),
      ])
    let isEmpty = buffer.isEmpty
    #expect(isEmpty)
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `frames of any size come out the same, however they are cut`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var bytes: [UInt8] = []
    var sent: [String] = []
    for number in 0..<60 {
      let size = [0, 10, 55, 1000, 70_000, 200_000][random.below(6)]
      let data = random.bytes(random.below(size + 1))
      bytes += Self.frame(UInt32(number), data)
      sent.append(Self.expected(UInt32(number), data))
    }
    var buffer = FrameBuffer()
    var seen: [String] = []
    var at = 0
    while at < bytes.count {
      let cut = min(bytes.count, at + 1 + random.below([3, 100, 5000, 100_000][random.below(4)]))
      at += Self.feed(bytes[at..<cut], to: &buffer)
      // Sometimes several receives come before anybody looks, as when a connection is paused. A buffer that is full of
      // whole frames must be drained first.
      if random.below(3) > 0 { seen += Self.drain(&buffer) }
      if Self.isFull(&buffer) { seen += Self.drain(&buffer) }
    }
    seen += Self.drain(&buffer)
    #expect(seen == sent, "seed \(seed)")
  }

  private static func isFull(_ buffer: inout FrameBuffer) -> Bool {
    var free = 0
    buffer.receive { span in
      free = span.count
      return 0
    }
    return free == 0
  }

  @Test func `4 MiB are a frame, one byte more is passed over and the next frame is found`() {
    var buffer = FrameBuffer()
    let largest = [UInt8](repeating: 1, count: FrameHeader.mostData)
    let bytes =
      Self.frame(1, largest) + Self.frame(3, largest + [1]) + Self.frame(5, [9])
    var seen: [String] = []
    var at = 0
    while at < bytes.count {
      at += Self.feed(bytes[at...], to: &buffer)
      seen += Self.drain(&buffer)
    }
    #expect(seen == [Self.expected(1, largest), "oversized 3", Self.expected(5, [9])])
  }

  @Test(arguments: [1 << 24, 1 << 25, 0xFF_FF_FF_FF])
  func `a length with its top byte set is not believed`(dataBytes: Int) {
    var buffer = FrameBuffer()
    _ = Self.feed(Self.header(1, dataBytes)[...], to: &buffer)
    #expect(Self.drain(&buffer) == ["implausible"])
  }

  @Test func `a header alone takes no memory, and a frame no more than twice what has come of it`() {
    var buffer = FrameBuffer()
    _ = Self.feed(Self.header(1, FrameHeader.mostData)[...], to: &buffer)
    #expect(Self.drain(&buffer).isEmpty)
    _ = Self.feed([], to: &buffer)
    #expect(buffer.extraBytes == 0)
    let piece = [UInt8](repeating: 1, count: 10_000)
    var come = FrameHeader.bytes
    while come < FrameHeader.mostData / 2 {
      come += Self.feed(piece[...], to: &buffer)
      #expect(Self.drain(&buffer).isEmpty)
      #expect(buffer.extraBytes <= 2 * come)
    }
  }

  @Test func `a frame that can't be afforded is passed over, and the next one is found`() {
    var buffer = FrameBuffer()
    let bytes = Self.frame(1, [UInt8](repeating: 1, count: 100_000)) + Self.frame(3, [7])
    var seen: [String] = []
    var at = 0
    while at < bytes.count {
      at += Self.feed(bytes[at...], to: &buffer)
      seen += Self.drain(&buffer, affordable: 80_000)
    }
    #expect(seen == ["unaffordable 1", Self.expected(3, [7])])
    #expect(buffer.extraBytes == 0)
  }

  @Test func `what has been taken out is overwritten as soon as it is settled`() {
    var buffer = FrameBuffer()
    _ = Self.feed(Self.frame(1, Array("tokend_secret".utf8))[...], to: &buffer)
    #expect(Self.drain(&buffer).count == 1)
    buffer.settle()
    var sum = 0
    let bytes = buffer.bytes
    for index in 0..<bytes.count { sum += Int(bytes[index]) }
    #expect(sum == 0)
  }

  @Test func `what is still to come of a frame, and whether another is there, is known after each byte`() {
    var buffer = FrameBuffer()
    let frames = [Self.frame(1, [1, 2, 3]), Self.header(3, FrameHeader.mostData + 1), Self.frame(5, [])]
    #expect(!buffer.hasNext && buffer.awaitedBytes == 0)
    for index in frames[0].indices {
      _ = Self.feed(frames[0][index...index], to: &buffer)
      #expect(buffer.hasNext == (index == frames[0].count - 1))
      if buffer.hasNext { break }
      #expect(buffer.next() == .incomplete)
      #expect(buffer.awaitedBytes == (index + 1 < FrameHeader.bytes ? 0 : frames[0].count - index - 1))
    }
    #expect(Self.drain(&buffer).count == 1 && !buffer.hasNext && buffer.awaitedBytes == 0)
    // A part of one that is passed over, and then the rest of it and one behind it.
    _ = Self.feed(frames[1][...], to: &buffer)
    #expect(buffer.hasNext && Self.drain(&buffer) == ["oversized 3"])
    #expect(!buffer.hasNext && buffer.awaitedBytes == FrameHeader.mostData + 1)
    while buffer.awaitedBytes > 1000 {
      _ = Self.feed([UInt8](repeating: 9, count: min(4000, buffer.awaitedBytes - 1000))[...], to: &buffer)
      #expect(!buffer.hasNext && Self.drain(&buffer).isEmpty)
    }
    _ = Self.feed(([UInt8](repeating: 9, count: 1000) + frames[2])[...], to: &buffer)
    #expect(buffer.hasNext && Self.drain(&buffer).count == 1 && !buffer.hasNext && buffer.awaitedBytes == 0)
  }

  @Test func `a small frame is read whatever can't be afforded`() {
    var buffer = FrameBuffer()
    let bytes = Self.frame(1, [UInt8](repeating: 7, count: 300))
    _ = Self.feed(bytes[..<100], to: &buffer)
    #expect(Self.drain(&buffer, affordable: -4_000_000).isEmpty)
    _ = Self.feed(bytes[100...], to: &buffer)
    #expect(Self.drain(&buffer, affordable: -4_000_000) == [Self.expected(1, [UInt8](repeating: 7, count: 300))])
  }

  @Test func `an out-buffer keeps order through growth, and forgets what was sent`() {
    var out = OutBuffer()
    var random = SeededRandom(seed: 7)
    var sent: [UInt8] = []
    var got: [UInt8] = []
    for _ in 0..<500 {
      let piece = random.bytes(random.below(3000))
      out.reserve(piece.count)
      out.append(piece.span)
      sent += piece
      let count = random.below(out.pendingBytes + 1)
      got += Self.copy(out.pending, count)
      out.sent(count)
    }
    got += Self.copy(out.pending, out.pendingBytes)
    #expect(got == sent)
  }

  private static func copy(_ bytes: Span<UInt8>, _ count: Int) -> [UInt8] {
    [UInt8](copying: bytes.extracting(0..<count))
  }
}
