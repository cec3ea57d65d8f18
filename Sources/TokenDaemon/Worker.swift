// A worker's thread: one poller, its own connections, and turns until it is told to stop.

internal import Linux
internal import Tokens
internal import Wire

/// The event loop. A turn waits, and for each connection that has something receives, judges, and sends all replies at
/// once.
struct Worker: ~Copyable {
  static let bell: UInt64 = 0
  static let validationDoor: UInt64 = 1
  static let administrationDoor: UInt64 = 2
  static let newcomersBell: UInt64 = 3

  private let number: Int
  let port: WorkerPort
  let accounts: PeerAccounts
  private let busyPoll: Duration
  let handover: Handover?
  private let now: @Sendable () -> Instant
  var lanes: Lanes
  var router: Router

  private var events: [Poller.Event] = []
  private var turns: [Lane?] = []
  /// How much there was to do in the last turn: events, and connections that had waited for it.
  private var seen = 0
  var connections = ConnectionTable()
  private var dirty: [Connection] = []
  private var round = Round()
  var admission: Admission
  /// The daemon's own connection.
  var own: UInt64?
  /// When the turn's events were learnt of, by the monotonic clock.
  var woken: UInt64 = 0

  /// - Parameters:
  ///   - number: its place among `ports`, which are those of all workers.
  ///   - busyPoll: how long it polls after an event before it sleeps; zero for not at all.
  ///   - handover: where connections go when it stops; nil if they are to end.
  init(
    number: Int, ports: [WorkerPort], listeners: Listeners, bounds: ConnectionBounds, accounts: PeerAccounts,
    busyPoll: Duration, handover: Handover?, now: @escaping @Sendable () -> Instant, router: consuming Router
  ) throws(Errno) {
    let lanes = try Lanes()
    let port = ports[number]
    try lanes.control.add(port.receipts.wakeup.fd, for: .readable, word: Self.bell)
    try lanes.control.add(port.newcomers.wakeup.fd, for: .readable, word: Self.newcomersBell)
    self.number = number
    self.port = port
    admission = Admission(worker: number, ports: ports, bounds: bounds, accounts: accounts, listeners: listeners)
    self.accounts = accounts
    self.busyPoll = busyPoll
    self.handover = handover
    self.now = now
    self.lanes = lanes
    self.router = router
    events.reserveCapacity(Poller.capacity)
  }

  /// Turns until told to stop, and ends.
  mutating func run() throws(Errno) {
    try openDoors()
    while !port.shallStop {
      // Connections that are there are served on while the doors are shut for a moment.
      _ = try turn(timeout: admission.isOpen ? nil : Limits.acceptPauseMilliseconds)
      if admission.isDue { try openDoors() }
    }
    try end()
  }

  /// One turn.
  /// - Returns: how much there was to do.
  mutating func turn(timeout: Int32?) throws(Errno) -> Int {
    // Whoever has just asked may ask again at once. After a wait that brought nothing there is nobody to be quick for.
    let areWaiting = lanes.areWaiting
    let spin = seen == 0 || areWaiting ? .zero : busyPoll
    let timeout = areWaiting ? 0 : timeout
    seen = 0
    if lanes.areSeveral {
      turns.removeAll(keepingCapacity: true)
      try lanes.waitForMany(timeout: timeout, spinning: spin, into: &turns)
      for index in turns.indices {
        events.removeAll(keepingCapacity: true)
        try lanes.take(turns[index], into: &events)
        let served = try work(for: turns[index], isTimed: turns[index] != nil)
        turns[index]?.served(served, in: System.monotonicNanoseconds() - woken)
      }
    } else {
      events.removeAll(keepingCapacity: true)
      try lanes.waitForOne(timeout: timeout, spinning: spin, into: &events)
      try work(for: lanes.only, isTimed: false)
    }
    return seen
  }

  private var isTurnOver: Bool { System.monotonicNanoseconds() - woken > Limits.turnNanoseconds }

