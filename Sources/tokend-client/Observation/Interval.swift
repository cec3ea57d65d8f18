// What happened between two looks at the daemon.

import Wire

/// Rates a second, from the counters of two moments.
struct Interval: Sendable {
  /// A name with its rate.
  struct Rate: Sendable {
    let name: String
    let rate: Double
  }

  /// A user by its number, nil for all others together, with its rate.
  struct UserRate: Sendable {
    let uid: UInt32?
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
  /// The histogram's bounds that half and 99 % of the verdicts kept within, in nanoseconds; nil if there were none.
  let p50: UInt64?
  let p99: UInt64?
  /// How many CPUs it kept busy.
  let cpus: Double
  /// The busiest first.
  let tenants: [TenantRate]
  let users: [UserRate]

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
    (p50, p99) = (durations.atMost(share: 0.5), durations.atMost(share: 0.99))
    cpus = rate(before.cpuNanoseconds, after.cpuNanoseconds) / 1e9

    // Of one that was not among those told of before it is not known what it had: it is shown from the next time on.
    let tenantsBefore = Dictionary(before.tenants.map { (Self.name($0), $0) }) { first, _ in first }
    let areTenantsCut = before.tenants.count >= GetStatusResponse.busiest
    tenants = after.tenants.compactMap { tenant in
      let name = Self.name(tenant)
      guard let old = tenantsBefore[name] ?? (areTenantsCut ? nil : TenantCount()) else { return nil }
      return TenantRate(
        name: name, allowed: rate(old.allowed, tenant.allowed), denied: rate(old.denied, tenant.denied))
    }.filter { $0.allowed + $0.denied > 0 }
      .sorted { ($1.allowed + $1.denied, $0.name) < ($0.allowed + $0.denied, $1.name) }
    let usersBefore = Dictionary(before.peers.map { (Self.uid($0), $0.calls) }) { first, _ in first }
    let areUsersCut = before.peers.filter { !$0.others }.count >= GetStatusResponse.busiest
    users = after.peers.compactMap { peer in
      let uid = Self.uid(peer)
      guard let old = usersBefore[uid] ?? (areUsersCut && uid != nil ? nil : 0) else { return nil }
      return UserRate(uid: uid, rate: rate(old, peer.calls))
    }.filter { $0.rate > 0 }.sorted { ($1.rate, $0.uid ?? .max) < ($0.rate, $1.uid ?? .max) }
  }

  private static func name(_ tenant: TenantCount) -> String { "\(tenant.org)/\(tenant.tenant)" }

  private static func uid(_ peer: PeerCount) -> UInt32? { peer.others ? nil : peer.uid }
}
