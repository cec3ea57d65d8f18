// Writes at a rate that a clock sets, beside whatever is timed.

import Linux
import Synchronization
import Wire

/// Asks so many questions a second over several connections, each with a thread of its own and one call in flight. A
/// question whose time has come while another was in flight is asked right after it, so that the rate is kept if the
/// server can keep it.
struct PacedWriter: ~Copyable {
  private final class Progress: Sendable {
    let isStopping = Atomic(false)
    let answered = Atomic(0)
    let failure = Mutex<String?>(nil)
  }

  private let threads: [Thread]
  private let progress: Progress
  private let begin: UInt64

  /// Begins to write.
  /// - Parameters:
  ///   - lanes: the questions of each connection.
  ///   - rate: questions a second, of all connections together.
  init<Asked: Workload & Sendable>(socket: String, lanes: [Asked], aSecond rate: Int) throws {
    let progress = Progress()
    let begin = System.monotonicNanoseconds()
    var threads: [Thread] = []
    for (number, questions) in lanes.enumerated() {
      let first = begin + UInt64(number * 1_000_000_000 / rate)
      let period = UInt64(lanes.count * 1_000_000_000 / rate)
      threads.append(
        try Thread(named: "writer\(number)") {
          do {
            try Self.write(questions, to: socket, from: first, every: period, progress)
          } catch {
            progress.failure.withLock { $0 = "\(error)" }
          }
        })
    }
    self.threads = threads
    self.progress = progress
    self.begin = begin
  }

  /// Ends it.
  /// - Returns: how many questions a second were answered, from beginning to end.
  /// - Throws: BenchFailure if one was answered otherwise than it should be.
  consuming func stop() throws -> Double {
    let answered = progress.answered.load(ordering: .acquiring)
    let time = System.monotonicNanoseconds() - begin
    progress.isStopping.store(true, ordering: .releasing)
    for thread in threads { thread.join() }
    if let failure = progress.failure.withLock({ $0 }) { throw BenchFailure("a writer failed: \(failure)") }
    return Double(answered) / (Double(time) / 1e9)
  }

  private static func write(
    _ questions: some Workload, to socket: String, from first: UInt64, every period: UInt64, _ progress: Progress
  ) throws {
    var questions = questions
    let stream = try UnixStream.connected(toServer: socket)
    try stream.send(questions.greeting.span, until: .now + .seconds(10))
    var input = [UInt8](repeating: 0, count: 1 << 16)
    var due = first
    var id: UInt32 = 1
    while !progress.isStopping.load(ordering: .acquiring) {
      let now = System.monotonicNanoseconds()
      guard now >= due else {
        System.pause(milliseconds: Int32((due - now + 999_999) / 1_000_000))
        continue
      }
      due += period
      _ = try ask(&questions, stream: id, over: stream, &input)
      id += 2
      progress.answered.add(1, ordering: .releasing)
    }
  }

  /// What one question took.
  struct Call {
    let requestBytes: Int
    let replyBytes: Int
  }

  /// Asks the next question over a connection of its own.
  static func once(_ questions: inout some Workload, to socket: String) throws -> Call {
    let stream = try UnixStream.connected(toServer: socket)
    var input = [UInt8](repeating: 0, count: 1 << 16)
    return try ask(&questions, stream: 1, over: stream, &input)
  }

  /// Asks the next question and awaits its answer, with nothing else in flight.
  private static func ask(
    _ questions: inout some Workload, stream id: UInt32, over stream: borrowing UnixStream, _ input: inout [UInt8]
  ) throws -> Call {
    var output = OutBuffer()
    try questions.append(stream: id, to: &output)
    try stream.send(output.pending, until: .now + .seconds(10))
    var held = 0
    while true {
      var span = input.mutableSpan
      var free = span._mutatingExtracting(held..<span.count)
      let count = try stream.receive(into: &free, until: .now + .seconds(10))
      if count == 0 { throw BenchFailure("\(questions.name): the connection was closed") }
      held += count
      guard let reply = try questions.reply(in: input.span, 0, held) else { continue }
      guard reply == held else { throw BenchFailure("\(questions.name) answered more than it was asked") }
      return Call(requestBytes: output.pending.count, replyBytes: reply)
    }
  }
}
