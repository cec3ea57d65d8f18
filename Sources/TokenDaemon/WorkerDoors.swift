// Whom a worker lets in: peers that connect, and connections that others give it.

internal import Linux
internal import Tokens
internal import Wire

extension Worker {
  /// Lets peers in from here on.
  mutating func openDoors() throws(Errno) {
    try admission.open(lanes.control, words: (Self.validationDoor, Self.administrationDoor))
  }

  /// Accepts a few at a time, so that a flood of connections does not hold up those that are there.
  /// - Returns: whether more may be waiting.
  @discardableResult
  mutating func accept(_ entrance: Entrance) throws(Errno) -> Bool {
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

  mutating func takeNewcomers() {
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
    connection.heard = woken
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
}
