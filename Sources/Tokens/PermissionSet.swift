// A named bundle of scopes, expanded when a token is made and frozen in the token from then on.

/// A permission set as the deployment defines it.
package struct PermissionSet: Sendable, Equatable {
  /// What it stands for.
  package enum Members: Sendable, Equatable {
    case scopes([Scope])
    /// Every scope that is registered at the moment of expansion.
    case everything
  }

  /// How requests name it, such as `read-only`.
  package let name: String
  /// What people see, such as "Read only".
  package let title: String
  package let members: Members

  /// - Returns: nil if the title promises reading only and a member's action is not `read`.
  package init?(name: String, title: String, members: Members) {
    if name.hasPrefix("read") {
      guard case .scopes(let scopes) = members, scopes.allSatisfy({ $0.action == "read" }) else { return nil }
    }
    self.name = name
    self.title = title
    self.members = members
  }
}
