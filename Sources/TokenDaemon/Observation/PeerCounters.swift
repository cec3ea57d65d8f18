// How many calls each user's processes have made.

internal import Synchronization

/// A count for each user. Connections of one user share a counter.
final class PeerCounters: Sendable {
  /// Users that have a counter of their own; those who come later share one.
  private static let most = 255

  /// The calls of one user through one worker, who alone raises it.
  final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)
    var calls: UInt64 { count.load(ordering: .relaxed) }
    func note(_ calls: Int) { count.raise(by: UInt64(calls)) }
  }

  private let users = Mutex<[UInt32: Counter]>([:])
  let others = Counter()

  /// The counter of a user, for a new connection.
  func counter(of uid: UInt32) -> Counter {
    users.withLock { users in
      if let counter = users[uid] { return counter }
      guard users.count < Self.most else { return others }
      let counter = Counter()
      users[uid] = counter
      return counter
    }
  }

  /// What was counted, by user.
  var all: [(uid: UInt32, calls: UInt64)] { users.withLock { $0.map { ($0.key, $0.value.calls) } } }
}
