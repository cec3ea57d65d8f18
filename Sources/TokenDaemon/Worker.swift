// A worker's thread: one poller, its own connections, and turns until it is told to stop.

internal import Linux
internal import Tokens
internal import Wire

/// The event loop. A turn waits, and for each connection that has something receives, judges, and sends all replies at
/// once.
struct Worker: ~Copyable {
  private static let bell: UInt64 = 0
  private static let validationDoor: UInt64 = 1
  private static let administrationDoor: UInt64 = 2
  private static let newcomersBell: UInt64 = 3

  private let number: Int
  private let port: WorkerPort
  private let accounts: PeerAccounts
  private let busyPoll: Duration
  private let handover: Handover?
  private let now: @Sendable () -> Instant
  private var lanes: Lanes
  private var router: Router

  private var events: [Poller.Event] = []
  private var turns: [Lane?] = []
  /// How many events the last wait brought.
  private var seen = 0
  private var connections = ConnectionTable()
  private var dirty: [Connection] = []
  /// Connections with frames that were not answered in their turn.
  private var later: [Connection] = []
  private var round = Round()
  private var admission: Admission
  /// The daemon's own connection.
  private var own: UInt64?
  /// When the turn's events were learnt of, by the monotonic clock.
  private var woken: UInt64 = 0

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

  /// Hands its connections over, or, if nobody takes them, goes on until everything owed has been sent, at most for
  /// `Limits.drain`.
  mutating func end() throws(Errno) {
    if let handover { return try give(to: handover) }
    router.isDraining = true
    // Who had connected before the order to stop is served like everybody else. From here on other workers keep what they
    // accept.
    try lanes.control.remove(port.newcomers.wakeup.fd)
    port.newcomers.close()
    takeNewcomers()
    let end = ContinuousClock.now + Limits.drain
    // Peers that connect without end are not waited for.
    while ContinuousClock.now < end, try accept(.validation) {}
    while ContinuousClock.now < end, try accept(.administration) {}
    try admission.close(lanes.control)
    while ContinuousClock.now < end {
      // What had arrived before the order to stop is still answered: a turn without events has seen all of it.
      let isQuiet = try turn(timeout: owesAnswers ? 50 : 0) == 0
      if isQuiet, !owesAnswers { break }
    }
    for connection in connections.all { close(connection) }
  }

  /// Hands all connections over. What peers send from here on waits in the kernel for the next daemon, and so does who
  /// connects.
  private mutating func give(to handover: Handover) throws(Errno) {
    try lanes.control.remove(port.newcomers.wakeup.fd)
    port.newcomers.close()
    takeNewcomers()
    try admission.close(lanes.control)
    // What the journal has been asked is answered here: the next daemon knows nothing of it.
    let end = ContinuousClock.now + Limits.lastReceipts
    while connections.all.contains(where: { $0.traffic.exchange.callsInFlight > 0 }), ContinuousClock.now < end {
      try port.receipts.wakeup.wait(.milliseconds(50))
      takeReceipts()
    }
    var leaving: [Handover.Leaving] = []
    for connection in connections.all where !connection.isOwn {
      guard connection.traffic.exchange.callsInFlight == 0 else {
        handover.lose(1, because: "what they asked for was not done in time")
        continue
      }
      leaving.append(connection.putBy())
      if leaving.count == Handover.most {
        handover.add(leaving)
        leaving.removeAll()
      }
    }
    handover.add(leaving)
    for connection in connections.all { close(connection) }
  }

  private var owesAnswers: Bool {
    connections.all.contains {
      $0.hasMore || $0.traffic.exchange.callsInFlight > 0 || $0.traffic.output.pendingBytes > 0
    }
  }

