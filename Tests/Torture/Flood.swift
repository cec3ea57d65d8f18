// A peer that means no good, as a program of its own, so that it can be another user's.

import Foundation
import Linux
import Synchronization
import Wire

/// What a hostile peer does, with so many connections.
enum Flood: String, CaseIterable {
  /// Connects and says nothing.
  case idle
  /// Sends half a frame and nothing more.
  case half
  /// Sends a byte a second.
  case trickle
  /// Asks and asks, and never reads.
  case deaf
  /// Asks without end, many at a time, and reads.
  case pipelining
  /// Sends what is refused, in the smallest frames there are, never all of the last, and reads.
  case crumbs
  /// Connects and goes, without end.
  case churn

  var connections: Int {
    switch self {
    case .idle, .half: 10_000
    case .trickle: 1000
    case .deaf: 400
    case .pipelining, .crumbs: 64
    case .churn: 1
    }
  }

  /// How long it goes on, if nobody ends it.
  private static let life = Duration.seconds(60)
  /// How long a reply may take, once it has sent all.
  private static let patience = Duration.seconds(10)
  private static let frames = 32

  /// Set by SIGTERM.
  private static let isOver = Atomic(false)

  /// What it did, as the line that it ends with.
  struct Report {
    /// Connections that it was given, of which the daemon may have closed some at once.
    var connected = 0
    /// Those that were open at the end.
    var open = 0
    /// Bytes that it has sent and received.
    var sent = 0
    var received = 0
    /// Whole replies to the connection that had the fewest, of a flood that counts them.
    var leastReplies = 0
    /// Whole calls that had no reply when nothing had come for `patience`.
    var unanswered = 0

    var line: String { "\(connected) \(open) \(sent) \(received) \(leastReplies) \(unanswered)\n" }

    init() {}

    /// - Returns: nil for a line that is none.
    init?(_ line: String) {
      let numbers = line.split(separator: " ").compactMap { Int($0) }
      guard numbers.count == 6 else { return nil }
      (connected, open, sent, received) = (numbers[0], numbers[1], numbers[2], numbers[3])
      (leastReplies, unanswered) = (numbers[4], numbers[5])
    }
  }

  /// Does it until SIGTERM. It says "ready" on standard output once all of it is under way, and at last what it did.
  func run(_ socket: String, token: String) {
    signal(SIGTERM) { _ in Flood.isOver.store(true, ordering: .relaxed) }
    let end = ContinuousClock.now + Self.life
    var report = Report()
    var crowd: [Connection] = []
    let request = self == .crumbs ? Self.emptyRequests : Self.requests(token)
    if self != .churn {
      for _ in 0..<connections {
        guard let connection = Connection(to: socket, until: end) else { continue }
        connection.countsReplies = self == .crumbs
        crowd.append(connection)
      }
      report.connected = crowd.count
      for connection in crowd { step(connection, request, number: 0, &report) }
    }
    System.write("ready\n", to: 1)
    var number = 1
    while !Self.isOver.load(ordering: .relaxed), ContinuousClock.now < end {
      if self == .churn, (try? UnixStream(connectingTo: socket)) != nil { report.connected += 1 }
      for connection in crowd { step(connection, request, number: number, &report) }
      number += 1
      switch self {
      case .idle, .half, .trickle: usleep(1_000_000)
      case .deaf: usleep(10_000)
      case .pipelining, .crumbs, .churn: break
      }
    }
    if self == .crumbs { report.unanswered = Self.unanswered(of: crowd) }
    report.open = crowd.count { $0.receive() != nil }
    report.leastReplies = crowd.map(\.replies.count).min() ?? 0
    System.write(report.line, to: 1)
  }

  /// Sends no more, and reads until all whole calls have their reply or none comes.
  private static func unanswered(of crowd: [Connection]) -> Int {
    var last = ContinuousClock.now
    while true {
      if crowd.reduce(0, { $0 + ($1.receive() ?? 0) }) > 0 { last = .now } else { System.pause(milliseconds: 1) }
      let owed = crowd.reduce(0) { $0 + $1.emptyCalls - $1.replies.count }
      if owed == 0 || .now - last > patience { return owed }
    }
  }

  /// Whole frames in bytes that come in pieces.
  private struct Replies {
    private(set) var count = 0
    /// What has come of a header.
    private var head: [UInt8] = []
    /// Bytes to come of the frame whose header has come.
    private var left = 0

