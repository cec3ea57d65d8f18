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

  /// Reads the fields of a request; whether the scopes are registered is known to the store only.
  package init(name: String, title: String, scopes: [String], everything: Bool) throws(Refusal) {
    let bytes = Array(name.utf8)
    let isWord = bytes.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    guard (1...64).contains(bytes.count), isWord, (0x61...0x7A).contains(bytes[0]) else {
      throw Refusal(
        .invalid, "INVALID_NAME", "name",
        "name is no proper name: use 1 to 64 lowercase letters, digits or '-', beginning with a letter, such as read-only"
      )
    }
    try PrintableText.check(title, field: "title", mostBytes: 100)
    guard scopes.isEmpty == everything else {
      throw Refusal(
        .invalid, "SCOPES_OR_EVERYTHING", "scopes",
        "scopes is \(everything ? "given beside everything" : "empty"): give scopes, or everything")
    }
    let parsed = scopes.compactMap { Scope($0) }
    guard parsed.count == scopes.count else { throw .unknownScopes(scopes.filter { Scope($0) == nil }) }
    guard
      let set = PermissionSet(
        name: name, title: title.isEmpty ? name : title, members: everything ? .everything : .scopes(parsed))
    else {
      throw Refusal(
        .invalid, "READ_SET_WRITES", "scopes",
        "a set whose name begins with 'read' may only have scopes that read: leave out the others, or call it otherwise"
      )
    }
    self = set
  }

  /// - Returns: nil if the name promises reading only and a member's action is not `read`.
  package init?(name: String, title: String, members: Members) {
    if name.hasPrefix("read") {
      guard case .scopes(let scopes) = members, scopes.allSatisfy({ $0.action == "read" }) else { return nil }
    }
    self.name = name
    self.title = title
    self.members = members
  }
}
