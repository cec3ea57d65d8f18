// A worker's thread: one poller, its own connections, and turns until it is told to stop.

internal import Linux
internal import Tokens
internal import Wire

/// The two listening sockets, shared by all workers.
final class Listeners: Sendable {
  let validation: UnixListener
  let administration: UnixListener

  init(validation: consuming UnixListener, administration: consuming UnixListener) {
    self.validation = validation
    self.administration = administration
  }
}

/// The event loop. A turn waits, and for each connection that has something receives, judges, and sends all replies at
/// once.
struct Worker: ~Copyable {
  private static let bell: UInt64 = 0
  private static let validationDoor: UInt64 = 1
  private static let administrationDoor: UInt64 = 2

  private let port: WorkerPort
  private let listeners: Listeners
  private let bounds: ConnectionBounds
  private let busyPoll: Duration
  private let now: @Sendable () -> Instant
  private let poller: Poller
  private var router: Router

  private var events: [Poller.Event] = []
  private var connections = ConnectionTable()
  private var dirty: [Connection] = []
  /// What half-read large frames take, of all connections.
  private var largeInput = 0
  /// Whether new connections are waited for. Not while there is no descriptor to be had for one.
  private var isOpen = false
  private var reopening = ContinuousClock.now

  /// - Parameter busyPoll: how long it polls after an event before it sleeps; zero for not at all.
  init(
    port: WorkerPort, listeners: Listeners, bounds: ConnectionBounds, busyPoll: Duration,
    now: @escaping @Sendable () -> Instant, router: consuming Router
  ) throws(Errno) {
    let poller = try Poller()
    try poller.add(port.receipts.wakeup.fd, for: .readable, word: Self.bell)
    self.port = port
    self.listeners = listeners
    self.bounds = bounds
    self.busyPoll = busyPoll
    self.now = now
    self.poller = poller
    self.router = router
    events.reserveCapacity(Poller.capacity)
  }

  /// Turns until told to stop, then until everything owed has been sent, at most for `Limits.drain`.
  mutating func run() throws(Errno) {
    try openDoors()
    while !port.shallStop {
      // Connections that are there are served on while the doors are shut for a moment.
      _ = try turn(timeout: isOpen ? nil : Limits.acceptPauseMilliseconds)
      if !isOpen, ContinuousClock.now >= reopening { try openDoors() }
    }
    router.isDraining = true
    // Who had connected before the order to stop is served like everybody else.
    while try accept(.validation) {}
    while try accept(.administration) {}
    try closeDoors()
    let end = ContinuousClock.now + Limits.drain
    while ContinuousClock.now < end {
      // What had arrived before the order to stop is still answered: a turn without events has seen all of it.
      let isQuiet = try turn(timeout: owesAnswers ? 50 : 0) == 0
      if isQuiet, !owesAnswers { break }
    }
    for connection in connections.all { close(connection) }
  }

  private var owesAnswers: Bool {
    connections.all.contains { $0.traffic.exchange.callsInFlight > 0 || $0.traffic.output.pendingBytes > 0 }
  }

  /// One turn. Returns the number of events that it began with.
  private mutating func turn(timeout: Int32?) throws(Errno) -> Int {
    // Whoever has just asked may ask again at once. After a wait that brought nothing there is nobody to be quick for.
    let spin = events.isEmpty ? .zero : busyPoll
    events.removeAll(keepingCapacity: true)
    try poller.wait(timeout: timeout, spinning: spin, into: &events)
    let moment = now()
    for index in events.indices {
      let event = events[index]
      switch event.word {
      case Self.bell: takeReceipts()
      case Self.validationDoor: try accept(.validation)
      case Self.administrationDoor: try accept(.administration)
      default: serve(event, at: moment)
      }
    }
    for connection in dirty { flush(connection, at: moment) }
    dirty.removeAll(keepingCapacity: true)
    return events.count
  }

  private mutating func takeReceipts() {
    router.turnToNewestIndex()
    for receipt in port.receipts.take(most: .max) {
      guard let connection = connections[receipt.origin.connection] else { continue }
      router.answer(receipt, to: connection)
      mark(connection)
    }
  }

  // MARK: Doors

  private mutating func openDoors() throws(Errno) {
    try poller.add(listeners.validation.fd, for: [.readable, .exclusive], word: Self.validationDoor)
    try poller.add(listeners.administration.fd, for: [.readable, .exclusive], word: Self.administrationDoor)
    isOpen = true
  }

  private mutating func closeDoors() throws(Errno) {
    guard isOpen else { return }
    isOpen = false
    try poller.remove(listeners.validation.fd)
    try poller.remove(listeners.administration.fd)
  }

  /// Accepts a few at a time, so that a flood of connections does not hold up those that are there.
  /// - Returns: whether more may be waiting.
  @discardableResult
  private mutating func accept(_ entrance: Entrance) throws(Errno) -> Bool {
    for _ in 0..<16 where isOpen {
      do throws(Errno) {
        let accepted: Descriptor?
        switch entrance {
        case .validation: accepted = try listeners.validation.accept()
        case .administration: accepted = try listeners.administration.accept()
        }
        guard let descriptor = accepted else { return false }
        // At the bound the peer sees its connection closed.
        guard connections.count(through: entrance) < bounds.most(through: entrance) else { continue }
        try admit(descriptor, entrance)
      } catch {
        Log.error("a connection was not accepted: \(error)")
        // Without a pause the poller would say at once that the same peer still waits.
        guard error.isExhaustion else { continue }
        try closeDoors()
        reopening = .now + .milliseconds(Int(Limits.acceptPauseMilliseconds))
      }
    }
    return isOpen
  }

