// What tokens were used for, as the journal collects it: now and then, some at a time, and never while anybody waits.

internal import Tokens

/// Walks over the workers' ledgers. Owned by the journal's thread.
struct UsageSweep: ~Copyable {
  /// For each moment of writing uses, so many of doing something else.
  private static let rest = 19

  private let ledgers: [UsageLedger]
  private let interval: Duration
  private var ledger = 0
  private var group = 0
  /// Taken out and not yet on the disk.
  private var pending: ArraySlice<TokenUse> = []
  /// How many of them come before one that could not be written.
  private var whole: Int?
  /// How many could not be written in this walk.
  private var dropped = 0
  /// When some are to be written.
  private(set) var due: ContinuousClock.Instant

  /// - Parameter interval: how long a use may wait until the walk comes by.
  init(of ledgers: [UsageLedger], interval: Duration) {
    self.ledgers = ledgers
    self.interval = interval
    due = .now + interval
  }

  /// The next uses, about as many as `Limits.usesWritten`; none at the end of the walk, which then begins again after
  /// the interval. They must be handed to `written` or to `failed`.
  mutating func next() -> ArraySlice<TokenUse> {
    while pending.count < Limits.usesWritten, ledger < ledgers.count {
      guard ledgers[ledger].take(from: &group, most: Limits.usesWritten, into: &pending) else { break }
      ledger += 1
      group = 0
    }
    if pending.isEmpty { restart() }
    return pending.prefix(whole ?? Limits.usesWritten)
  }

  /// One of those that are written is left out.
  mutating func noteDropped() { dropped += 1 }

  /// How many uses were left out since this was asked.
  mutating func takeDropped() -> Int {
    defer { dropped = 0 }
    return dropped
  }

  /// Whether there are uses that are not on the disk.
  var hasPending: Bool { !pending.isEmpty || ledgers.contains(where: \.hasUses) }

  /// The first `count` pending uses are on the disk, which took so long.
  mutating func written(_ count: Int, in time: Duration) {
    pending.removeFirst(count)
    whole = nil
    due = .now + time * Self.rest
  }

  /// Leaves out a pending use that can't be written, which was found out in so long. Those before it come next, alone, so that
  /// none is begun anew more than once.
  mutating func drop(_ use: TokenUse, after time: Duration) {
    guard let index = pending.firstIndex(of: use) else { return }
    let before = index - pending.startIndex
    pending.remove(at: index)
    whole = before == 0 ? nil : before
    noteDropped()
    due = .now + time * Self.rest
  }

  /// They could not be written: they are tried again after the interval.
  mutating func failed() { due = .now + interval }

  /// Begins the walk anew, when workers have ended.
  mutating func restart() {
    (ledger, group) = (0, 0)
    due = .now + interval
  }
}
