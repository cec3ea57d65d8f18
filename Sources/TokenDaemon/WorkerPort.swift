// What the rest of the daemon holds of a worker's thread.

internal import Linux
private import Synchronization

/// A worker's mailbox, and the order to stop.
final class WorkerPort: Sendable {
  let receipts: Mailbox<Receipt>
  private let isStopping = Atomic(false)

  init() throws(Errno) { receipts = try Mailbox(capacity: .max) }

  /// Tells the worker to drain and end.
  func stop() {
    isStopping.store(true, ordering: .releasing)
    receipts.wakeup.ring()
  }

  var shallStop: Bool { isStopping.load(ordering: .acquiring) }
}
