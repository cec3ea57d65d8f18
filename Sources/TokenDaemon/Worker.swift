// A worker's thread: one poller, its own connections, and turns until it is told to stop.

internal import Index
internal import Linux
private import Synchronization
internal import Tokens
internal import Wire

/// What other threads hold of a worker: its mailbox, and the order to stop.
final class WorkerPort: Sendable {
  let receipts: Mailbox<Receipt>
  private let isStopping = Atomic(false)

  init() throws(Errno) { receipts = try Mailbox(capacity: .max) }

  /// Tells the worker to drain and end.
  func stop() {
    isStopping.store(true, ordering: .releasing)
    receipts.wakeup.ring()
  }

  var shallStop: Bool { isStopping.load(ordering: .acquiring) }
}

/// The two listening sockets, shared by all workers.
final class Listeners: Sendable {
  let validation: UnixListener
  let administration: UnixListener

  init(validation: consuming UnixListener, administration: consuming UnixListener) {
    self.validation = validation
    self.administration = administration
  }
}

/// The event loop. A turn waits, receives, judges, and at its end sends the replies of each connection at once.
struct Worker: ~Copyable {
  private static let bell: UInt64 = 0
  private static let validationDoor: UInt64 = 1
  private static let administrationDoor: UInt64 = 2
  private static let firstConnection: UInt64 = 16

  private let number: Int
  private let port: WorkerPort
  private let listeners: Listeners
  private let journal: Mailbox<Entry>
  private let doorkeeper: Doorkeeper
  private let now: @Sendable () -> Instant
  private let poller: Poller
  private var validation: ValidationService
  private let admin: AdminService

  private var events: [Poller.Event] = []
  private var connections: [Connection?] = []
  private var free: [Int] = []
  private var open = 0
  private var serial: UInt64 = 0
  private var dirty: [Connection] = []
  private var isDraining = false

  init(
    number: Int, port: WorkerPort, listeners: Listeners, journal: Mailbox<Entry>, doorkeeper: Doorkeeper,
    environment: Environment, format: TokenFormat, validation: consuming ValidationService
  ) throws(Errno) {
    let poller = try Poller()
    try poller.add(port.receipts.wakeup.fd, for: .readable, word: Self.bell)
    try poller.add(listeners.validation.fd, for: [.readable, .exclusive], word: Self.validationDoor)
    try poller.add(listeners.administration.fd, for: [.readable, .exclusive], word: Self.administrationDoor)
    self.number = number
    self.port = port
    self.listeners = listeners
    self.journal = journal
    self.doorkeeper = doorkeeper
    now = environment.now
    self.validation = validation
    admin = AdminService(format: format, environment: environment)
    self.poller = poller
    events.reserveCapacity(Poller.capacity)
  }

  /// Turns until told to stop, then until everything owed has been sent, at most for `Limits.drain`.
  mutating func run() throws(Errno) {
    while !port.shallStop { _ = try turn(timeout: nil) }
    isDraining = true
    try poller.remove(listeners.validation.fd)
    try poller.remove(listeners.administration.fd)
    let end = ContinuousClock.now + Limits.drain
    while ContinuousClock.now < end {
      // What had arrived before the order to stop is still answered: a turn without events has seen all of it.
      let isQuiet = try turn(timeout: owesAnswers ? 50 : 0) == 0
      if isQuiet, !owesAnswers { break }
    }
    for connection in connections { if let connection { close(connection) } }
  }

  private var owesAnswers: Bool {
    connections.contains { $0.map { $0.exchange.callsInFlight > 0 || $0.output.pendingBytes > 0 } ?? false }
  }

  /// One turn. Returns the number of events that it began with.
  private mutating func turn(timeout: Int32?) throws(Errno) -> Int {
    events.removeAll(keepingCapacity: true)
    try poller.wait(timeout: timeout, into: &events)
    for index in events.indices {
      let event = events[index]
      switch event.word {
      case Self.bell: takeReceipts()
      case Self.validationDoor: accept(.validation)
      case Self.administrationDoor: accept(.administration)
      default: serve(event)
      }
    }
    for connection in dirty { flush(connection) }
    dirty.removeAll(keepingCapacity: true)
    return events.count
  }

  // MARK: Connections

