// Whom a worker waits for: its peers, by user, and everything else.

internal import Linux

/// The connections of one user, as one worker waits for them.
final class Lane {
  /// Below it, the poller's other words.
  fileprivate static let firstWord: UInt64 = 1

  fileprivate let word: UInt64
  fileprivate let uid: UInt32?
  let poller: Poller
  fileprivate var connections = 0
  /// How many of its connections are served before others have their turn.
  private(set) var most = Poller.capacity

  fileprivate init(_ uid: UInt32?, word: UInt64) throws(Errno) {
    self.uid = uid
    self.word = word
    poller = try Poller()
  }

  /// Learns from a turn how many may be served in the next: as many as take `Limits.turnNanoseconds`.
  func served(_ events: Int, in nanoseconds: UInt64) {
    guard events > 0 else { return }
    let each = max(1, nanoseconds / UInt64(events))
    // From one turn to the next it grows slowly: what was cheap now may be dear then.
    most = max(1, min(Int(clamping: Limits.turnNanoseconds / each), most * 2, Poller.capacity))
  }
}

/// One poller for each user, so that a worker takes from each in turn: however many connections one has, and however
/// busy they are, another waits for one short turn. As long as there is but one user, which is nearly always, a wait is one
/// system call.
struct Lanes: ~Copyable {
  /// Users above so many share a lane.
  static let most = 16
  /// How many waits a lane is kept that nobody is in: who comes and goes is not to cost others a lane each time.
  private static let patience = 256
  private static let controlWord: UInt64 = 0

  /// What is no peer's: bells, doors and the daemon's own connection.
  let control: Poller
  /// Of `control` and all lanes, while there are several. With one, its poller has `control`.
  private let top: Poller
  private var lanes: [UInt32?: Lane] = [:]
  private var found: [Poller.Event] = []
  private var serial = Lane.firstWord
  private var waits = 0

  init() throws(Errno) {
    let control = try Poller()
    let top = try Poller()
    self.control = control
    self.top = top
  }

  /// Whether users must have their turns one after the other.
  var areSeveral: Bool { lanes.count > 1 }

  /// The lane of a user, for a connection more.
  mutating func join(_ uid: UInt32) throws(Errno) -> Lane {
    if lanes[uid] == nil, lanes.count >= Self.most { try tidy() }
    let key = lanes[uid] == nil && lanes.count >= Self.most ? nil : uid
    if let lane = lanes[key] {
      lane.connections += 1
      return lane
    }
    let lane = try Lane(key, word: serial)
    serial += 1
    try regroup { (lanes: inout [UInt32?: Lane]) in lanes[key] = lane }
    lane.connections = 1
    return lane
  }

  /// Takes a connection off a lane.
  func leave(_ lane: Lane) { lane.connections -= 1 }

  /// Lets go of lanes that nobody is in.
  private mutating func tidy() throws(Errno) {
    guard lanes.values.contains(where: { $0.connections == 0 }) else { return }
    try regroup { (lanes: inout [UInt32?: Lane]) in lanes = lanes.filter { $0.value.connections > 0 } }
  }

  /// Changes which lanes there are, and who waits for whom.
  private mutating func regroup(_ change: (inout [UInt32?: Lane]) -> Void) throws(Errno) {
    let before = lanes
    change(&lanes)
    if before.count == 1, let lane = before.values.first { try lane.poller.remove(control.fd) }
    if before.count > 1 {
      for lane in before.values where lanes.count <= 1 || lanes[lane.uid] == nil { try top.remove(lane.poller.fd) }
      if lanes.count <= 1 { try top.remove(control.fd) }
    }
    if lanes.count > 1 {
      for lane in lanes.values where before.count <= 1 || before[lane.uid] == nil {
        try top.add(lane.poller.fd, for: .readable, word: lane.word)
      }
      if before.count <= 1 { try top.add(control.fd, for: .readable, word: Self.controlWord) }
    }
    if lanes.count == 1, let lane = lanes.values.first {
      try lane.poller.add(control.fd, for: .readable, word: Self.controlWord)
    }
  }

  /// Waits while there is one user, or none, and appends what has happened to `events`.
  mutating func waitForOne(
    timeout: Int32?, spinning spin: Duration, into events: inout [Poller.Event]
  ) throws(Errno) {
    guard let lane = lanes.values.first else {
      return try control.wait(timeout: timeout, spinning: spin, into: &events)
    }
    try lane.poller.wait(timeout: timeout, spinning: spin, into: &events)
    guard let place = events.firstIndex(where: { $0.word == Self.controlWord }) else { return }
    events.remove(at: place)
    try control.wait(timeout: 0, into: &events)
  }

  /// Waits while there are several users, and appends whose turn it is to `turns`; nil is for what is no peer's.
  mutating func waitForMany(timeout: Int32?, spinning spin: Duration, into turns: inout [Lane?]) throws(Errno) {
    found.removeAll(keepingCapacity: true)
    try top.wait(timeout: timeout, spinning: spin, into: &found)
    for event in found {
      if event.word == Self.controlWord {
        turns.append(nil)
      } else if let lane = lanes.values.first(where: { $0.word == event.word }) {
        turns.append(lane)
      }
    }
    // Not before the wait, which might then be for nobody.
    waits += 1
    if waits % Self.patience == 0 { try tidy() }
  }

  /// Appends what has happened to those whose turn it is.
  func take(_ lane: Lane?, into events: inout [Poller.Event]) throws(Errno) {
    guard let lane else { return try control.wait(timeout: 0, into: &events) }
    try lane.poller.wait(timeout: 0, most: lane.most, into: &events)
  }
}
