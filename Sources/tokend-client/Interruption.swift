// What a signal that ends programs leaves behind: nothing.

import Linux
import Synchronization

/// Ends the program at the first SIGINT, SIGTERM or SIGHUP, whatever it waits for just then, once it has undone what was
/// begun.
final class Interruption: Sendable {
  private struct Plan {
    var undo: @Sendable () -> Void
    var failure: Failure

    mutating func add(_ more: @escaping @Sendable () -> Void) {
      undo = { [undo] in
        more()
        undo()
      }
    }
  }

  private let plan: Mutex<Plan>

  /// - Parameter failure: what is told then.
  init(telling failure: Failure, isJSON: Bool) throws(Errno) {
    plan = Mutex(Plan(undo: {}, failure: failure))
    try Signals.block(ignored: false)
    let waiting = try Linux.Thread(named: "signals") { [self] in
      while Signals.wait(nil) == nil {}
      // Held until the program has ended: nothing is begun any more.
      plan.withLock { plan in
        plan.undo()
        plan.failure.end(isJSON: isJSON)
      }
    }
    waiting.detach()
  }

  /// Has more to take back from now on, which takes a second at most: there is no other way to end the program.
  func undo(_ more: @escaping @Sendable () -> Void) {
    plan.withLock { plan in plan.add(more) }
  }

  /// Begins what a signal that comes later takes back: if one has come before, it is not begun, and the program ends.
  func begin<Result: ~Copyable & Sendable>(
    undo: @escaping @Sendable () -> Void, _ body: () throws(Errno) -> Result
  ) throws(Errno) -> Result {
    try plan.withLock { plan throws(Errno) in
      let result = try body()
      plan.add(undo)
      return result
    }
  }

  /// Does the last thing, which is done whole or not at all. If it is done there is nothing to take back any more, and a
  /// signal that comes before the program has ended by itself tells `failure`.
  func conclude(telling failure: Failure, _ last: () throws(Errno) -> Void) throws(Errno) {
    try plan.withLock { plan throws(Errno) in
      try last()
      plan = Plan(undo: {}, failure: failure)
    }
  }
}
