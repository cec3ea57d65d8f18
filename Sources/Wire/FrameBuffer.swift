// Where a connection's bytes arrive, and where whole frames are taken from.

private import Tokens

/// Collects received bytes and yields frames. It holds at most one frame over the 64 KiB that it begins with, and what
/// has been taken out is overwritten, since requests bear tokens.
package struct FrameBuffer: ~Copyable {
  private static let initialBytes = 64 << 10

  private var storage: [UInt8] = []
  private var start = 0
  private var end = 0
  /// What is left to pass over of a frame that was too large.
  private var discarding = 0

  package init() {}

  /// What stands at the front of the buffer.
  package enum Next: Equatable {
    /// A whole frame: its header, and where its data is.
    case frame(FrameHeader, data: Range<Int>)
    /// A frame of more than 4 MiB: its data will be passed over.
    case oversized(FrameHeader)
    /// A length that no peer in its senses sends: the stream has lost its step.
    case implausible
    /// More bytes must arrive first.
    case incomplete
  }

  /// Whether nothing is held: no half frame is waiting for its rest.
  package var isEmpty: Bool { start == end && discarding == 0 }

  /// Takes the next frame out. Its data stays readable by `withBytes` until `receive` is called.
  package mutating func next() -> Next {
    if discarding > 0 {
      let passed = min(discarding, end - start)
      start += passed
      discarding -= passed
      if discarding > 0 { return .incomplete }
    }
    guard end - start >= FrameHeader.bytes else { return .incomplete }
    let header = FrameHeader(decoding: storage.span.extracting(start..<end))
    if header.dataBytes >= FrameHeader.implausibleData { return .implausible }
    if header.dataBytes > FrameHeader.mostData {
      start += FrameHeader.bytes
      discarding = header.dataBytes
      return .oversized(header)
    }
    let whole = FrameHeader.bytes + header.dataBytes
    guard end - start >= whole else {
      makeRoom(for: whole)
      return .incomplete
    }
    let data = start + FrameHeader.bytes..<start + whole
    start += whole
    return .frame(header, data: data)
  }

  /// The bytes of a frame that `next` has returned.
  package var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    get { storage.span }
  }

  /// Offers the free space, at least one byte, to `body`, which returns how many bytes it has put there.
  package mutating func receive<Failure: Error>(
    _ body: (inout MutableSpan<UInt8>) throws(Failure) -> Int
  ) throws(Failure) {
    if storage.isEmpty { storage = [UInt8](repeating: 0, count: Self.initialBytes) }
    tidy()
    let used = end
    var span = storage.mutableSpan
    var free = span._mutatingExtracting(used..<span.count)
    end = used + (try body(&free))
  }

  /// Overwrites what was taken out, and moves the rest to the front if it would not fit otherwise.
  private mutating func tidy() {
    if start == end {
      clear(0..<end)
      start = 0
      end = 0
      // A large frame's space is given back when the frame is done.
      if storage.count > Self.initialBytes { storage = [UInt8](repeating: 0, count: Self.initialBytes) }
    } else if end == storage.count {
      let held = end - start
      if start > 0 {
        for index in 0..<held { storage[index] = storage[start + index] }
        clear(held..<end)
        start = 0
        end = held
      }
    }
  }

  /// Sees to it that a frame of `whole` bytes fits behind `start`.
  private mutating func makeRoom(for whole: Int) {
    guard start + whole > storage.count else { return }
    let held = end - start
    if whole > storage.count {
      var larger = [UInt8](repeating: 0, count: whole)
      for index in 0..<held { larger[index] = storage[start + index] }
      wipe(&storage)
      storage = larger
    } else {
      for index in 0..<held { storage[index] = storage[start + index] }
      clear(held..<end)
    }
    start = 0
    end = held
  }

  private mutating func clear(_ range: Range<Int>) {
    var span = storage.mutableSpan
    var cleared = span._mutatingExtracting(range)
    cleared.update(repeating: 0)
  }
}
