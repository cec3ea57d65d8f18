// What has come from several connections in one turn, from where it is received until its replies are sent.

internal import Linux
internal import Tokens
internal import Wire

/// Bytes of connections of which nothing was held, one behind the other, and the replies to them in the same order.
/// Requests are judged together (`ValidationService`), whichever connections they came from: so what memory takes to
/// bring a token nearer passes once for many, and a connection that sends whole frames needs no buffer of its own.
struct Round: ~Copyable {
  /// What is received of one connection; the rest is for the next turn.
  static let share = 16 << 10
  private static let capacity = 4 * share

  /// A connection whose bytes are in the round.
  private struct Line {
    let connection: Connection
    /// Its frames.
    var calls = 0
    /// Its requests that are not answered yet.
    var waiting = 0
    /// Where its replies are. All lines before it are answered before it is, so they are in one piece.
    var replies = 0..<0

    /// Notes that its replies have been written from `start` to `end`, or go on there.
    mutating func wrote(from start: Int, to end: Int) {
      replies = (replies.isEmpty ? start : replies.lowerBound)..<end
    }
  }

  private var landing: [UInt8] = []
  private var used = 0
  private var lines: [Line] = []
  private var replies = OutBuffer()

  deinit { wipe(atEndOf: landing) }

  /// Whether another connection can be received from.
  var hasRoom: Bool { used + Self.share <= Self.capacity }
  /// Whether replies wait to be sent: enough requests have come together to be judged.
  var hasReplies: Bool { replies.pendingBytes > 0 }
  var count: Int { lines.count }

  /// The bytes that were received.
  var received: Span<UInt8> {
    @_lifetime(borrow self)
    get { landing.span }
  }

  /// The connection of a line.
  func connection(_ line: Int) -> Connection { lines[line].connection }

  /// How many frames the connection of a line has sent.
  func calls(_ line: Int) -> Int { lines[line].calls }

  /// What is to be sent to the connection of a line, once all is answered.
  @_lifetime(borrow self)
  func replies(_ line: Int) -> Span<UInt8> {
    replies.pending.extracting(lines[line].replies)
  }

  /// Receives once from `connection`, whose line this opens, at most `most` bytes and `share`.
  /// - Returns: where its bytes are; nil if there are none now. It is empty if the peer sends no more.
  mutating func receive(from connection: Connection, most: Int) throws(Errno) -> Range<Int>? {
    if landing.isEmpty { landing = [UInt8](repeating: 0, count: Self.capacity) }
    let start = used
    var span = landing.mutableSpan
    var free = span._mutatingExtracting(start..<start + min(most, Self.share))
    switch try connection.descriptor.receive(into: &free) {
    case .wouldBlock: return nil
    case .ended: return start..<start
    case .bytes(let count):
      used += count
      lines.append(Line(connection: connection))
      return start..<used
    }
  }

  /// Reads the frames of `connection`, whose line was opened last, and has them answered or prepared.
  /// - Returns: what is left, for the connection's own buffer: a frame that is not whole or not plausible, what must wait
  ///   for the frames before it, or what its turn had no time for; then it waits for the next.
  mutating func read(
    _ range: Range<Int>, from connection: Connection, with router: inout Router, now: () -> Instant
  ) -> Range<Int> {
    // Lent to this function, so that it is written while the bytes are read.
    var replies = OutBuffer()
    swap(&replies, &self.replies)
    defer { swap(&replies, &self.replies) }
    let realms = router.realms(connection)
    var rest = range
    var calls = 0
    while let (header, data) = FrameHeader.whole(in: landing.span, rest) {
      let stream = header.stream
      var isPrepared = false
      lines[lines.count - 1].calls += 1
      if header.kind == .request, stream % 2 == 1 {
        do throws(Status) {
          isPrepared = try router.prepare(connection.entrance, stream: stream, landing.span, data, limits: realms)
        } catch {
          answer(with: &router, now: now, to: &replies)
          let start = replies.pendingBytes
          router.refuse(error, stream: stream, to: &replies)
          lines[lines.count - 1].wrote(from: start, to: replies.pendingBytes)
          rest = data.upperBound..<rest.upperBound
          calls += 1
          guard replies.pendingBytes < Limits.outBufferHigh, calls < Limits.turnCalls else { break }
          continue
        }
      }
      if isPrepared {
        lines[lines.count - 1].waiting += 1
        if router.isFull { answer(with: &router, now: now, to: &replies) }
      } else {
        answer(with: &router, now: now, to: &replies)
        let start = replies.pendingBytes
        let isPlain = call(connection, header, data, with: &router, at: now(), to: &replies)
        lines[lines.count - 1].wrote(from: start, to: replies.pendingBytes)
        if !isPlain { return data.upperBound..<rest.upperBound }
        calls += 1
      }
      rest = data.upperBound..<rest.upperBound
      // From here on the connection's own buffers hold it back.
      guard replies.pendingBytes < Limits.outBufferHigh, calls < Limits.turnCalls else { break }
    }
    if calls >= Limits.turnCalls, FrameHeader.whole(in: landing.span, rest) != nil {
      connection.reading = .waitsForTurn
    }
    return rest
  }

  /// Has a frame answered that is no Validate.
  /// - Returns: whether nothing is owed to its connection beyond what has been written.
  private func call(
    _ connection: Connection, _ header: FrameHeader, _ data: Range<Int>, with router: inout Router, at moment: Instant,
    to replies: inout OutBuffer
  ) -> Bool {
    var traffic = Traffic()
    swap(&traffic, &connection.traffic)
    defer { swap(&traffic, &connection.traffic) }
    switch traffic.exchange.received(header) {
    case .call:
      router.call(
        connection, stream: header.stream, landing.span, data, at: moment, &traffic.exchange, to: &replies)
    case .refuse(let status): router.refuse(status, stream: header.stream, to: &replies)
    case .ignore: break
    }
    return traffic.isIdle
  }

  /// Has all requests answered that were prepared.
  mutating func answer(with router: inout Router, now: () -> Instant) {
    var replies = OutBuffer()
    swap(&replies, &self.replies)
    answer(with: &router, now: now, to: &replies)
    swap(&replies, &self.replies)
  }

  private mutating func answer(with router: inout Router, now: () -> Instant, to replies: inout OutBuffer) {
    guard !router.isIdle else { return }
    // Read after all of their bytes have come: no request is judged by an earlier clock.
    let moment = now()
    router.lookUp()
    for index in lines.indices where lines[index].waiting > 0 {
      let start = replies.pendingBytes
      router.answerNext(lines[index].waiting, landing.span, at: moment, to: &replies)
      lines[index].waiting = 0
      lines[index].wrote(from: start, to: replies.pendingBytes)
    }
  }

  /// Begins anew. Requests and replies bear tokens: they are overwritten.
  mutating func clear() {
    lines.removeAll(keepingCapacity: true)
    replies.sent(replies.pendingBytes)
    let landed = used
    var span = landing.mutableSpan
    var bytes = span._mutatingExtracting(0..<landed)
    bytes.update(repeating: 0)
    used = 0
  }
}
