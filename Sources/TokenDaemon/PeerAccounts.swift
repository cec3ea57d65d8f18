// What each user's processes take of what all peers share.

internal import Synchronization

/// What peers share, and can use up.
enum SharedResource: Int, CaseIterable {
  case validationConnections, administrationConnections
  /// Calls that wait for the journal.
  case journalEntries
  /// What half-read large frames take.
  case inputBytes
  /// Replies that wait to be read.
  case outputBytes

  static func connections(through entrance: Entrance) -> SharedResource {
    entrance == .validation ? .validationConnections : .administrationConnections
  }
}

/// Amounts of each resource.
private struct Amounts: ~Copyable {
  private let amounts = InlineArray<5, Atomic<Int>> { _ in Atomic(0) }

  subscript(resource: SharedResource) -> Int { amounts[resource.rawValue].load(ordering: .relaxed) }

  func add(_ amount: Int, of resource: SharedResource) -> Int {
    amounts[resource.rawValue].add(amount, ordering: .relaxed).newValue
  }

  var isZero: Bool { SharedResource.allCases.allSatisfy { self[$0] == 0 } }
}

/// Charges what is taken to the user whose process takes it, not to the connection: making more of them gains nothing.
///
/// A user may have as much of a resource as is left over: alone half of all there is, beside another that has that much a
/// quarter, and so on. So whoever comes later always finds something, however many are greedy before. Any thread may call.
final class PeerAccounts: Sendable {
  /// What one user has. Connections of one user, through all workers, share an account.
  final class Account: Sendable {
    let uid: UInt32
    fileprivate let amounts = Amounts()

    fileprivate init(uid: UInt32) { self.uid = uid }
  }

  private let bounds: [Int]
  private let totals = Amounts()
  private let users = Mutex<[UInt32: Account]>([:])

  /// - Parameter workers: how many share what is not bounded for each.
  init(_ connections: ConnectionBounds, workers: Int) {
    bounds = SharedResource.allCases.map { resource in
      switch resource {
      case .validationConnections: connections.validation * workers
      case .administrationConnections: connections.administration * workers
      case .journalEntries: Limits.journalEntries
      case .inputBytes: Limits.inputBytes * workers
      case .outputBytes: Limits.outputBytes * workers
      }
    }
  }

  /// Charges a connection to the user, if its share allows for one more.
  /// - Returns: the user's account; nil if it has too many connections.
  func admit(_ uid: UInt32, through entrance: Entrance) -> Account? {
    users.withLock { users in
      let account = users[uid] ?? Account(uid: uid)
      guard charge(1, of: .connections(through: entrance), to: account) else { return nil }
      users[uid] = account
      return account
    }
  }

  /// Charges a connection that is there already.
  func adopt(_ uid: UInt32, through entrance: Entrance) -> Account {
    users.withLock { users in
      let account = users[uid] ?? Account(uid: uid)
      users[uid] = account
      add(1, of: .connections(through: entrance), to: account)
      return account
    }
  }

  /// Takes a connection off the account, and forgets the user who has nothing left.
  func release(_ account: Account, through entrance: Entrance) {
    users.withLock { users in
      add(-1, of: .connections(through: entrance), to: account)
      forget(account, in: &users)
    }
  }

  /// Takes an amount off the account, whose user may have no connections any more.
  func settle(_ amount: Int, of resource: SharedResource, by account: Account) {
    add(-amount, of: resource, to: account)
    // Asked without a lock first: nearly always there is a connection.
    if account.amounts.isZero { users.withLock { forget(account, in: &$0) } }
  }

  private func forget(_ account: Account, in users: inout [UInt32: Account]) {
    if account.amounts.isZero, users[account.uid] === account { users[account.uid] = nil }
  }

  /// Charges an amount, if the user's share allows for it.
  func charge(_ amount: Int, of resource: SharedResource, to account: Account) -> Bool {
    let own = account.amounts.add(amount, of: resource)
    let all = totals.add(amount, of: resource)
    let bound = bounds[resource.rawValue]
    // Who has nothing yet may have one, as long as there is any.
    if own + all <= bound || (own == amount && all <= bound) { return true }
    add(-amount, of: resource, to: account)
    return false
  }

  /// Whether there is no more of it for anybody.
  func isUsedUp(_ resource: SharedResource) -> Bool { totals[resource] >= bounds[resource.rawValue] }

  /// Notes an amount, a negative one too, whatever the share.
  func add(_ amount: Int, of resource: SharedResource, to account: Account) {
    _ = account.amounts.add(amount, of: resource)
    _ = totals.add(amount, of: resource)
  }

  /// How much more of it the user may have; below zero if it has too much.
  @inline(__always)
  func room(of resource: SharedResource, for account: Account) -> Int {
    bounds[resource.rawValue] - totals[resource] - account.amounts[resource]
  }
}
