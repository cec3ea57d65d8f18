// What a grant allows. Each administrative role includes those before it.

/// The roles that a grant can give. Raw values are those of the table of grants, for ever.
package enum Role: UInt8, Sendable, CaseIterable {
  /// Lists and shows tokens, tenants and permissions.
  case viewer = 1
  /// Creates, rotates, disables and revokes tokens.
  case tokenAdmin = 2
  /// Adds and removes tenants, and grants, of an organization.
  case orgAdmin = 3
  /// Everything.
  case `operator` = 4
  /// Not a right but a limit: who has such grants validates for their realms only.
  case validator = 5

  /// How requests and people spell it.
  package var name: String {
    switch self {
    case .viewer: "viewer"
    case .tokenAdmin: "token-admin"
    case .orgAdmin: "org-admin"
    case .operator: "operator"
    case .validator: "validator"
    }
  }

  package init?(named name: String) {
    guard let role = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = role
  }

  /// Whether who has this role may do what `other` may.
  package func includes(_ other: Role) -> Bool {
    guard self != .validator, other != .validator else { return self == other }
    return rawValue >= other.rawValue
  }
}
