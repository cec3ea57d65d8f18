// Who may do what, by what the kernel says of the peer and by the socket it came through.

internal import Linux
internal import Wire

/// Which of the two sockets a connection came through.
enum Entrance: Sendable {
  case validation, administration
}

/// Decides, route by route. uid 0, the daemon's own user and members of the administration socket's group
/// administer, and only through the administration socket. Who may connect at all is the sockets' modes.
struct Doorkeeper: Sendable {
  let ownUser: UInt32
  /// The administration socket's group; nil if it could not be read, and then no group administers.
  let adminGroup: UInt32?

  /// The refusal, or nil if the peer may.
  func refusal(of route: Route, to peer: PeerCredentials, through entrance: Entrance) -> Status? {
    guard route.isAdministration else { return nil }
    guard entrance == .administration else {
      return Status(
        .permissionDenied, "WRONG_SOCKET", "administration is not served here: connect to the administration socket")
    }
    if peer.uid == 0 || peer.uid == ownUser { return nil }
    if let adminGroup, peer.isMember(of: adminGroup) { return nil }
    return Status(
      .permissionDenied, "NOT_PERMITTED",
      "uid \(peer.uid) may not administer tokend: ask to be added to the administration socket's group")
  }
}
