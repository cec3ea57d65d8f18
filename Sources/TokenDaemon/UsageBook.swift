// What tokens were used for, as the journal writes it down: in batches, now and then, and never while anybody waits.

internal import Store
internal import Tokens

/// The uses that workers have handed over and that are not on the disk yet. Owned by the journal's thread.
struct UsageBook: ~Copyable {
  private var pending: [UInt32: TokenUse] = [:]
  /// When the first of them came in.
  private var began = ContinuousClock.now
  private let interval: Duration

  /// - Parameter interval: how long a use may wait.
  init(interval: Duration) { self.interval = interval }

  var isEmpty: Bool { pending.isEmpty }

  /// When what is pending must be written; nil if there is nothing.
  var due: ContinuousClock.Instant? {
    if pending.isEmpty { return nil }
    return pending.count >= Limits.pendingUses ? began : began + interval
  }

  mutating func add(_ uses: [TokenUse]) {
    if pending.isEmpty { began = .now }
    for use in uses {
      guard var known = pending[use.ordinal] else {
        // More than can be written in an interval are left out: they are noted at their next use.
        if pending.count < 2 * Limits.pendingUses { pending[use.ordinal] = use }
        continue
      }
      known.at = max(known.at, use.at)
      known.scopes.words |= use.scopes.words
      pending[use.ordinal] = known
    }
  }

  /// Some of what is pending, which then is no more.
  mutating func take(most: Int) -> [TokenUse] {
    let taken = Array(pending.values.prefix(most))
    for use in taken { pending[use.ordinal] = nil }
    return taken
  }

  /// Puts back what could not be written; it is tried again after another interval.
  mutating func giveBack(_ uses: [TokenUse]) {
    add(uses)
    began = .now
  }
}
