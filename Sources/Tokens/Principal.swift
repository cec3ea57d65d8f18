// Whom a grant is for: a user or a group of this machine, as the kernel attests them.

/// A Unix user or group, by number. Names may be given to another; the kernel vouches for numbers.
package enum Principal: Hashable, Sendable, CustomStringConvertible {
  case user(UInt32)
  case group(UInt32)

  /// Reads "uid:1000" or "gid:33".
  /// - Returns: nil if `text` is neither.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = UInt32(parts[1]), String(number) == parts[1] else { return nil }
    switch parts[0] {
    case "uid": self = .user(number)
    case "gid": self = .group(number)
    default: return nil
    }
  }

  package var description: String {
    switch self {
    case .user(let uid): "uid:\(uid)"
    case .group(let gid): "gid:\(gid)"
    }
  }
}

/// Who calls, as the kernel has told once for the connection.
package struct Caller: Sendable, Equatable {
  package let uid: UInt32
  /// Its group and supplementary groups.
  package let gids: [UInt32]
  /// Whether it may do everything without a grant.
  package let isOperator: Bool

  package init(uid: UInt32, gids: [UInt32], isOperator: Bool) {
    self.uid = uid
    self.gids = gids
    self.isOperator = isOperator
  }

  /// How the audit trail names it.
  package var name: String { Principal.user(uid).description }

  /// Everything that a grant to it may be made out to.
  package var principals: [Principal] { [.user(uid)] + gids.map { .group($0) } }
}