  /// One turn. Returns the number of events that it began with.
  mutating func turn(timeout: Int32?) throws(Errno) -> Int {
    // Whoever has just asked may ask again at once. After a wait that brought nothing there is nobody to be quick for.
    let spin = seen == 0 || !later.isEmpty ? .zero : busyPoll
    let timeout = later.isEmpty ? timeout : 0
    seen = 0
    if lanes.areSeveral {
      turns.removeAll(keepingCapacity: true)
      try lanes.waitForMany(timeout: timeout, spinning: spin, into: &turns)
      for index in turns.indices {
        events.removeAll(keepingCapacity: true)
        try lanes.take(turns[index], into: &events)
        let served = try work(isTimed: turns[index] != nil)
        turns[index]?.served(served, in: System.monotonicNanoseconds() - woken)
      }
    } else {
      events.removeAll(keepingCapacity: true)
      try lanes.waitForOne(timeout: timeout, spinning: spin, into: &events)
      try work(isTimed: false)
    }
    if !later.isEmpty { goOn() }
    return seen
  }

  /// Goes on with connections whose frames were not all answered in their turn, as far as there is time for one more turn.
  private mutating func goOn() {
    woken = System.monotonicNanoseconds()
    var waiting: [Connection] = []
    swap(&waiting, &later)
    for (place, connection) in waiting.enumerated() {
      guard place == 0 || System.monotonicNanoseconds() - woken <= Limits.turnNanoseconds else {
        return later.append(contentsOf: waiting[place...])
      }
      seen += 1
      connection.isLater = false
      if connections[connection.word] != nil, connection.hasMore { serve(connection, isReadable: false) }
    }
  }

