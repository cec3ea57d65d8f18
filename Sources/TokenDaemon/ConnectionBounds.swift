// How many peers one worker has at a time, by the descriptors that the process may have.

/// Bounds on a worker's connections. Those who validate can't take what those who administer need: whoever comes through
/// one entrance leaves the other's share alone.
struct ConnectionBounds: Sendable, Equatable {
  /// Descriptors for the database, its log, the sockets and a backup.
  private static let others = 64
  /// Of each worker, for pollers and bells.
  private static let ofWorker = Lanes.most + 8

  let validation: Int
  let administration: Int
  private let workers: Int

  /// - Parameter descriptors: how many the process may have; its workers share them.
  init(descriptors: Int, workers: Int) {
    let share = max(2, (descriptors - Self.others) / workers - Self.ofWorker)
    administration = max(1, min(Limits.connections, share) / 8)
    validation = max(1, min(Limits.connections, share - administration))
    self.workers = workers
  }

  func most(through entrance: Entrance) -> Int {
    switch entrance {
    case .validation: validation
    case .administration: administration
    }
  }

  /// The most of all workers.
  func all(through entrance: Entrance) -> Int { workers * most(through: entrance) }
}
