// How a worker ends: its connections go to the next daemon, or have what they are owed.

internal import Linux
internal import Wire

extension Worker {
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
      $0.reading == .waitsForTurn || $0.traffic.exchange.callsInFlight > 0 || $0.traffic.output.pendingBytes > 0
    }
  }
}
