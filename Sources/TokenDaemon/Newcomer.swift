// A connection on its way from the worker that accepted it to the one that will serve it.

internal import Linux
private import Synchronization

/// An accepted connection. If nobody takes it out, it is closed when the value goes.
final class Newcomer: Sendable {
  let entrance: Entrance
  // Mutex makes handing it over a fact that the compiler checks.
  private let held: Mutex<Descriptor?>

  init(_ descriptor: consuming sending Descriptor, through entrance: Entrance) {
    self.entrance = entrance
    held = Mutex(consume descriptor)
  }

  /// Takes it out, once.
  func take() -> Descriptor? {
    held.withLock { held in
      let taken = held.take()
      return taken
    }
  }
}
