// What the journal's thread counts of what it does.

internal import Synchronization

/// The journal's counters. It alone raises them; any thread may read.
final class JournalCounters: Sendable {
  /// How long transactions took, from their beginning until they were on the disk.
  let commits = Histogram()
  private let troubles = Atomic<UInt8>(0)
  private let known = Atomic(0)
  private let concluded = Atomic<UInt64>(0)
  private let calls = Mutex<[Call: UInt64]>([:])

  /// What was called and what came of it. There are as many as there are methods and codes.
  struct Call: Hashable, Sendable {
    let service: String
    let method: String
    /// OK, or the code of a refusal.
    let code: String
  }

  /// Why some changes can't be written.
  struct Trouble: OptionSet {
    let rawValue: UInt8

    /// The database was found damaged since the start.
    static let databaseDamaged = Trouble(rawValue: 1)
    /// There is no room on the disk.
    static let diskFull = Trouble(rawValue: 2)
    /// The disk failed to read the database since the start.
    static let databaseUnreadable = Trouble(rawValue: 4)
  }

  /// Empty while all changes can be written.
  var trouble: Trouble {
    get { Trouble(rawValue: troubles.load(ordering: .relaxed)) }
    set { troubles.store(newValue.rawValue, ordering: .relaxed) }
  }

  var changesFail: Bool { !trouble.isEmpty }

  /// How many tokens the index has.
  var tokens: Int {
    get { known.load(ordering: .relaxed) }
    set { known.store(newValue, ordering: .relaxed) }
  }

  /// How many transactions are visible and counted, whose changes are answered next.
  var transactions: UInt64 { concluded.load(ordering: .acquiring) }

  /// To be called once all else that a transaction has changed can be seen.
  func noteTransaction() { concluded.add(1, ordering: .releasing) }

  func note(_ call: Call) { calls.withLock { $0[call, default: 0] += 1 } }

  /// What was counted, in no order.
  var all: [(call: Call, count: UInt64)] { calls.withLock { $0.map { ($0.key, $0.value) } } }
}