  private mutating func admit(_ descriptor: consuming Descriptor, _ entrance: Entrance) throws(Errno) {
    let peer = try PeerCredentials(of: descriptor.fd)
    let connection = connections.add(descriptor, caller: router.caller(peer), entrance: entrance)
    do throws(Errno) {
      try poller.add(connection.descriptor.fd, for: .readable, word: connection.word)
    } catch {
      connections.remove(connection)
      throw error
    }
  }

  // MARK: Connections

  private mutating func close(_ connection: Connection) {
    // Closing the descriptor, which happens when the last reference goes, would do it too.
    try? poller.remove(connection.descriptor.fd)
    if connections.remove(connection) { largeInput -= connection.largeInput }
  }

  /// Receives once, answers, and sends: a peer that waits has its answers before the next one is looked at.
  private mutating func serve(_ event: Poller.Event, at moment: Instant) {
    guard let connection = connections[event.word] else { return }
    if event.isBroken { return close(connection) }
    var traffic = Traffic()
    swap(&traffic, &connection.traffic)
    defer { swap(&traffic, &connection.traffic) }
    if event.isReadable, !connection.isPaused, !traffic.exchange.isInputEnded {
      do throws(Errno) {
        var progress = Descriptor.Progress.wouldBlock
        try traffic.input.receive { (span: inout MutableSpan<UInt8>) throws(Errno) in
          progress = try connection.descriptor.receive(into: &span)
          if case .bytes(let count) = progress { return count }
          return 0
        }
        if progress == .ended { traffic.exchange.endedInput() }
      } catch {
        return close(connection)
      }
      guard readFrames(connection, &traffic, at: moment) else { return close(connection) }
    }
    send(connection, &traffic, at: moment)
  }

  /// Keeps count of what large frames take.
  private mutating func account(_ connection: Connection, _ input: borrowing FrameBuffer) {
    let bytes = input.extraBytes
    largeInput += bytes - connection.largeInput
    connection.largeInput = bytes
  }

  private mutating func mark(_ connection: Connection) {
    guard !connection.isDirty else { return }
    connection.isDirty = true
    dirty.append(connection)
  }

  /// - Returns: whether the connection makes sense; if not, it must be closed.
  private mutating func readFrames(_ connection: Connection, _ traffic: inout Traffic, at moment: Instant) -> Bool {
    guard answerFrames(connection, &traffic.input, &traffic.output, &traffic.exchange, at: moment) else { return false }
    // Requests bear tokens: they stay no longer than it takes to answer them.
    if !connection.isPaused { traffic.input.settle() }
    account(connection, traffic.input)
    return true
  }

  private mutating func answerFrames(
    _ connection: Connection, _ input: inout FrameBuffer, _ output: inout OutBuffer, _ exchange: inout Exchange,
    at moment: Instant
  ) -> Bool {
    let makesSense = callFrames(connection, &input, &output, &exchange, at: moment)
    router.answerPrepared(input.bytes, at: moment, to: &output)
    return makesSense
  }

  private mutating func callFrames(
    _ connection: Connection, _ input: inout FrameBuffer, _ output: inout OutBuffer, _ exchange: inout Exchange,
    at moment: Instant
  ) -> Bool {
    while true {
      guard output.pendingBytes < Limits.outBufferHigh else {
        connection.isPaused = true
        return true
      }
      let header: FrameHeader
      let action: Exchange.Action
      switch input.next(affordable: Limits.inputBytes - largeInput) {
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
        action = exchange.received(whole)
        if case .call = action {
          router.call(
            connection, stream: whole.stream, input.bytes, data, at: moment, &exchange, to: &output)
        }
      }
      if case .refuse(let status) = action {
        ResponseEnvelope.append(status, stream: header.stream, to: &output)
      }
    }
  }

  /// Sends what an outcome has left.
  private mutating func flush(_ connection: Connection, at moment: Instant) {
    connection.isDirty = false
    guard connections[connection.word] != nil else { return }
    var traffic = Traffic()
    swap(&traffic, &connection.traffic)
    defer { swap(&traffic, &connection.traffic) }
    send(connection, &traffic, at: moment)
  }

  /// Sends what can be sent, reads on if the peer has caught up, and says what to wait for next.
  private mutating func send(_ connection: Connection, _ traffic: inout Traffic, at moment: Instant) {
    do throws(Errno) {
      while traffic.output.pendingBytes > 0 {
        let progress = try connection.descriptor.send(traffic.output.pending)
        if case .bytes(let count) = progress { traffic.output.sent(count) }
        if progress == .ended { return close(connection) }
        if progress == .wouldBlock { break }
        if connection.isPaused, traffic.output.pendingBytes < Limits.outBufferLow {
          connection.isPaused = false
          guard readFrames(connection, &traffic, at: moment) else { return close(connection) }
        }
      }
      if traffic.exchange.isFinished, traffic.output.pendingBytes == 0 { return close(connection) }
      var interest: Poller.Interest = []
      if !connection.isPaused, !traffic.exchange.isInputEnded { interest.insert(.readable) }
      if traffic.output.pendingBytes > 0 { interest.insert(.writable) }
      if interest != connection.interest {
        try poller.change(connection.descriptor.fd, to: interest, word: connection.word)
        connection.interest = interest
      }
    } catch {
      close(connection)
    }
  }
}
