// A connection on its way to the worker that will serve it.

internal import Linux
private import Synchronization

/// Who is at the other end, and whom the connection has been charged to.
struct Visitor: Sendable {
  let peer: PeerCredentials
  let account: PeerAccounts.Account
}

/// A connection that another worker has accepted, or another process, or that the daemon has made to itself. If nobody
/// takes it out, it is closed when the value goes.
final class Newcomer: Sendable {
  let entrance: Entrance
  /// Who it is, if that is known.
  let visitor: Visitor?
  /// What another process held of it.
  let unfinished: Unfinished?
  /// Whether the daemon itself is at its other end.
  let isOwn: Bool
  // Mutex makes handing it over a fact that the compiler checks.
  private let held: Mutex<Descriptor?>

  init(
    _ descriptor: consuming sending Descriptor, through entrance: Entrance, visitor: Visitor? = nil,
    unfinished: Unfinished? = nil, isOwn: Bool = false
  ) {
    self.visitor = visitor
    self.entrance = entrance
    self.unfinished = unfinished
    self.isOwn = isOwn
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