    mutating func took(_ bytes: Span<UInt8>) {
      var at = 0
      while at < bytes.count {
        if left > 0 {
          let part = min(left, bytes.count - at)
          (at, left) = (at + part, left - part)
        } else {
          head.append(bytes[at])
          at += 1
          guard head.count == FrameHeader.bytes else { continue }
          left = FrameHeader(decoding: head.span).dataBytes
          head.removeAll(keepingCapacity: true)
        }
        if left == 0 { count += 1 }
      }
    }
  }

  /// A connection, until it is closed by one side.
  private final class Connection {
    var descriptor: Descriptor?
    /// How many bytes of the request that is being sent are away.
    var at = 0
    private var sent = 0
    /// Whether replies are counted, which takes time that a flood may lack.
    var countsReplies = false
    var replies = Replies()
    /// How many calls it has sent, if they are nothing but headers.
    var emptyCalls: Int { sent / FrameHeader.bytes }

    /// - Returns: nil if it is not let in.
    init?(to socket: String, until end: ContinuousClock.Instant) {
      while true {
        do throws(Errno) {
          descriptor = try UnixStream(connectingTo: socket).released()
          return
        } catch {
          // As many wait to be let in as may.
          guard error.isWouldBlock, .now < end else { return nil }
          System.pause(milliseconds: 1)
        }
      }
    }

    /// Sends what is left of the request, up to `most` bytes, then begins it anew.
    /// - Returns: how many bytes went; nil if the connection has ended.
    func send(_ request: [UInt8], most: Int = .max) -> Int? {
      let end = min(request.count, most == .max ? request.count : at + most)
      let count = use { descriptor throws(Errno) in try descriptor.send(request.span.extracting(at..<end)) }
      if let count { (at, sent) = ((at + count) % request.count, sent + count) }
      return count
    }

    /// - Returns: how many bytes there were; nil if the connection has ended.
    func receive() -> Int? {
      var bytes = [UInt8](repeating: 0, count: 65_536)
      let count = use { descriptor throws(Errno) in
        var span = bytes.mutableSpan
        return try descriptor.receive(into: &span)
      }
      if countsReplies, let count { replies.took(bytes.span.extracting(0..<count)) }
      return count
    }

    /// - Returns: how many bytes the call moved; nil if the connection has ended, which is closed then.
    private func use(_ call: (borrowing Descriptor) throws(Errno) -> Descriptor.Progress) -> Int? {
      guard let descriptor = descriptor.take(), let progress = try? call(descriptor) else { return nil }
      let count: Int
      switch progress {
      case .ended: return nil
      case .wouldBlock: count = 0
      case .bytes(let moved): count = moved
      }
      self.descriptor = consume descriptor
      return count
    }
  }

  private func step(_ connection: Connection, _ request: [UInt8], number: Int, _ report: inout Report) {
    switch self {
    case .idle, .churn: break
    case .half: if number == 0 { report.sent += connection.send(request, most: 50) ?? 0 }
    case .trickle: report.sent += connection.send(request, most: 1) ?? 0
    case .deaf: report.sent += connection.send(request) ?? 0
    case .pipelining:
      report.received += connection.receive() ?? 0
      report.sent += connection.send(request) ?? 0
    case .crumbs:
      report.received += connection.receive() ?? 0
      report.sent += connection.send(request, most: request.count - FrameHeader.bytes / 2) ?? 0
    }
  }

  /// Requests without an envelope, as many as the daemon may receive at once.
  private static var emptyRequests: [UInt8] {
    var out = OutBuffer()
    let count = 1600
    out.reserve(count * FrameHeader.bytes)
    for number in 0..<count {
      out.append(FrameHeader(dataBytes: 0, stream: UInt32(number * 2 + 1), kind: .request))
    }
    return Array(copying: out.pending)
  }

  private static func requests(_ token: String) -> [UInt8] {
    var out = OutBuffer()
    let text = Array(token.utf8)
    let payload = ValidateRequest.encode(
      token: text.span, org: "acme", tenant: "prod", scopes: ["pipeline:read"], minRevision: 0)
    for number in 0..<frames {
      RequestEnvelope.append(
        service: "tokend.v1.Validation", method: "Validate", payload: payload.span, timeout: 0,
        stream: UInt32(number * 2 + 1), to: &out)
    }
    return Array(copying: out.pending)
  }
}