  /// Goes on with connections whose frames were left, those that have waited longest first: with one at least, and with no
  /// further one once the turn's time is over.
  /// - Returns: how many there were.
  private mutating func serveWaiting(in lane: Lane) -> Int {
    guard lane.isWaiting else { return 0 }
    // Whoever is left again now waits for the turn after this one.
    var served = 0
    var left = lane.waitingCount
    while left > 0, served == 0 || !isTurnOver, let word = lane.nextWaiting() {
      left -= 1
      guard let connection = connections[word] else { continue }
      served += 1
      connection.reading = .goesOn
      readOn(connection)
    }
    return served
  }

  /// Sees to who waits in a lane, and to what has happened: to all of it, or in a user's turn to what there is time for, and
  /// one thing at least. The poller tells of the rest again.
  /// - Returns: how much that was.
  @discardableResult
  private mutating func work(for lane: Lane?, isTimed: Bool) throws(Errno) -> Int {
    woken = System.monotonicNanoseconds()
    let waited = lane.map { serveWaiting(in: $0) } ?? 0
    seen += waited + events.count
    var served = 0
    for index in events.indices {
      if isTimed, served > 0, isTurnOver { break }
      served += 1
      let event = events[index]
      if port.takeQuestion() { serveOwn() }
      // Whoever has asked is answered before others are let in or told of changes.
      if event.word < ConnectionTable.firstWord { settle() }
      switch event.word {
      case Self.bell: takeReceipts()
      case Self.newcomersBell: takeNewcomers()
      case Self.validationDoor: try accept(.validation)
      case Self.administrationDoor: try accept(.administration)
      default: serve(event)
      }
    }
    settle()
    for connection in dirty { flush(connection) }
    dirty.removeAll(keepingCapacity: true)
    return waited + served
  }

  /// Answers the daemon's own question, which waits for no peer.
  mutating func serveOwn() {
    guard let own, let connection = connections[own] else { return }
    serve(connection, isReadable: true)
  }

  mutating func takeReceipts() {
    router.turnToNewestIndex()
    for receipt in port.receipts.take(most: .max) {
      accounts.settle(1, of: .journalEntries, by: receipt.origin.account)
      guard let connection = connections[receipt.origin.connection] else { continue }
      router.answer(receipt, to: connection)
      mark(connection)
    }
  }

  // MARK: Connections

  mutating func close(_ connection: Connection) {
    // Closing the descriptor, which happens when the last reference goes, would do it too.
    if let lane = connection.lane {
      try? lane.poller.remove(connection.descriptor.fd)
    } else {
      try? lanes.control.remove(connection.descriptor.fd)
    }
    guard connections.remove(connection) else { return }
    if let lane = connection.lane { lanes.leave(lane) }
    accounts.add(-connection.chargedInput, of: .inputBytes, to: connection.account)
    accounts.add(-connection.chargedOutput, of: .outputBytes, to: connection.account)
    accounts.release(connection.account, through: connection.entrance)
    guard !connection.isOwn else { return }
    port.count(-1, through: connection.entrance)
    tell(.disconnected, connection.caller.uid, nil, connection.entrance)
  }

  func tell(_ event: LogEvent, _ uid: UInt32, _ pid: Int32?, _ entrance: Entrance) {
    guard Log.tells(event) else { return }
    var fields = [LogField.uid: "\(uid)", .socket: entrance.rawValue, .worker: "\(number)"]
    if let pid { fields[.pid] = "\(pid)" }
    Log.write(event, "\(event.rawValue): uid \(uid) through the \(entrance.rawValue) socket", fields)
  }

  private mutating func serve(_ event: Poller.Event) {
    guard let connection = connections[event.word] else { return }
    if event.isBroken { return close(connection) }
    if event.isReadable, connection.isPlain, !owesTooMuch(connection) { return collect(connection) }
    serve(connection, isReadable: event.isReadable)
  }