  /// Sees to what has happened: to all of it, or in a user's turn to what there is time for. The poller tells of the rest
  /// again.
  /// - Returns: how many events that were.
  @discardableResult
  private mutating func work(isTimed: Bool) throws(Errno) -> Int {
    seen += events.count
    woken = System.monotonicNanoseconds()
    var served = 0
    for index in events.indices {
      if isTimed, served > 0, System.monotonicNanoseconds() - woken > Limits.turnNanoseconds { break }
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
    return served
  }

  /// Answers the daemon's own question, which waits for no peer.
  private mutating func serveOwn() {
    guard let own, let connection = connections[own] else { return }
    serve(connection, isReadable: true)
  }

  private mutating func takeReceipts() {
    router.turnToNewestIndex()
    for receipt in port.receipts.take(most: .max) {
      accounts.settle(1, of: .journalEntries, by: receipt.origin.account)
      guard let connection = connections[receipt.origin.connection] else { continue }
      router.answer(receipt, to: connection)
      mark(connection)
    }
  }

  // MARK: Doors

  /// Lets peers in from here on.
  mutating func openDoors() throws(Errno) {
    try admission.open(lanes.control, words: (Self.validationDoor, Self.administrationDoor))
  }

  /// Accepts a few at a time, so that a flood of connections does not hold up those that are there.
  /// - Returns: whether more may be waiting.
  @discardableResult
  private mutating func accept(_ entrance: Entrance) throws(Errno) -> Bool {
    for _ in 0..<(lanes.areSeveral ? Limits.acceptedBeside : Limits.acceptedAlone) where admission.isOpen {
      do throws(Errno) {
        switch try admission.next(entrance) {
        case .nobody: return false
        case .elsewhere: continue
        case .here(let descriptor, let visitor): _ = try admit(descriptor, entrance, visitor)
        }
      } catch {
        Log.write(.connectionFailed, "a connection was not accepted: \(error)")
        if error.isExhaustion { try admission.pause(lanes.control) }
      }
    }
    return admission.isOpen
  }

  private mutating func takeNewcomers() {
    for newcomer in port.newcomers.take(most: .max) {
      // Thousands that were handed over may have brought bytes that are answered at once.
      if port.takeQuestion() { serveOwn() }
      do throws(Errno) {
        try admit(newcomer)
      } catch {
        Log.write(.connectionFailed, "a connection was not taken over: \(error)")
      }
    }
  }

  private mutating func admit(_ newcomer: Newcomer) throws(Errno) {
    guard let descriptor = newcomer.take() else { return }
    let visitor: Visitor
    if let known = newcomer.visitor {
      visitor = known
    } else {
      do throws(Errno) {
        let peer = try PeerCredentials(of: descriptor.fd)
        visitor = Visitor(peer: peer, account: accounts.adopt(peer.uid, through: newcomer.entrance))
      } catch {
        if !newcomer.isOwn { port.count(-1, through: newcomer.entrance) }
        throw error
      }
    }
    let connection = try admit(descriptor, newcomer.entrance, visitor, isOwn: newcomer.isOwn)
    if newcomer.isOwn { own = connection.word }
    guard let unfinished = newcomer.unfinished else { return }
    let (input, output) = (unfinished.input, unfinished.output)
    connection.traffic.input.restore(input.span, passing: unfinished.passing)
    connection.traffic.output.reserve(output.count)
    connection.traffic.output.append(output.span)
    readOn(connection)
  }

  /// Begins to serve a connection that has been counted and charged.
  private mutating func admit(
    _ descriptor: consuming Descriptor, _ entrance: Entrance, _ visitor: Visitor, isOwn: Bool = false
  ) throws(Errno) -> Connection {
    let peer = visitor.peer
    let connection = connections.add(
      descriptor, caller: router.caller(peer), account: visitor.account, entrance: entrance,
      counter: port.counters.peers.counter(of: peer.uid))
    connection.isOwn = isOwn
    do throws(Errno) {
      if !isOwn { connection.lane = try lanes.join(peer.uid) }
      try watch(connection, .readable, isNew: true)
    } catch {
      if let lane = connection.lane { lanes.leave(lane) }
      connections.remove(connection)
      if !isOwn { port.count(-1, through: entrance) }
      accounts.release(visitor.account, through: entrance)
      throw error
    }
    if !isOwn { tell(.connected, connection.caller.uid, peer.pid, entrance) }
    return connection
  }

  // MARK: Connections

  private mutating func close(_ connection: Connection) {
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

  private func tell(_ event: LogEvent, _ uid: UInt32, _ pid: Int32?, _ entrance: Entrance) {
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
        settle()
        readOn(connection)
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
  private mutating func readOn(_ connection: Connection) {
    guard connections[connection.word] != nil else { return }
    var traffic = Traffic()
    swap(&traffic, &connection.traffic)
    defer { swap(&traffic, &connection.traffic) }
    guard readFrames(connection, &traffic) else { return hangUp(on: connection, traffic.output) }
    send(connection, &traffic)
  }

  /// Receives once into the connection's own buffer, or goes on with what it has, answers, and sends.
  private mutating func serve(_ connection: Connection, isReadable: Bool) {
    settle()
    var traffic = Traffic()
    swap(&traffic, &connection.traffic)
    defer { swap(&traffic, &connection.traffic) }
    if connection.hasMore {
      connection.hasMore = false
      guard readFrames(connection, &traffic) else { return hangUp(on: connection, traffic.output) }
    } else if isReadable, !connection.isPaused, !traffic.exchange.isInputEnded {
      do throws(Errno) {
        var progress = Descriptor.Progress.wouldBlock
        // Of a large frame all that is there: it is only kept.
        let most = lanes.areSeveral && traffic.input.extraBytes == 0 ? Limits.turnBytes : .max
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
  private func watch(_ connection: Connection, _ interest: Poller.Interest, isNew: Bool) throws(Errno) {
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
    if connection.isOwn { router.leaveUncounted() } else { router.count(since: woken) }
    guard makesSense else { return false }
    // Requests bear tokens: they stay no longer than it takes to answer them.
    if !connection.isPaused { traffic.input.settle() }
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
        if connection.isPaused, traffic.output.pendingBytes < Limits.outBufferLow {
          connection.isPaused = false
          guard readFrames(connection, &traffic) else { return hangUp(on: connection, traffic.output) }
        }
      }
      if connection.hasMore {
        if !connection.isLater { later.append(connection) }
        connection.isLater = true
      } else if traffic.exchange.isFinished, traffic.output.pendingBytes == 0 {
        return close(connection)
      }
      account(connection, traffic.output)
      var interest: Poller.Interest = []
      if !connection.isPaused, !traffic.exchange.isInputEnded { interest.insert(.readable) }
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
