// What is held of a connection and owed to it, and how frames become answers.

internal import Linux
internal import Tokens
internal import Wire

/// What passes on one connection. A worker takes it out of the connection to work on it, as what stands in an object is
/// looked at anew for each access.
struct Traffic: ~Copyable {
  var input = FrameBuffer()
  var output = OutBuffer()
  var exchange = Exchange()

  var isIdle: Bool { input.isEmpty && output.pendingBytes == 0 && exchange.isIdle }

  /// Answers all whole frames that are held, until so much is owed that the peer must read first, or its turn is over.
  /// - Parameters:
  ///   - affordable: the bytes that a large frame may take.
  ///   - allowance: the bytes that may be owed.
  /// - Returns: whether the connection makes sense; if not, it must be closed.
  mutating func answerFrames(
    of connection: Connection, with router: inout Router, affordable: Int, allowance: Int, at moment: Instant
  ) -> Bool {
    Self.answerFrames(
      connection, &input, &output, &exchange, with: &router, affordable: affordable, allowance: allowance, at: moment)
  }

  private static func answerFrames(
    _ connection: Connection, _ input: inout FrameBuffer, _ output: inout OutBuffer, _ exchange: inout Exchange,
    with router: inout Router, affordable: Int, allowance: Int, at moment: Instant
  ) -> Bool {
    let makesSense = callFrames(
      connection, &input, &output, &exchange, with: &router, affordable: affordable, allowance: allowance, at: moment)
    router.answerPrepared(input.bytes, at: moment, to: &output)
    return makesSense
  }

  private static func callFrames(
    _ connection: Connection, _ input: inout FrameBuffer, _ output: inout OutBuffer, _ exchange: inout Exchange,
    with router: inout Router, affordable: Int, allowance: Int, at moment: Instant
  ) -> Bool {
    var calls = 0
    while true {
      guard output.pendingBytes < allowance else {
        connection.reading = .waitsForPeer
        return true
      }
      // What the daemon asks itself is little.
      guard calls < Limits.turnCalls || connection.isOwn else {
        if input.hasNext { connection.reading = .waitsForTurn }
        return true
      }
      let header: FrameHeader
      let action: Exchange.Action
      switch input.next(affordable: affordable) {
      case .incomplete: return true
      case .implausible: return false
      case .unaffordable(let large):
        header = large
        action = exchange.receivedTooLarge(large, .noMemory)
      case .oversized(let oversized):
        header = oversized
        action = exchange.receivedTooLarge(oversized, .frameTooLarge(oversized.dataBytes))
      case .frame(let whole, let data):
        header = whole
        if !connection.isOwn { connection.counter.note(1) }
        action = exchange.received(whole)
        guard case .call = action else { break }
        do throws(Status) {
          let isPrepared = try router.prepare(
            connection.entrance, stream: whole.stream, input.bytes, data, limits: router.realms(connection))
          if isPrepared, !router.isFull { continue }
          router.answerPrepared(input.bytes, at: moment, to: &output)
          if isPrepared { continue }
          calls += 1
          router.call(connection, stream: whole.stream, input.bytes, data, at: moment, &exchange, to: &output)
        } catch {
          calls += 1
          router.refuse(error, stream: whole.stream, to: &output)
        }
      }
      if case .refuse(let status) = action {
        calls += 1
        router.refuse(status, stream: header.stream, to: &output)
      }
    }
  }
}
