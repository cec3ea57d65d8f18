// What a load generator asks a server, and how the answers are read.

import Wire

/// Requests in the order in which they are sent, and their replies, which come in the same order on each connection. A
/// generator is compiled anew for each kind of questions, so that asking through this protocol costs nothing there.
protocol Workload {
  /// The server's name, for messages.
  var name: String { get }
  /// What each connection sends first.
  var greeting: [UInt8] { get }
  /// What one request counts for.
  var weight: Int { get }

  /// Writes the next request.
  /// - Throws: BenchFailure if there is none left.
  mutating func append(stream: UInt32, to out: inout OutBuffer) throws

  /// The bytes of the reply at `start` of what was received; nil if not all of it is there.
  /// - Throws: BenchFailure if it is not what it should be.
  mutating func reply(in span: Span<UInt8>, _ start: Int, _ end: Int) throws -> Int?

  /// Called when every request has been answered.
  /// - Throws: BenchFailure if the answers, taken together, are wrong.
  func conclude() throws
}

/// Workload about the tokens of a sample, over and over. Of all answers, as many must allow as are about live tokens.
struct TokenWorkload: Workload {
  private let dialect: Dialect
  private let sample: TokenSample
  private var cursor: Int
  private var expected = (allowed: 0, denied: 0)
  private var received = (allowed: 0, denied: 0)

  /// - Parameter seed: which token comes first.
  init(_ dialect: Dialect, of sample: TokenSample, seed: Int) {
    self.dialect = dialect
    self.sample = sample
    cursor = seed &* 7919 % sample.count
  }

  var name: String { dialect.name }
  var greeting: [UInt8] { dialect.greeting }
  var weight: Int { dialect.tokens }

  @inline(__always)
  mutating func append(stream: UInt32, to out: inout OutBuffer) {
    var cursor = cursor
    var live = 0
    dialect.append(sample, stream: stream, to: &out) {
      cursor = cursor + 1 == sample.count ? 0 : cursor + 1
      if sample.isLive(cursor) { live += 1 }
      return cursor
    }
    self.cursor = cursor
    expected.allowed += live
    expected.denied += dialect.tokens - live
  }

  @inline(__always)
  mutating func reply(in span: Span<UInt8>, _ start: Int, _ end: Int) throws -> Int? {
    guard let reply = try dialect.reply(in: span, start, end) else { return nil }
    received.allowed += reply.allowed
    received.denied += reply.denied
    return reply.bytes
  }

  func conclude() throws {
    if case .fixed = dialect.replies { return }
    guard received == expected else {
      throw BenchFailure("\(dialect.name) allowed and denied \(received), not \(expected)")
    }
  }
}
