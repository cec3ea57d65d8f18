// For which organizations and tenants a peer may ask for verdicts, if a policy narrows it.

internal import Store
private import Synchronization
internal import Tokens

/// The limits that grants of the role `validator` set. A principal without any is not limited.
struct ValidatorRealms: Sendable {
  private let realms: [Principal: [Realm]]

  init(_ grants: GrantBook) {
    let limits = grants.all.map(\.grant).filter { $0.role == .validator }
    realms = Dictionary(grouping: limits, by: \.principal).mapValues { $0.map(\.realm) }
  }

  /// What `caller` is limited to; nil if it is not limited.
  func realms(of caller: Caller) -> [Realm]? {
    if realms.isEmpty { return nil }
    let found = caller.principals.compactMap { realms[$0] }
    return found.isEmpty ? nil : found.flatMap { $0 }
  }
}

/// Where the journal puts the newest limits and workers fetch them. Once `publish` has returned, every request that is
/// begun goes by them.
final class PublishedRealms: Sendable {
  private let held: Mutex<ValidatorRealms>
  private let number = Atomic<UInt64>(1)

  init(_ limits: ValidatorRealms) { held = Mutex(limits) }

  /// Rises with each change.
  var version: UInt64 { number.load(ordering: .acquiring) }

  func publish(_ limits: ValidatorRealms) {
    held.withLock { $0 = limits }
    number.add(1, ordering: .releasing)
  }

  func realms(of caller: Caller) -> [Realm]? { held.withLock { $0.realms(of: caller) } }
}
