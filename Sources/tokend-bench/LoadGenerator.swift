// Asks one server about tokens, over several connections, with several requests in flight on each.

import Linux
import Wire

/// Keeps `depth` requests in flight on each of `connections` until the time is over. One thread, epoll; the same for
/// every server, so that what it costs itself is the same too.
struct LoadGenerator: ~Copyable {
  /// What a run came to.
  struct Outcome {
    /// Tokens asked about a second.
    var rate = 0.0
    /// Of whole requests.
    var latency = LatencyHistogram()
  }

  private final class Line {
    let descriptor: Descriptor
    var output = OutBuffer()
    var input = [UInt8](repeating: 0, count: 1 << 18)
    var held = 0
    /// When the requests in flight were sent; the oldest stands at `oldest`.
    var sentAt: [UInt64]
    var oldest = 0
    var inFlight = 0
    var stream: UInt32 = 1

    init(_ descriptor: consuming Descriptor, depth: Int) {
      self.descriptor = descriptor
      sentAt = Array(repeating: 0, count: depth)
    }
  }

  private let dialect: Dialect
  private let sample: TokenSample
  private let depth: Int
  private let busyPoll: Duration
  private let poller: Poller
  private let lines: [Line]
  private var cursor: Int
  private var expected = (allowed: 0, denied: 0)
  private var received = (allowed: 0, denied: 0)

  /// - Parameter busyPoll: how long it polls for replies before it sleeps.
  init(
    socket: String, dialect: Dialect, sample: TokenSample, connections: Int, depth: Int, seed: Int,
    busyPoll: Duration = .zero
  ) throws {
    let poller = try Poller()
    var lines: [Line] = []
    for number in 0..<connections {
      let stream = try UnixStream(connectingTo: socket)
      if !dialect.greeting.isEmpty { try stream.send(dialect.greeting.span, until: .now + .seconds(5)) }
      let line = Line(stream.released(), depth: depth)
      try poller.add(line.descriptor.fd, for: .readable, word: UInt64(number))
      lines.append(line)
    }
    self.dialect = dialect
    self.sample = sample
    self.depth = depth
    self.busyPoll = busyPoll
    self.poller = poller
    self.lines = lines
    cursor = seed &* 7919 % sample.count
  }

  /// - Throws: if anything was answered otherwise than it should be.
  mutating func run(seconds: Double) throws -> Outcome {
    var outcome = Outcome()
    var events: [Poller.Event] = []
    let begin = System.monotonicNanoseconds()
    let warm = begin + 100_000_000
    let end = warm + UInt64(seconds * 1e9)
    var counted = 0
    for line in lines { try ask(line, depth, at: begin) }
    var inFlight = lines.count * depth
    while inFlight > 0 {
      events.removeAll(keepingCapacity: true)
      try poller.wait(timeout: 10_000, spinning: busyPoll, into: &events)
      if events.isEmpty { throw BenchFailure("\(dialect.name) has not answered for 10 seconds") }
      for event in events {
        let line = lines[Int(event.word)]
        let replies = try receive(line, &outcome.latency, countingFrom: warm)
        let now = System.monotonicNanoseconds()
        if now >= warm, now < end { counted += replies }
        inFlight -= replies
        guard now < end else { continue }
        try ask(line, replies, at: now)
        inFlight += replies
      }
    }
    outcome.rate = Double(counted * dialect.tokens) / seconds
    if case .fixed = dialect.replies { return outcome }
    guard received == expected else {
      throw BenchFailure("\(dialect.name) allowed and denied \(received), not \(expected)")
    }
    return outcome
  }

  private mutating func ask(_ line: Line, _ requests: Int, at now: UInt64) throws {
    guard requests > 0 else { return }
    // Lent to this function, so that it is written in place.
    var output = OutBuffer()
    swap(&output, &line.output)
    defer { swap(&output, &line.output) }
    var cursor = cursor
    var live = 0
    for _ in 0..<requests {
      dialect.append(sample, stream: line.stream, to: &output) {
        cursor = cursor + 1 == sample.count ? 0 : cursor + 1
        if sample.isLive(cursor) { live += 1 }
        return cursor
      }
      line.stream = line.stream > .max - 2 ? 1 : line.stream + 2
      var place = line.oldest + line.inFlight
      if place >= depth { place -= depth }
      line.sentAt[place] = now
      line.inFlight += 1
    }
    self.cursor = cursor
    expected.allowed += live
    expected.denied += requests * dialect.tokens - live
    let bytes = output.pendingBytes
    guard case .bytes(bytes) = try line.descriptor.send(output.pending) else {
      throw BenchFailure("a request could not be sent at once")
    }
    output.sent(bytes)
  }

  /// Receives once. Returns how many whole replies have come.
  private mutating func receive(
    _ line: Line, _ latency: inout LatencyHistogram, countingFrom warm: UInt64
  ) throws -> Int {
    // Lent to this function, so that it is looked at in place.
    var input: [UInt8] = []
    swap(&input, &line.input)
    defer { swap(&input, &line.input) }
    var end = line.held
    end += try Self.receive(line.descriptor, into: &input, from: end)
    let now = System.monotonicNanoseconds()
    var start = 0
    var replies = 0
    while start < end, let reply = try dialect.reply(in: input.span, start, end) {
      start += reply.bytes
      replies += 1
      received.allowed += reply.allowed
      received.denied += reply.denied
      let sent = line.sentAt[line.oldest]
      if sent >= warm { latency.add(now - sent) }
      line.oldest = line.oldest + 1 == depth ? 0 : line.oldest + 1
    }
    guard replies <= line.inFlight else { throw BenchFailure("\(dialect.name) answered more than it was asked") }
    line.inFlight -= replies
    for index in start..<end { input[index - start] = input[index] }
    line.held = end - start
    return replies
  }

  private static func receive(_ descriptor: borrowing Descriptor, into input: inout [UInt8], from end: Int) throws
    -> Int
  {
    var span = input.mutableSpan
    var free = span._mutatingExtracting(end..<span.count)
    guard case .bytes(let count) = try descriptor.receive(into: &free) else {
      throw BenchFailure("the server closed the connection")
    }
    return count
  }
}
