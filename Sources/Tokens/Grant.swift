// A role that a principal has in a realm.

/// A grant: who, where, what, and which scopes its holder may hand out.
package struct Grant: Sendable, Equatable {
  package let principal: Principal
  package let realm: Realm
  package let role: Role
  package let cap: ScopeCap

  /// - Parameter cap: scope names; empty for no cap.
  /// - Throws: a refusal if the role means nothing in that realm, or with a cap.
  package init(principal: String, realm: Realm, role: String, cap: [String]) throws(Refusal) {
    guard let principal = Principal(principal) else {
      throw Refusal(
        .invalid, "INVALID_PRINCIPAL", "principal", "principal must be uid:NUMBER or gid:NUMBER, such as uid:1000")
    }
    guard let role = Role(named: role) else {
      let known = Role.allCases.map(\.name).joined(separator: ", ")
      throw Refusal(.invalid, "UNKNOWN_ROLE", "role", "role is none of those there are: choose \(known)")
    }
    try Self.check(role, in: realm, isCapped: !cap.isEmpty)
    guard cap.count <= ScopeSet.capacity else { throw .tooManyScopes(cap.count, field: "cap") }
    let scopes = cap.compactMap { Scope($0) }
    guard scopes.count == cap.count else { throw .unknownScopes(cap.filter { Scope($0) == nil }) }
    self.init(stored: principal, realm, role, cap.isEmpty ? .everything : .scopes(Set(scopes)))
  }

  /// - Throws: a refusal if the role means nothing in that realm, or with a cap.
  package static func check(_ role: Role, in realm: Realm, isCapped: Bool) throws(Refusal) {
    switch (role, realm) {
    case (.operator, .org), (.operator, .tenant):
      throw Refusal(
        .invalid, "ROLE_NEEDS_WIDER_REALM", "role",
        "an operator may do everything: leave out org_id and tenant_id, or grant org-admin")
    case (.orgAdmin, .tenant):
      throw Refusal(
        .invalid, "ROLE_NEEDS_WIDER_REALM", "role",
        "an org-admin has a whole organization: leave out tenant_id, or grant token-admin")
    default: break
    }
    guard !isCapped || role == .tokenAdmin || role == .orgAdmin else {
      throw Refusal(
        .invalid, "CAP_NEEDS_TOKEN_ADMIN", "cap",
        "cap limits what may be handed out, and a \(role.name) hands out \(role == .operator ? "anything" : "nothing"): leave it out"
      )
    }
  }

  /// Takes what was checked when it was stored.
  package init(stored principal: Principal, _ realm: Realm, _ role: Role, _ cap: ScopeCap) {
    self.principal = principal
    self.realm = realm
    self.role = role
    self.cap = cap
  }
}

/// The scopes that may be handed out.
package enum ScopeCap: Sendable, Equatable {
  case everything
  case scopes(Set<Scope>)

  /// Those of `scopes` that may not be handed out, sorted.
  package func beyond(_ scopes: some Sequence<Scope>) -> [Scope] {
    switch self {
    case .everything: []
    case .scopes(let allowed): scopes.filter { !allowed.contains($0) }.sorted()
    }
  }

  /// Whether whoever has this cap may give `other` to somebody else.
  package func covers(_ other: ScopeCap) -> Bool {
    switch (self, other) {
    case (.everything, _): true
    case (.scopes(let own), .scopes(let given)): given.isSubset(of: own)
    case (.scopes, .everything): false
    }
  }

  /// What both allow together.
  package func union(_ other: ScopeCap) -> ScopeCap {
    guard case .scopes(let left) = self, case .scopes(let right) = other else { return .everything }
    return .scopes(left.union(right))
  }
}
