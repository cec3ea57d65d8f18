// The floor: a server that does nothing but receive and send.

import Linux
import Wire

/// Answers every so many bytes with so many others, as the first eight bytes of a connection say. One thread, epoll.
struct EchoServer: ~Copyable {
  private final class Line {
    let descriptor: Descriptor
    var greeting: [UInt8] = []
    var requestBytes = 0
    var replyBytes = 0
    /// Bytes of a request whose rest is still to come.
    var held = 0

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
  }

  private let listener: UnixListener
  private let poller: Poller
  private let busyPoll: Duration
  private var lines: [UInt64: Line] = [:]
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private let zeros = [UInt8](repeating: 0, count: 1 << 20)

  /// - Parameter busyPoll: how long it polls after an event before it sleeps, as tokend does; zero for not at all.
  init(at path: String, busyPoll: Duration) throws {
    let listener = try UnixListener(at: path, group: nil)
    let poller = try Poller()
    try poller.add(listener.fd, for: .readable, word: 0)
    self.listener = listener
    self.poller = poller
    self.busyPoll = busyPoll
  }

  /// What a connection sends first, so that every so many bytes are answered with so many others.
  static func greeting(requestBytes: Int, replyBytes: Int) -> [UInt8] {
    var greeting = OutBuffer()
    greeting.reserve(8)
    greeting.append(bigEndian: UInt32(requestBytes))
    greeting.append(bigEndian: UInt32(replyBytes))
    return Array(copying: greeting.pending)
  }

  mutating func run() throws {
    // As tokend's workers do: where the generator has the same processor, who runs when is part of what is timed.
    if busyPoll == .zero { Thread.takeTurns(of: .microseconds(100), nicerBy: 0) }
    var events: [Poller.Event] = []
    var serial: UInt64 = 0
    while true {
      let spin = events.isEmpty ? .zero : busyPoll
      events.removeAll(keepingCapacity: true)
      try poller.wait(timeout: nil, spinning: spin, into: &events)
      for event in events {
        guard event.word == 0 else {
          try serve(event.word)
          continue
        }
        while let accepted = try listener.accept() {
          serial += 1
          let line = Line(accepted)
          try poller.add(line.descriptor.fd, for: .readable, word: serial)
          lines[serial] = line
        }
      }
    }
  }

  private mutating func serve(_ word: UInt64) throws {
    guard let line = lines[word] else { return }
    var span = buffer.mutableSpan
    guard case .bytes(var count) = try line.descriptor.receive(into: &span) else {
      try poller.remove(line.descriptor.fd)
      lines[word] = nil
      return
    }
    if line.requestBytes == 0 {
      let taken = min(8 - line.greeting.count, count)
      line.greeting += buffer[..<taken]
      count -= taken
      guard line.greeting.count == 8 else { return }
      func word(_ at: Int) -> Int { line.greeting[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
      line.requestBytes = max(1, word(0))
      line.replyBytes = word(4)
    }
    line.held += count
    let owed = line.held / line.requestBytes * line.replyBytes
    line.held %= line.requestBytes
    guard owed > 0 else { return }
    guard case .bytes(owed) = try line.descriptor.send(zeros.span.extracting(0..<owed)) else {
      throw BenchFailure("the echo could not be sent at once")
    }
  }
}
