// One peer: who it is, the bytes from it and to it, and the calls it waits for.

internal import Linux
internal import Tokens
internal import Wire

/// A connection of one worker. Its parts are changed by that worker only.
final class Connection {
  let descriptor: Descriptor
  let caller: Caller
  /// Its user's.
  let account: PeerAccounts.Account
  /// Where its worker waits for it; nil for the daemon's own.
  var lane: Lane?
  let entrance: Entrance
  /// Of its user's calls.
  let counter: PeerCounters.Counter
  /// What its poller events bear: the place in the worker's table, and a number that is never used again.
  let word: UInt64
  var traffic = Traffic()
  /// Calls that wait for the journal, by stream.
  var waiting: [UInt32: WaitingCall] = [:]
  /// What the poller has been told to watch for.
  var interest: Poller.Interest = .readable
  /// Whether its frames are answered as they come.
  var reading = Reading.goesOn
  /// From when the time of its next verdicts counts, by the monotonic clock: when its bytes were learnt of, or its peer had
  /// read enough.
  var heard: UInt64 = 0
  /// What its half-read large frame takes, and its replies, as they have been charged.
  var chargedInput = 0
  var chargedOutput = 0
  /// What its verdicts are limited to, if they are, as of a version of the published limits.
  var limits: (realms: [Realm]?, version: UInt64) = (nil, 0)
  /// Whether the daemon itself is at its other end.
  var isOwn = false
  /// Whether it is in the worker's list of connections to flush.
  var isDirty = false

  /// Whether nothing is held of it and nothing is owed to it: its frames need none of its own buffers. The daemon's own
  /// connection is served apart, so that what it asks is not counted.
  var isPlain: Bool { reading == .goesOn && !isOwn && traffic.isIdle }

  init(
    _ descriptor: consuming Descriptor, caller: Caller, account: PeerAccounts.Account, entrance: Entrance,
    counter: PeerCounters.Counter, word: UInt64
  ) {
    self.descriptor = descriptor
    self.caller = caller
    self.account = account
    self.counter = counter
    self.entrance = entrance
    self.word = word
  }

  /// What is held of it and owed to it, taken out, for the daemon that is started next.
  func putBy() -> Handover.Leaving {
    var traffic = Traffic()
    swap(&traffic, &self.traffic)
    // Whether its socket takes some of it now is no concern: the rest is the next daemon's.
    if traffic.output.pendingBytes > 0, case .bytes(let count)? = try? descriptor.send(traffic.output.pending) {
      traffic.output.sent(count)
    }
    let passing = traffic.input.passing
    var unfinished: Unfinished?
    if traffic.input.held.count + traffic.output.pendingBytes + passing > 0 {
      unfinished = Unfinished(input: traffic.input.held, passing: passing, output: traffic.output.pending)
    }
    return Handover.Leaving(descriptor: descriptor.fd, entrance: entrance, unfinished: unfinished)
  }
}

/// Whether a connection's frames are answered as they come, or what those that are held wait for.
enum Reading {
  case goesOn
  /// The peer is to read more of its replies first.
  case waitsForPeer
  /// Others have a turn first: its lane has its word.
  case waitsForTurn
}

/// What the worker keeps of a call that is in the journal's hands: the secret that only its reply may bear.
final class WaitingCall {
  let secret: Secret?

  init(_ call: consuming Administration.Call) {
    secret = call.secret.take()
  }
}
