// Which peers are let in, and which worker serves them.

internal import Linux

/// Accepts connections for one worker, and gives each to the worker that has the fewest; left to the kernel, whoever wakes
/// first has all that come at once. While there is no descriptor to be had for a new connection the doors are shut: without
/// a pause the poller would say at once that the same peer still waits.
struct Admission: ~Copyable {
  /// What became of the next connection.
  enum Arrival: ~Copyable {
    /// None waits.
    case nobody
    /// Another worker has it, or it was turned away.
    case elsewhere
    /// It is this worker's, and has been counted.
    case here(Descriptor, Visitor)
  }

  private let worker: Int
  private let ports: [WorkerPort]
  private let bounds: ConnectionBounds
  private let accounts: PeerAccounts
  private let listeners: Listeners
  /// Whether new connections are waited for.
  private(set) var isOpen = false
  private var reopening = ContinuousClock.now
  /// When it was last told that peers were turned away.
  private var lastTold: ContinuousClock.Instant?

  /// - Parameter worker: its place among `ports`, which are those of all workers.
  init(worker: Int, ports: [WorkerPort], bounds: ConnectionBounds, accounts: PeerAccounts, listeners: Listeners) {
    self.worker = worker
    self.ports = ports
    self.bounds = bounds
    self.accounts = accounts
    self.listeners = listeners
  }

  /// Whether doors that were shut for a moment are to be opened again.
  var isDue: Bool { !isOpen && ContinuousClock.now >= reopening }

  /// Begins to wait for connections; events bear the words that are given.
  mutating func open(_ poller: borrowing Poller, words: (validation: UInt64, administration: UInt64)) throws(Errno) {
    try poller.add(listeners.validation.fd, for: [.readable, .exclusive], word: words.validation)
    try poller.add(listeners.administration.fd, for: [.readable, .exclusive], word: words.administration)
    isOpen = true
  }

  /// Ends that.
  mutating func close(_ poller: borrowing Poller) throws(Errno) {
    guard isOpen else { return }
    isOpen = false
    try poller.remove(listeners.validation.fd)
    try poller.remove(listeners.administration.fd)
  }

  /// Shuts them for `Limits.acceptPauseMilliseconds`.
  mutating func pause(_ poller: borrowing Poller) throws(Errno) {
    try close(poller)
    reopening = .now + .milliseconds(Int(Limits.acceptPauseMilliseconds))
  }

  /// Accepts the next connection that waits, and finds a worker for it.
  mutating func next(_ entrance: Entrance) throws(Errno) -> Arrival {
    guard let descriptor = try accept(entrance) else { return .nobody }
    let peer = try PeerCredentials(of: descriptor.fd)
    // At a bound the peer sees its connection closed.
    guard let account = accounts.admit(peer.uid, through: entrance) else {
      turnAway(entrance, "the connections that uid \(peer.uid) has are its share of those that the")
      return .elsewhere
    }
    let port = ports[worker]
    var chosen = port
    for other in ports where other.count(through: entrance) < chosen.count(through: entrance) { chosen = other }
    guard chosen.count(through: entrance) < bounds.most(through: entrance) else {
      accounts.release(account, through: entrance)
      turnAway(entrance, "\(bounds.most(through: entrance)) connections a worker are all that the")
      return .elsewhere
    }
    let visitor = Visitor(peer: peer, account: account)
    chosen.count(1, through: entrance)
    if chosen === port { return .here(descriptor, visitor) }
    let newcomer = Newcomer(descriptor, through: entrance, visitor: visitor)
    if chosen.newcomers.put(newcomer) { return .elsewhere }
    // That one is about to end.
    chosen.count(-1, through: entrance)
    guard let descriptor = newcomer.take() else { return .elsewhere }
    port.count(1, through: entrance)
    return .here(descriptor, visitor)
  }

  private func accept(_ entrance: Entrance) throws(Errno) -> Descriptor? {
    switch entrance {
    case .validation: try listeners.validation.accept()
    case .administration: try listeners.administration.accept()
    }
  }

  /// Tells now and then that peers were turned away: whoever goes on trying is not to fill the log.
  private mutating func turnAway(_ entrance: Entrance, _ reason: String) {
    ports[worker].counters.noteTurnedAway()
    let now = ContinuousClock.now
    guard lastTold.map({ now - $0 >= Limits.fullLogInterval }) ?? true else { return }
    lastTold = now
    Log.write(
      .connectionsFull,
      "a peer was turned away: \(reason) \(entrance.rawValue) socket has",
      [.worker: "\(worker)", .socket: entrance.rawValue])
  }
}
