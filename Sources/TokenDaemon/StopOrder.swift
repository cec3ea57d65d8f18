// What the journal knows of the daemon's end.

private import Synchronization

/// Tells the journal that the daemon is to stop, and how long those who serve peers can wait for it: while connections are
/// handed over nobody has a verdict. Any thread may ask.
final class StopOrder: Sendable {
  /// How long what tokens were used for may be written at the end.
  let lastUses: Duration
  private let patience: Duration
  private let given = Mutex<ContinuousClock.Instant?>(nil)

  /// - Parameters:
  ///   - patience: how long what was asked before is still begun.
  ///   - lastUses: how long what tokens were used for may be written at the end.
  init(patience: Duration, lastUses: Duration) { (self.patience, self.lastUses) = (patience, lastUses) }

  /// The daemon stops from here on.
  func give() { given.withLock { $0 = .now } }

  /// Whether nothing is to be begun any more: the connections of those who asked, and all others with them, wait to go, or
  /// have been closed.
  var isPressing: Bool {
    given.withLock { $0.map { .now - $0 >= patience } ?? false }
  }
}
