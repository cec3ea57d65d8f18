// Asks one server over several connections, with several requests in flight on each.

import Linux
import Wire

/// Keeps `depth` requests in flight on each of `connections` until the time is over. One thread, epoll; the same for
/// every server, so that what it costs itself is the same too.
struct LoadGenerator<Asked: Workload>: ~Copyable {
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

  /// What is asked. They keep what they have learnt from the answers.
  private(set) var questions: Asked
  private let depth: Int
  private let busyPoll: Duration
  private let poller: Poller
  private let lines: [Line]

  init(socket: String, asking questions: Asked, connections: Int, depth: Int, busyPoll: Duration = .zero) throws {
    try self.init(
      sockets: [socket], asking: questions, connections: connections, depth: depth, busyPoll: busyPoll)
  }

  /// - Parameters:
  ///   - sockets: where connections go to, by turns.
  ///   - busyPoll: how long it polls for replies before it sleeps.
  init(sockets: [String], asking questions: Asked, connections: Int, depth: Int, busyPoll: Duration = .zero) throws {
    let poller = try Poller()
    var lines: [Line] = []
    for number in 0..<connections {
      let stream = try UnixStream.connected(toServer: sockets[number % sockets.count])
      if !questions.greeting.isEmpty { try stream.send(questions.greeting.span, until: .now + .seconds(5)) }
      let line = Line(stream.released(), depth: depth)
      try poller.add(line.descriptor.fd, for: .readable, word: UInt64(number))
      lines.append(line)
    }
    self.questions = questions
    self.depth = depth
    self.busyPoll = busyPoll
    self.poller = poller
    self.lines = lines
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
      if events.isEmpty { throw BenchFailure("\(questions.name) has not answered for 10 seconds") }
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
    outcome.rate = Double(counted * questions.weight) / seconds
    try questions.conclude()
    return outcome
  }

  private mutating func ask(_ line: Line, _ requests: Int, at now: UInt64) throws {
    guard requests > 0 else { return }
    // Lent to this function, so that it is written in place.
    var output = OutBuffer()
    swap(&output, &line.output)
    defer { swap(&output, &line.output) }
    for _ in 0..<requests {
      try questions.append(stream: line.stream, to: &output)
      line.stream = line.stream > .max - 2 ? 1 : line.stream + 2
      var place = line.oldest + line.inFlight
      if place >= depth { place -= depth }
      line.sentAt[place] = now
      line.inFlight += 1
    }
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
    while start < end, let bytes = try questions.reply(in: input.span, start, end) {
      start += bytes
      replies += 1
      let sent = line.sentAt[line.oldest]
      if sent >= warm { latency.add(now - sent) }
      line.oldest = line.oldest + 1 == depth ? 0 : line.oldest + 1
    }
    guard replies <= line.inFlight else { throw BenchFailure("\(questions.name) answered more than it was asked") }
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