  private mutating func accept(_ entrance: Entrance) {
    // A few at a time, so that a flood of connections does not hold up those that are there.
    for _ in 0..<16 {
      do throws(Errno) {
        let accepted: Descriptor?
        switch entrance {
        case .validation: accepted = try listeners.validation.accept()
        case .administration: accepted = try listeners.administration.accept()
        }
        guard let descriptor = accepted else { return }
        // At the bound the peer sees its connection closed.
        guard open < Limits.connections else { continue }
        try admit(descriptor, entrance)
      } catch {
        // A peer that has gone, or a lack of descriptors: neither may end the loop.
        Log.error("a connection was not accepted: \(error)")
        return
      }
    }
  }

  private mutating func admit(_ descriptor: consuming Descriptor, _ entrance: Entrance) throws(Errno) {
    let peer = try PeerCredentials(of: descriptor.fd)
    let place = free.popLast() ?? connections.count
    serial += 1
    let word = (serial << 24 | UInt64(place)) + Self.firstConnection
    let connection = Connection(descriptor, peer: peer, entrance: entrance, word: word)
    if place == connections.count { connections.append(connection) } else { connections[place] = connection }
    open += 1
    do throws(Errno) {
      try poller.add(connection.descriptor.fd, for: .readable, word: word)
    } catch {
      forget(connection)
      throw error
    }
  }

  private func connection(_ word: UInt64) -> Connection? {
    let place = Int((word - Self.firstConnection) & 0xFF_FFFF)
    guard place < connections.count, let connection = connections[place], connection.word == word else { return nil }
    return connection
  }

  private mutating func forget(_ connection: Connection) {
    let place = Int((connection.word - Self.firstConnection) & 0xFF_FFFF)
    guard connections[place] === connection else { return }
    connections[place] = nil
    free.append(place)
    open -= 1
  }

  private mutating func close(_ connection: Connection) {
    // Closing the descriptor, which happens when the last reference goes, would do it too.
    try? poller.remove(connection.descriptor.fd)
    forget(connection)
  }

  private mutating func serve(_ event: Poller.Event) {
    guard let connection = connection(event.word) else { return }
    if event.isBroken { return close(connection) }
    if event.isWritable { mark(connection) }
    guard event.isReadable, !connection.isPaused, !connection.exchange.isInputEnded else { return }
    do throws(Errno) {
      var progress = Descriptor.Progress.wouldBlock
      try connection.input.receive { (span: inout MutableSpan<UInt8>) throws(Errno) in
        progress = try connection.descriptor.receive(into: &span)
        if case .bytes(let count) = progress { return count }
        return 0
      }
      if progress == .ended { connection.exchange.endedInput() }
    } catch {
      return close(connection)
    }
    readFrames(connection)
    mark(connection)
  }

  private mutating func mark(_ connection: Connection) {
    guard !connection.isDirty else { return }
    connection.isDirty = true
    dirty.append(connection)
  }

  /// Sends what can be sent, reads on if the peer has caught up, and says what to wait for next.
  private mutating func flush(_ connection: Connection) {
    connection.isDirty = false
    guard self.connection(connection.word) != nil else { return }
    do throws(Errno) {
      while connection.output.pendingBytes > 0 {
        let progress = try connection.descriptor.send(connection.output.pending)
        if case .bytes(let count) = progress { connection.output.sent(count) }
        if progress == .ended { return close(connection) }
        if progress == .wouldBlock { break }
        if connection.isPaused, connection.output.pendingBytes < Limits.outBufferLow {
          connection.isPaused = false
          readFrames(connection)
        }
      }
      if connection.exchange.isFinished, connection.output.pendingBytes == 0 { return close(connection) }
      var interest: Poller.Interest = []
      if !connection.isPaused, !connection.exchange.isInputEnded { interest.insert(.readable) }
      if connection.output.pendingBytes > 0 { interest.insert(.writable) }
      if interest != connection.interest {
        try poller.change(connection.descriptor.fd, to: interest, word: connection.word)
        connection.interest = interest
      }
    } catch {
      close(connection)
    }
  }

  // MARK: Calls

  private mutating func readFrames(_ connection: Connection) {
    // The buffer is lent to this function, so that requests are read in place while replies are written.
    var input = FrameBuffer()
    swap(&input, &connection.input)
    readFrames(connection, from: &input)
    swap(&input, &connection.input)
  }

