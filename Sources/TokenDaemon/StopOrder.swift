// What the journal knows of the daemon's end.

private import Synchronization

/// Tells the journal that the daemon is to stop, and how long those who serve peers can wait for it: while connections are
/// handed over nobody has a verdict. Any thread may ask.
final class StopOrder: Sendable {
  private let isHandover: Bool
  private let given = Mutex<ContinuousClock.Instant?>(nil)

  /// - Parameter isHandover: whether another daemon is to be started at once, for whose verdicts peers wait.
  init(isHandover: Bool) { self.isHandover = isHandover }

  /// The daemon stops from here on.
  func give() { given.withLock { $0 = .now } }

  /// Whether nothing is to be begun any more: the connections of those who asked, and all others with them, wait to go, or
  /// have been closed.
  var isPressing: Bool {
    given.withLock { $0.map { .now - $0 >= (isHandover ? Limits.lastCalls : Limits.drain) } ?? false }
  }

  /// How long what tokens were used for may be written at the end.
  var lastUses: Duration { isHandover ? Limits.lastUsesOfHandover : Limits.lastUses }
}
