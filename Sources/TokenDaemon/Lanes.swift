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
  /// Connections with frames that are left for its next turn, by their words, those that have waited longest first.
  private var waiting: ArraySlice<UInt64> = []
  /// How many of its connections are served before others have their turn.
  private(set) var most = Poller.capacity

  fileprivate init(_ uid: UInt32?, word: UInt64) throws(Errno) {
    self.uid = uid
    self.word = word
    poller = try Poller()
  }

  /// Whether frames are left for its next turn.
  var isWaiting: Bool { !waiting.isEmpty }

  /// How many connections do, and how many of those that did have gone.
  var waitingCount: Int { waiting.count }

  /// Has a connection wait for the next turn, behind all others that do.
  func wait(_ word: UInt64) { waiting.append(word) }

  /// Takes out who has waited longest. It may have gone.
  func nextWaiting() -> UInt64? { waiting.popFirst() }

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
  /// The lane, if there is one only: each wait asks for it.
  private var alone: Lane?
  private var found: [Poller.Event] = []
  private var serial = Lane.firstWord
  private var waits = 0

  init() throws(Errno) {
    let control = try Poller()
    let top = try Poller()
    self.control = control
    self.top = top
  }

  /// The lane of the only user there is; nil if there are several, or none.
  var only: Lane? { alone }

  /// Whether frames are left for somebody's next turn.
  var areWaiting: Bool {
    if let alone { return alone.isWaiting }
    return lanes.values.contains { $0.isWaiting }
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
    try take(in: lane)
    lanes[key] = lane
    alone = lanes.count == 1 ? lane : nil
    lane.connections = 1
    return lane
  }

  /// Takes a connection off a lane.
  func leave(_ lane: Lane) { lane.connections -= 1 }

  /// Has a new lane waited for. If that can't be, everything is as before.
  private func take(in lane: Lane) throws(Errno) {
    if lanes.isEmpty { return try lane.poller.add(control.fd, for: .readable, word: Self.controlWord) }
    do throws(Errno) {
      try top.add(lane.poller.fd, for: .readable, word: lane.word)
      guard let alone else { return }
      try top.add(alone.poller.fd, for: .readable, word: alone.word)
      try top.add(control.fd, for: .readable, word: Self.controlWord)
      try alone.poller.remove(control.fd)
    } catch {
      // Not all of them are there, perhaps.
      try? top.remove(lane.poller.fd)
      if let alone {
        try? top.remove(alone.poller.fd)
        try? top.remove(control.fd)
      }
      throw error
    }
  }

  /// Lets go of lanes that nobody is in, but for the last.
  private mutating func tidy() throws(Errno) {
    for lane in lanes.values where lane.connections == 0 && lanes.count > 1 {
      let rest = lanes.values.filter { $0 !== lane }
      if rest.count == 1, let last = rest.first {
        try last.poller.add(control.fd, for: .readable, word: Self.controlWord)
        try top.remove(control.fd)
        try top.remove(last.poller.fd)
        alone = last
      }
      try top.remove(lane.poller.fd)
      lanes[lane.uid] = nil
    }
  }

  /// Waits while there is one user, or none, and appends what has happened to `events`.
  mutating func waitForOne(
    timeout: Int32?, spinning spin: Duration, into events: inout [Poller.Event]
  ) throws(Errno) {
    guard let alone else { return try control.wait(timeout: timeout, spinning: spin, into: &events) }
    try alone.poller.wait(timeout: timeout, spinning: spin, into: &events)
    guard let place = events.firstIndex(where: { $0.word == Self.controlWord }) else { return }
    events.remove(at: place)
    try control.wait(timeout: 0, into: &events)
  }

  /// Waits while there are several users, and appends whose turn it is to `turns`: of those to whom something has happened,
  /// and of those whose frames were left; nil is for what is no peer's.
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
    for lane in lanes.values where lane.isWaiting && !turns.contains(where: { $0 === lane }) { turns.append(lane) }
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