  /// Receives once into the round. What comes of it is sent when the round is settled, at the latest at the turn's end.
  private mutating func collect(_ connection: Connection) {
    if !round.hasRoom { settle() }
    do throws(Errno) {
      guard
        let received = try round.receive(
          from: connection, most: lanes.areSeveral ? Limits.turnBytes : Round.share)
      else { return }
      // It has had all its answers.
      if received.isEmpty { return close(connection) }
      let rest = round.read(received, from: connection, with: &router, now: now)
      if !rest.isEmpty {
        connection.traffic.input.adopt(round.received.extracting(rest))
        connection.heard = woken
        settle()
        if connection.reading == .waitsForTurn { connection.lane?.wait(connection.word) } else { readOn(connection) }
      } else if round.hasReplies {
        settle()
      }
    } catch {
      close(connection)
    }
  }

  /// Has what is in the round judged, and sends each connection its replies: a peer that waits has them before many
  /// others are looked at.
  private mutating func settle() {
    guard round.count > 0 else { return }
    // Taken out, as a connection that fails is closed meanwhile.
    var round = Round()
    swap(&round, &self.round)
    defer { swap(&round, &self.round) }
    round.answer(with: &router, now: now)
    // Not after they are sent: whoever is woken by a reply often has the processor first.
    router.count(since: woken)
    for line in 0..<round.count {
      let connection = round.connection(line)
      connection.counter.note(round.calls(line))
      let replies = round.replies(line)
      guard !replies.isEmpty else { continue }
      var progress = Descriptor.Progress.ended
      do throws(Errno) { progress = try connection.descriptor.send(replies) } catch { close(connection) }
      if progress == .bytes(replies.count) { continue }
      // The rest waits in the connection's own buffer, which is empty: nobody in a round is owed anything else.
      precondition(connection.traffic.output.pendingBytes == 0)
      var sent = 0
      if case .bytes(let count) = progress { sent = count }
      connection.traffic.output.reserve(replies.count - sent)
      connection.traffic.output.append(replies.extracting(sent..<replies.count))
      flush(connection)
    }
    round.clear()
  }

  /// Goes on with what a connection's own buffer has, and sends.
  mutating func readOn(_ connection: Connection) {
    guard connections[connection.word] != nil else { return }
    var traffic = Traffic()
    swap(&traffic, &connection.traffic)
    defer { swap(&traffic, &connection.traffic) }
    guard readFrames(connection, &traffic) else { return hangUp(on: connection, traffic.output) }
    send(connection, &traffic)
  }

  /// Receives once into the connection's own buffer, unless what that has waits, answers, and sends.
  private mutating func serve(_ connection: Connection, isReadable: Bool) {
    settle()
    var traffic = Traffic()
    swap(&traffic, &connection.traffic)
    defer { swap(&traffic, &connection.traffic) }
    if isReadable, connection.reading == .goesOn, !traffic.exchange.isInputEnded {
      do throws(Errno) {
        var progress = Descriptor.Progress.wouldBlock
        // Of a frame that is not whole all that is there: it is only kept.
        let most = lanes.areSeveral ? max(Limits.turnBytes, traffic.input.awaitedBytes) : .max
        try traffic.input.receive { (span: inout MutableSpan<UInt8>) throws(Errno) in
          var part = span._mutatingExtracting(0..<min(span.count, most))
          progress = try connection.descriptor.receive(into: &part)
          if case .bytes(let count) = progress { return count }
          return 0
        }
        if progress == .ended { traffic.exchange.endedInput() }
      } catch {
        return close(connection)
      }
      connection.heard = woken
      guard readFrames(connection, &traffic) else { return hangUp(on: connection, traffic.output) }
    }
    send(connection, &traffic)
  }

  /// Closes a connection that makes no sense any more, once it has been sent what its socket takes of the answers to what
  /// did.
  private mutating func hangUp(on connection: Connection, _ output: borrowing OutBuffer) {
    // Whether it takes them is no concern any more.
    if output.pendingBytes > 0 { _ = try? connection.descriptor.send(output.pending) }
    close(connection)
  }

