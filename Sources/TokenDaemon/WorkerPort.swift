// What the rest of the daemon holds of a worker's thread.

internal import Linux
private import Synchronization

/// A worker's mailboxes, how many connections it has, what it notes of tokens' uses, and the order to stop.
final class WorkerPort: Sendable {
  let receipts: Mailbox<Receipt>
  /// Connections that others than this worker have accepted for it.
  let newcomers: Mailbox<Newcomer>
  let usage: UsageLedger
  let counters: WorkerCounters
  private let validating = Atomic(0)
  private let administering = Atomic(0)
  private let isStopping = Atomic(false)
  private let isAsked = Atomic(false)

  /// - Parameter tokens: about how many there are.
  init(tokens: Int) throws(Errno) {
    receipts = try Mailbox(capacity: .max)
    newcomers = try Mailbox(capacity: .max)
    usage = try UsageLedger(tokens: tokens)
    counters = try WorkerCounters()
  }

  /// Leaves each worker the outcomes that are its own.
  static func post(_ receipts: [Receipt], to ports: [WorkerPort]) {
    for (number, port) in ports.enumerated() {
      let own = receipts.filter { $0.origin.worker == number }
      if !own.isEmpty { port.receipts.put(all: own) }
    }
  }

  /// How many connections it has through `entrance`, those on their way to it included.
  func count(through entrance: Entrance) -> Int {
    switch entrance {
    case .validation: validating.load(ordering: .relaxed)
    case .administration: administering.load(ordering: .relaxed)
    }
  }

  /// Notes that it has so many connections more.
  func count(_ change: Int, through entrance: Entrance) {
    switch entrance {
    case .validation: validating.add(change, ordering: .relaxed)
    case .administration: administering.add(change, ordering: .relaxed)
    }
  }

  /// Says that the daemon has asked the worker over its own connection: it is answered before peers that were first.
  func ask() { isAsked.store(true, ordering: .releasing) }

  /// Whether it was asked since this was last called.
  @inline(__always)
  func takeQuestion() -> Bool {
    // Nearly always it was not, and then nothing is written.
    isAsked.load(ordering: .relaxed) && isAsked.exchange(false, ordering: .acquiring)
  }

  /// Tells the worker to drain and end.
  func stop() {
    isStopping.store(true, ordering: .releasing)
    receipts.wakeup.ring()
  }

  var shallStop: Bool { isStopping.load(ordering: .acquiring) }
}
