// What one worker counts of what it does.

internal import Linux
internal import Synchronization
internal import Tokens
internal import Wire

/// Verdicts that have been given and not been counted yet, by reason.
struct VerdictTally: Sendable {
  private var counts = InlineArray<16, UInt32>(repeating: 0)
  private(set) var sum: UInt32 = 0

  @inline(__always)
  mutating func note(_ reason: Reason) {
    counts[Int(reason.rawValue) & 15] &+= 1
    sum &+= 1
  }

  subscript(reason: Reason) -> UInt32 { counts[Int(reason.rawValue) & 15] }
}

/// The counters of one worker, who alone raises them; any thread may read.
final class WorkerCounters: Sendable {
  let validations = Histogram()
  let tenants: TenantCounters
  let peers = PeerCounters()
  private let verdicts = InlineArray<16, Atomic<UInt64>> { _ in Atomic(0) }
  private let refusals = InlineArray<17, Atomic<UInt64>> { _ in Atomic(0) }
  private let away = Atomic<UInt64>(0)

  init() throws(Errno) { tenants = try TenantCounters() }

  /// Counts verdicts whose requests had come so many nanoseconds before their replies were written.
  func note(_ tally: VerdictTally, took nanoseconds: UInt64) {
    for reason in Reason.allCases where tally[reason] > 0 {
      verdicts[Int(reason.rawValue)].raise(by: UInt64(tally[reason]))
    }
    validations.note(nanoseconds, times: UInt64(tally.sum))
  }

  /// Counts a call that was refused.
  func note(_ refusal: Status.Code) { refusals[min(Int(refusal.rawValue), 16)].raise(by: 1) }

  /// Counts a peer that was turned away.
  func noteTurnedAway() { away.raise(by: 1) }

  func count(of reason: Reason) -> UInt64 { verdicts[Int(reason.rawValue)].load(ordering: .relaxed) }
  func count(of refusal: Status.Code) -> UInt64 { refusals[min(Int(refusal.rawValue), 16)].load(ordering: .relaxed) }
  var turnedAway: UInt64 { away.load(ordering: .relaxed) }
}
