// What happened between two looks at the daemon.

import Wire

/// Rates a second, from the counters of two moments.
struct Interval: Sendable {
  /// A name with its rate.
  struct Rate: Sendable {
    let name: String
    let rate: Double
  }

  /// A tenant with its rates.
  struct TenantRate: Sendable {
    let name: String
    let allowed: Double
    let denied: Double
  }

  /// All verdicts, and those that denied.
  let verdicts: Double
  let denied: Double
  /// Those that were given, the most frequent first.
  let reasons: [Rate]
  let refused: Double
  let calls: Double
  /// The bounds that half and 99 % of the verdicts kept within, in nanoseconds; nil if there were none.
  let half: UInt64?
  let most: UInt64?
  /// How many processors it kept busy.
  let processors: Double
  /// The busiest first; users by their numbers, nil for all others together.
  let tenants: [TenantRate]
  let peers: [(uid: UInt32?, rate: Double)]

  /// - Returns: nil if the daemon was started in between: its counters have begun anew.
  init?(from before: GetStatusResponse, to after: GetStatusResponse, seconds: Double) {
    guard seconds > 0, before.startedAt == after.startedAt,
      after.cpuNanoseconds >= before.cpuNanoseconds
    else { return nil }
    func rate(_ before: UInt64, _ after: UInt64) -> Double {
      // Counters are read one by one: one that seems to fall has stood still.
      Double(after - min(before, after)) / seconds
    }
    let given = Dictionary(before.verdicts.map { ($0.name, $0.count) }) { first, _ in first }
    reasons = after.verdicts.map { Rate(name: $0.name, rate: rate(given[$0.name] ?? 0, $0.count)) }
      .filter { $0.rate > 0 }.sorted { $0.rate > $1.rate }
    verdicts = reasons.reduce(0) { $0 + $1.rate }
    denied = reasons.filter { $0.name != "ALLOWED" }.reduce(0) { $0 + $1.rate }
    refused = rate(before.refusals.reduce(0) { $0 + $1.count }, after.refusals.reduce(0) { $0 + $1.count })
    calls = rate(before.calls.reduce(0) { $0 + $1.count }, after.calls.reduce(0) { $0 + $1.count })
    let durations = after.validations.since(before.validations)
    (half, most) = (durations.atMost(share: 0.5), durations.atMost(share: 0.99))
    processors = rate(before.cpuNanoseconds, after.cpuNanoseconds) / 1e9

    // Of one that was not among the hundred before it is not known what it had: it is told of the next time.
    let known = Dictionary(before.tenants.map { ("\($0.org)/\($0.tenant)", $0) }) { first, _ in first }
    let isCut = before.tenants.count >= 100
    tenants = after.tenants.compactMap { tenant in
      let name = "\(tenant.org)/\(tenant.tenant)"
      guard let old = known[name] ?? (isCut ? nil : TenantCount()) else { return nil }
      return TenantRate(
        name: name, allowed: rate(old.allowed, tenant.allowed), denied: rate(old.denied, tenant.denied))
    }.filter { $0.allowed + $0.denied > 0 }.sorted { $0.allowed + $0.denied > $1.allowed + $1.denied }
    let users = Dictionary(before.peers.map { ($0.others ? UInt64.max : UInt64($0.uid), $0.calls) }) { first, _ in first
    }
    let isFull = before.peers.count >= 100
    peers = after.peers.compactMap { peer in
      guard let old = users[peer.others ? UInt64.max : UInt64(peer.uid)] ?? (isFull ? nil : 0) else { return nil }
      return (uid: peer.others ? nil : peer.uid, rate: rate(old, peer.calls))
    }.filter { $0.rate > 0 }.sorted { $0.rate > $1.rate }
  }
}
