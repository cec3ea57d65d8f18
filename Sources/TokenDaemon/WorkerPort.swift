// What the rest of the daemon holds of a worker's thread.

internal import Linux
private import Synchronization

/// A worker's mailbox, what it notes of tokens' uses, and the order to stop.
final class WorkerPort: Sendable {
  let receipts: Mailbox<Receipt>
  let usage: UsageLedger
  private let isStopping = Atomic(false)

  /// - Parameter tokens: about how many there are.
  init(tokens: Int) throws(Errno) {
    receipts = try Mailbox(capacity: .max)
    usage = try UsageLedger(tokens: tokens)
  }

  /// Tells the worker to drain and end.
  func stop() {
    isStopping.store(true, ordering: .releasing)
    receipts.wakeup.ring()
  }

  var shallStop: Bool { isStopping.load(ordering: .acquiring) }
}
