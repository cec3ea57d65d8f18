// What befell the daemon and its disk, for which calls may be refused.

/// Remembers from when to when a cause held.
struct Troubles {
  enum Cause {
    /// No file can grow.
    case fullDisk
    /// The disk may not be read or written.
    case spoiltDisk
    /// The daemon ends, or its journal has failed.
    case ending

    /// The reasons that a call may be refused with, as docs/errors.md has them.
    fileprivate var reasons: Set<String> {
      switch self {
      case .fullDisk: ["DISK_FULL"]
      case .spoiltDisk: ["STORE_UNREADABLE"]
      case .ending: ["DRAINING", "STOPPING", "OUTCOME_UNKNOWN"]
      }
    }
  }

  private var spans: [(cause: Cause, begin: Int, end: Int?)] = []

  mutating func began(_ cause: Cause, at step: Int) {
    if !spans.contains(where: { $0.cause == cause && $0.end == nil }) { spans.append((cause, step, nil)) }
  }

  /// The daemon has ended, and the disk is whole again.
  mutating func ended(at step: Int) { end([.fullDisk, .spoiltDisk, .ending], at: step) }

  /// The disk is whole again, under the daemon.
  mutating func diskMended(at step: Int) { end([.fullDisk, .spoiltDisk], at: step) }

  /// The disk will not become full any more.
  mutating func diskStaysRoomy(at step: Int) { end([.fullDisk], at: step) }

  private mutating func end(_ causes: Set<Cause>, at step: Int) {
    for index in spans.indices where spans[index].end == nil && causes.contains(spans[index].cause) {
      spans[index].end = step
    }
  }

  /// The reasons that a call may have been refused with from `begin` to `end`.
  func reasons(from begin: Int, to end: Int) -> Set<String> {
    spans.reduce(into: []) { reasons, span in
      if span.begin <= end, span.end ?? end >= begin { reasons.formUnion(span.cause.reasons) }
    }
  }
}