  private mutating func readFrames(_ connection: Connection, from input: inout FrameBuffer) {
    let moment = now()
    while true {
      guard connection.output.pendingBytes < Limits.outBufferHigh else {
        connection.isPaused = true
        return
      }
      switch input.next() {
      case .incomplete: return
      case .implausible: return close(connection)
      case .oversized(let header): act(connection.exchange.receivedOversized(header), header.stream, connection)
      case .frame(let header, let data):
        let action = connection.exchange.received(header)
        if action == .call {
          call(connection, header.stream, input.bytes, data, moment)
        } else {
          act(action, header.stream, connection)
        }
      }
    }
  }

  private func act(_ action: Exchange.Action, _ stream: UInt32, _ connection: Connection) {
    if case .refuse(let status) = action { ResponseEnvelope.append(status, stream: stream, to: &connection.output) }
  }

  private mutating func call(
    _ connection: Connection, _ stream: UInt32, _ span: Span<UInt8>, _ data: Range<Int>, _ moment: Instant
  ) {
    do throws(Status) {
      let envelope = try RequestEnvelope(in: span, data)
      guard let method = Method.named(span.extracting(envelope.service), span.extracting(envelope.method)) else {
        throw Self.unimplemented(span, envelope)
      }
      if let refusal = doorkeeper.refusal(of: method, to: connection.peer, through: connection.entrance) {
        throw refusal
      }
      guard envelope.timeout >= 0 else { throw Status(Refusal.deadlinePassed) }
      switch method {
      case .validate:
        validation.validate(span, envelope.payload, stream: stream, now: moment, to: &connection.output)
      case .validateBatch:
        validation.validateBatch(span, envelope.payload, stream: stream, now: moment, to: &connection.output)
      case .check: try checkHealth(span, envelope.payload, stream, connection)
      default: try order(method, span, envelope, stream, connection)
      }
    } catch {
      ResponseEnvelope.append(error, stream: stream, to: &connection.output)
    }
  }

  /// Hands an administration call to the journal.
  private func order(
    _ method: Method, _ span: Span<UInt8>, _ envelope: RequestEnvelope, _ stream: UInt32, _ connection: Connection
  ) throws(Status) {
    if isDraining { throw .draining }
    let call = WaitingCall(try admin.read(method, span, envelope.payload))
    if let refusal = connection.exchange.deferred(stream) { throw refusal }
    let entry = Entry(
      origin: Origin(worker: number, connection: connection.word, stream: stream), actor: connection.actor,
      deadline: envelope.timeout > 0 ? ContinuousClock.now + .nanoseconds(envelope.timeout) : nil, order: call.order)
    guard journal.put(entry) else {
      connection.exchange.answered(stream)
      throw .overloaded
    }
    connection.waiting[stream] = call
  }

  private mutating func takeReceipts() {
    validation.turnToNewestIndex()
    for receipt in port.receipts.take(most: .max) {
      guard let connection = connection(receipt.origin.connection),
        let call = connection.waiting.removeValue(forKey: receipt.origin.stream)
      else { continue }
      connection.exchange.answered(receipt.origin.stream)
      admin.answer(
        receipt.outcome, to: call.order, secret: call.secret, stream: receipt.origin.stream, out: &connection.output)
      mark(connection)
    }
  }

  private func checkHealth(
    _ span: Span<UInt8>, _ range: Range<Int>, _ stream: UInt32, _ connection: Connection
  ) throws(Status) {
    let request = unsafe try HealthCheckRequest(decoding: span, range)
    guard request.service.isEmpty || Method.services.contains(request.service) else {
      throw Status(.notFound, "UNKNOWN_SERVICE", field: "service", "service is none that is served here")
    }
    var reply = HealthCheckResponse()
    // SERVING, or NOT_SERVING while draining. Before the index is loaded nobody is listening.
    reply.status = isDraining ? 2 : 1
    unsafe ResponseEnvelope.append(reply.encoded().span, stream: stream, to: &connection.output)
  }

  private static func unimplemented(_ span: Span<UInt8>, _ envelope: RequestEnvelope) -> Status {
    let service = String(copying: span.extracting(envelope.service)).prefix(100)
    let method = String(copying: span.extracting(envelope.method)).prefix(100)
    return Status(
      .unimplemented, "UNKNOWN_METHOD", "there is no method \(service)/\(method): see proto/tokend/v1")
  }
}
