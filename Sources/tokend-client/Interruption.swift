// What a signal that ends programs leaves behind: nothing.

import Linux
import Synchronization

/// Ends the program at the first SIGINT, SIGTERM or SIGHUP, whatever it waits for just then, once it has undone what was
/// begun.
final class Interruption: Sendable {
  /// nil once all is done.
  private let undoing: Mutex<(@Sendable () -> Void)?>

  /// - Parameters:
  ///   - failure: what is told then.
  ///   - undo: takes back what is begun from now on. It takes a second at most: there is no other way to end the program.
  init(telling failure: Failure, isJSON: Bool, undo: @escaping @Sendable () -> Void) throws(Errno) {
    undoing = Mutex(undo)
    try Signals.block(ignored: false)
    let waiting = try Linux.Thread(named: "signals") { [self] in
      while Signals.wait(nil) == nil {}
      // Held until the program has ended: nothing is begun any more.
      undoing.withLock { undo in
        guard let undo else { System.exit(failure.exit.rawValue) }
        undo()
        failure.end(isJSON: isJSON)
      }
    }
    waiting.detach()
  }

  /// Has more to take back from now on.
  func undo(_ more: @escaping @Sendable () -> Void) {
    undoing.withLock { undo in
      undo = { [undo] in
        more()
        undo?()
      }
    }
  }

  /// Does the last thing, which is done whole or not at all. If it is done there is nothing to take back any more.
  func conclude(_ last: () throws(Errno) -> Void) throws(Errno) {
    try undoing.withLock { undo throws(Errno) in
      try last()
      undo = nil
    }
  }
}
