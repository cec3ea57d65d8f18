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
  /// How many of them come before one that could not be written, and are tried again alone.
  private var retried: Int?
  /// How many were left out since that was last told.
  private var leftOut = 0
  /// When some are to be written.
  private(set) var due: ContinuousClock.Instant

  /// - Parameter interval: how long a use may wait until the walk comes by.
  init(of ledgers: [UsageLedger], interval: Duration) {
    self.ledgers = ledgers
    self.interval = interval
    due = .now + interval
  }

  /// The next uses, about as many as `Limits.usesWritten`; none at the end of the walk, which then begins again after
  /// the interval. They must be handed to `written` or to `failed`, or one of them to `drop`.
  mutating func next() -> ArraySlice<TokenUse> {
    while pending.count < Limits.usesWritten, ledger < ledgers.count {
      guard ledgers[ledger].take(from: &group, most: Limits.usesWritten, into: &pending) else { break }
      ledger += 1
      group = 0
    }
    if pending.isEmpty { restart() }
    return pending.prefix(retried ?? Limits.usesWritten)
  }

  /// How many uses were left out since this was asked.
  mutating func takeLeftOut() -> Int {
    defer { leftOut = 0 }
    return leftOut
  }

  /// Whether there are uses that are not on the disk.
  var hasPending: Bool { !pending.isEmpty || ledgers.contains(where: \.hasUses) }

  /// The first `count` pending uses are on the disk, which took so long, but for those that were left out.
  mutating func written(_ count: Int, leavingOut unwritten: Int, in time: Duration) {
    pending.removeFirst(count)
    retried = nil
    leftOut += unwritten
    due = .now + time * Self.rest
  }

  /// Leaves out the pending use at `index`, which can't be written, as was found out in so long. Those before it come next,
  /// alone, so that few are begun anew often.
  mutating func drop(at index: Int, after time: Duration) {
    pending.remove(at: pending.startIndex + index)
    retried = index == 0 ? nil : index
    leftOut += 1
    due = .now + time * Self.rest
  }

  /// They could not be written: the same are tried again after the interval.
  mutating func failed() { due = .now + interval }

  /// Begins the walk anew, when workers have ended.
  mutating func restart() {
    (ledger, group) = (0, 0)
    due = .now + interval
  }
}
