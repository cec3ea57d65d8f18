// Who a peer is, by what the kernel says of it, and what is served on the socket it came through.

internal import Linux
internal import Tokens
internal import Wire

/// Which of the two sockets a connection came through.
enum Entrance: String, Sendable {
  case validation = "validate"
  case administration = "admin"
}

/// Knows operators: uid 0, the daemon's own user and members of the administration group. All others have what grants
/// give them, which the journal knows. Administration is for the administration socket only, verdicts for the other. Who
/// may connect at all is the sockets' modes.
struct Doorkeeper: Sendable {
  let ownUser: UInt32
  /// The group whose members are operators; nil if there is none.
  let adminGroup: UInt32?

  /// Who the peer is to all that comes after.
  func caller(_ peer: PeerCredentials) -> Caller {
    let isOperator = peer.uid == 0 || peer.uid == ownUser || (adminGroup.map { peer.isMember(of: $0) } ?? false)
    return Caller(uid: peer.uid, gids: Array(Set([peer.gid] + peer.groups)).sorted(), isOperator: isOperator)
  }

  /// Who may do everything, as grants name principals.
  var operators: [String] {
    let users = Set([0, ownUser]).sorted().map { Principal.user($0) }
    return (users + (adminGroup.map { [.group($0)] } ?? [])).map(\.description)
  }

  /// The refusal, or nil if the route is served there.
  func refusal(of route: Route, through entrance: Entrance) -> Status? {
    switch entrance {
    case .validation where route.isAdministration:
      Status(
        .permissionDenied, "WRONG_SOCKET", "administration is not served here: connect to the administration socket")
    case .administration where route.isValidation:
      // Who may have verdicts is the validation socket's group, and others may be let in here.
      Status(.permissionDenied, "WRONG_SOCKET", "verdicts are not given here: connect to the validation socket")
    default: nil
    }
  }
}
