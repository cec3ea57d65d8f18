// Requests in fixed numbers and in step, so that a server does the same each time.

import Linux
import Tokens
import Wire

/// Sends so many requests at once on each of its connections, waits for all replies, and begins again. Every verdict is
/// held against the one that it must be.
final class SteadyLoad {
  private final class Line {
    let stream: UnixStream
    var nextID: UInt32 = 1

    init(_ stream: consuming UnixStream) { self.stream = stream }
  }

  private static let patience = Duration.seconds(30)

  /// Requests that are sent at once on a connection.
  private let depth: Int
  private let lines: [Line]
  private var cursor = 0

  init(socket: String, connections: Int, depth: Int) throws {
    var lines: [Line] = []
    for _ in 0..<connections { lines.append(Line(try UnixStream.connected(toServer: socket))) }
    self.lines = lines
    self.depth = depth
  }

  /// The least requests of which every connection has its full share.
  var round: Int { lines.count * depth }

  /// Asks at least so many requests, in whole rounds.
  /// - Returns: how many were asked.
  /// - Throws: if anything was answered otherwise than it must be.
  @discardableResult
  func ask(_ question: VerdictKind, atLeast requests: Int) throws -> Int {
    var asked = 0
    while asked < requests {
      for line in lines { try send(question, on: line) }
      for line in lines { try receive(question, on: line) }
      asked += round
    }
    return asked
  }

  private func send(_ question: VerdictKind, on line: Line) throws {
    var output = OutBuffer()
    for _ in 0..<depth {
      let body = question.bodies[cursor % question.bodies.count]
      cursor += 1
      output.reserve(FrameHeader.bytes + body.count)
      output.append(FrameHeader(dataBytes: body.count, stream: line.nextID, kind: .request))
      output.append(body.span)
      line.nextID = line.nextID > .max - 2 ? 1 : line.nextID + 2
    }
    try line.stream.send(output.pending, until: .now + Self.patience)
  }

  private func receive(_ question: VerdictKind, on line: Line) throws {
    var input = FrameBuffer()
    var missing = depth
    while missing > 0 {
      switch input.next() {
      case .frame(let header, let data):
        guard header.kind == .response else { throw BenchFailure("tokend sent something else than a response") }
        try check(question, in: input.bytes, data)
        missing -= 1
      case .incomplete:
        var count = 0
        try input.receive { (span: inout MutableSpan<UInt8>) throws(Errno) in
          count = try line.stream.receive(into: &span, until: .now + Self.patience)
          return count
        }
        if count == 0 { throw BenchFailure("tokend closed the connection") }
      case .oversized, .unaffordable, .implausible: throw BenchFailure("tokend sent a frame that is none")
      }
    }
  }

  private func check(_ question: VerdictKind, in span: Span<UInt8>, _ data: Range<Int>) throws {
    let payload: Range<Int>
    switch try ResponseEnvelope.decode(in: span, data) {
    case .success(let range): payload = range
    case .failure(let status): throw BenchFailure("\(question.name) was answered with a status: \(status)")
    }
    guard question.isBatch else { return try check(question.reasons[0], question, in: span, payload) }
    var list = FieldReader(payload)
    var index = 0
    while case (1, .bytes(let item))? = try list.next(in: span) {
      guard index < question.reasons.count else { throw BenchFailure("\(question.name): too many verdicts") }
      try check(question.reasons[index], question, in: span, item)
      index += 1
    }
    guard index == question.reasons.count else { throw BenchFailure("\(question.name): \(index) verdicts came") }
  }

  private func check(_ reason: Reason, _ question: VerdictKind, in span: Span<UInt8>, _ item: Range<Int>) throws {
    var reply = FieldReader(item)
    guard case (1, .varint(let number))? = try reply.next(in: span), number == UInt64(reason.rawValue) else {
      throw BenchFailure("\(question.name): a verdict is not \(reason.name)")
    }
  }
}
