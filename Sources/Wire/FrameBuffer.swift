// Where a connection's bytes arrive, and where whole frames are taken from.

private import Tokens

/// Collects received bytes and yields frames. It grows with what has arrived, never with what a header announces, and
/// what has been taken out is overwritten, since requests bear tokens.
package struct FrameBuffer: ~Copyable {
  /// What a connection that is idle, or sends little, holds.
  private static let leastBytes = 4 << 10
  /// What one that sends much may hold without asking.
  package static let freeBytes = 16 << 10

  private var storage: [UInt8] = []
  private var start = 0
  private var end = 0
  /// What is left to pass over of a frame that is not read.
  private var discarding = 0
  /// The whole of the frame at the front, once its header is known; 0 before.
  private var wanted = 0

  package init() {}

  deinit { wipe(atEndOf: storage) }

  /// What stands at the front of the buffer.
  package enum Next: Equatable {
    /// A whole frame: its header, and where its data is.
    case frame(FrameHeader, data: Range<Int>)
    /// A frame of more than 4 MiB: its data will be passed over.
    case oversized(FrameHeader)
    /// A frame that there is no memory for now: its data will be passed over.
    case unaffordable(FrameHeader)
    /// A length that no peer in its senses sends: the stream has lost its step.
    case implausible
    /// More bytes must arrive first.
    case incomplete
  }

  /// Whether nothing is held: no half frame is waiting for its rest.
  package var isEmpty: Bool { start == end && discarding == 0 }

  /// The bytes of memory it has above those that are free.
  package var extraBytes: Int { max(0, storage.count - Self.freeBytes) }

  /// How many bytes are still to come of the frame at the front, or of one that is passed over: nothing is answered before.
  package var awaitedBytes: Int { max(0, (discarding > 0 ? discarding : wanted) - (end - start)) }

  /// Whether `next` finds something in what is held, or, of a large frame, may.
  package var hasNext: Bool {
    let front = start + discarding
    guard end - front >= FrameHeader.bytes else { return false }
    let whole = FrameHeader.bytes + FrameHeader(decoding: storage.span.extracting(front..<end)).dataBytes
    return end - front >= whole || whole > Self.freeBytes
  }

  /// Takes the next frame out. Its data stays readable by `bytes` until `settle` or `receive` is called.
  /// - Parameter affordable: how many bytes more than `freeBytes` a frame may take; below zero it is none.
  package mutating func next(affordable: Int = .max) -> Next {
    if discarding > 0 {
      let passed = min(discarding, end - start)
      start += passed
      discarding -= passed
      wanted = 0
      if discarding > 0 { return .incomplete }
    }
    guard end - start >= FrameHeader.bytes else { return .incomplete }
    let header = FrameHeader(decoding: storage.span.extracting(start..<end))
    if header.dataBytes >= FrameHeader.implausibleData { return .implausible }
    let whole = FrameHeader.bytes + header.dataBytes
    let isOversized = header.dataBytes > FrameHeader.mostData
    if isOversized || (whole > end - start && whole - Self.freeBytes > max(0, affordable)) {
      start += FrameHeader.bytes
      discarding = header.dataBytes
      return isOversized ? .oversized(header) : .unaffordable(header)
    }
    guard end - start >= whole else {
      wanted = whole
      return .incomplete
    }
    wanted = 0
    let data = start + FrameHeader.bytes..<start + whole
    start += whole
    return .frame(header, data: data)
  }

  /// The bytes of a frame that `next` has returned.
  package var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    get { storage.span }
  }

  /// Offers the free space, at least one byte unless whole frames fill it, to `body`, which returns how many bytes it
  /// has put there.
  package mutating func receive<Failure: Error>(
    _ body: (inout MutableSpan<UInt8>) throws(Failure) -> Int
  ) throws(Failure) {
    settle()
    makeRoom()
    let used = end
    var span = storage.mutableSpan
    var free = span._mutatingExtracting(used..<span.count)
    end = used + (try body(&free))
  }

  /// Takes over bytes that arrived elsewhere, at most what is free. It must be empty.
  package mutating func adopt(_ bytes: Span<UInt8>) {
    precondition(isEmpty)
    settle()
    if storage.count < bytes.count { move(to: bytes.count > Self.leastBytes ? Self.freeBytes : Self.leastBytes) }
    var span = storage.mutableSpan
    for index in 0..<bytes.count { span[index] = bytes[index] }
    end = bytes.count
  }

  /// What has arrived and has not been taken out.
  package var held: Span<UInt8> {
    @_lifetime(borrow self)
    get { storage.span.extracting(start..<end) }
  }

  /// How many bytes that are still to arrive belong to a frame that is not read.
  package var passing: Int { discarding }

  /// Takes up what another buffer held, and was passing over. It must be empty. `next` comes before `receive` then.
  package mutating func restore(_ bytes: Span<UInt8>, passing: Int) {
    precondition(isEmpty && passing >= 0)
    settle()
    if storage.count < bytes.count { move(to: max(bytes.count, Self.leastBytes)) }
    var span = storage.mutableSpan
    for index in 0..<bytes.count { span[index] = bytes[index] }
    end = bytes.count
    discarding = passing
  }

  /// Overwrites what was taken out. Called when the frames of a turn have been read, so that no token stays.
  package mutating func settle() {
    clear(0..<start)
    guard start == end else { return }
    start = 0
    end = 0
    // A large frame's space is given back when the frame is done.
    if storage.count > Self.freeBytes { storage = [] }
  }

  /// Sees to it that there is free space behind what is held.
  private mutating func makeRoom() {
    guard end == storage.count else { return }
    let held = end - start
    if storage.count < Self.freeBytes {
      // A peer that fills what it has is given more, within what is free.
      move(to: max(Self.leastBytes, 2 * storage.count))
    } else if start > 0 {
      for index in 0..<held { storage[index] = storage[start + index] }
      clear(held..<end)
      start = 0
      end = held
    } else if wanted > storage.count {
      // Room for the frame at the front, but for twice what has come of it at most.
      move(to: min(wanted, 2 * storage.count))
    }
  }

  private mutating func move(to bytes: Int) {
    let held = end - start
    var larger = [UInt8](repeating: 0, count: bytes)
    for index in 0..<held { larger[index] = storage[start + index] }
    wipe(&storage)
    storage = larger
    start = 0
    end = held
  }

  private mutating func clear(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    var span = storage.mutableSpan
    var cleared = span._mutatingExtracting(range)
    cleared.update(repeating: 0)
  }
}