  /// Has the poller say when there is something to do for a connection.
  func watch(_ connection: Connection, _ interest: Poller.Interest, isNew: Bool) throws(Errno) {
    let (fd, word) = (connection.descriptor.fd, connection.word)
    switch (connection.lane, isNew) {
    case (let lane?, true): try lane.poller.add(fd, for: interest, word: word)
    case (let lane?, false): try lane.poller.change(fd, to: interest, word: word)
    case (nil, true): try lanes.control.add(fd, for: interest, word: word)
    case (nil, false): try lanes.control.change(fd, to: interest, word: word)
    }
  }

  /// Charges what its large frame takes now.
  private func account(_ connection: Connection, _ input: borrowing FrameBuffer) {
    let bytes = input.extraBytes
    guard bytes != connection.chargedInput else { return }
    accounts.add(bytes - connection.chargedInput, of: .inputBytes, to: connection.account)
    connection.chargedInput = bytes
  }

  /// Charges what is owed to it now.
  private func account(_ connection: Connection, _ output: borrowing OutBuffer) {
    let bytes = output.pendingBytes
    guard bytes != connection.chargedOutput else { return }
    accounts.add(bytes - connection.chargedOutput, of: .outputBytes, to: connection.account)
    connection.chargedOutput = bytes
  }

  private mutating func mark(_ connection: Connection) {
    guard !connection.isDirty else { return }
    connection.isDirty = true
    dirty.append(connection)
  }

  /// Whether its user's replies take more than the user's share.
  @inline(__always)
  private func owesTooMuch(_ connection: Connection) -> Bool {
    accounts.room(of: .outputBytes, for: connection.account) < 0
  }

  /// - Returns: whether the connection makes sense; if not, it must be closed.
  private mutating func readFrames(_ connection: Connection, _ traffic: inout Traffic) -> Bool {
    // The clock is read after the bytes have come: no request is judged by an earlier one.
    let makesSense = traffic.answerFrames(
      of: connection, with: &router, affordable: accounts.room(of: .inputBytes, for: connection.account),
      allowance: owesTooMuch(connection) ? Limits.outBufferLeast : Limits.outBufferHigh, at: now())
    // What the daemon asks itself is nobody's.
    if connection.isOwn { router.leaveUncounted() } else { router.count(since: connection.heard) }
    guard makesSense else { return false }
    if connection.reading == .waitsForTurn { connection.lane?.wait(connection.word) }
    // Requests bear tokens: they stay no longer than it takes to answer them.
    if connection.reading != .waitsForPeer { traffic.input.settle() }
    account(connection, traffic.input)
    return true
  }

  /// Sends what an outcome has left.
  private mutating func flush(_ connection: Connection) {
    connection.isDirty = false
    guard connections[connection.word] != nil else { return }
    var traffic = Traffic()
    swap(&traffic, &connection.traffic)
    defer { swap(&traffic, &connection.traffic) }
    send(connection, &traffic)
  }

  /// Sends what can be sent, reads on if the peer has caught up, and says what to wait for next.
  private mutating func send(_ connection: Connection, _ traffic: inout Traffic) {
    do throws(Errno) {
      while traffic.output.pendingBytes > 0 {
        let progress = try connection.descriptor.send(traffic.output.pending)
        if case .bytes(let count) = progress { traffic.output.sent(count) }
        if progress == .ended { return close(connection) }
        if progress == .wouldBlock { break }
        if connection.reading == .waitsForPeer, traffic.output.pendingBytes < Limits.outBufferLow {
          // How long the peer took is not the daemon's time.
          (connection.reading, connection.heard) = (.goesOn, woken)
          guard readFrames(connection, &traffic) else { return hangUp(on: connection, traffic.output) }
        }
      }
      if connection.reading != .waitsForTurn, traffic.exchange.isFinished, traffic.output.pendingBytes == 0 {
        return close(connection)
      }
      account(connection, traffic.output)
      var interest: Poller.Interest = []
      if connection.reading != .waitsForPeer, !traffic.exchange.isInputEnded { interest.insert(.readable) }
      if traffic.output.pendingBytes > 0 { interest.insert(.writable) }
      if interest != connection.interest {
        try watch(connection, interest, isNew: false)
        connection.interest = interest
      }
    } catch {
      close(connection)
    }
  }
}
