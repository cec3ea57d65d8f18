// What one caller may do. It is put together anew for every call, from the grants as they are then.

/// A caller with the grants that are made out to it.
package struct Rights: Sendable {
  package let caller: Caller
  package let grants: [Grant]

  package init(of caller: Caller, grants: [Grant]) {
    self.caller = caller
    self.grants = grants.filter { $0.role != .validator }
  }

  package var isOperator: Bool { caller.isOperator || grants.contains { $0.role == .operator } }

  /// Whether the caller may do anything at all.
  package var isEmpty: Bool { !caller.isOperator && grants.isEmpty }

  /// Whether the caller has `role` in all of `realm`.
  package func include(_ role: Role, in realm: Realm) -> Bool {
    isOperator || grants.contains { $0.role.includes(role) && $0.realm.covers(realm) }
  }

  /// Whether the caller may see anything of `realm`, itself included.
  package func touch(_ realm: Realm) -> Bool {
    isOperator || grants.contains { $0.realm.covers(realm) || realm.covers($0.realm) }
  }

  /// The scopes that the caller may hand out in `realm`, as one who has `role` there.
  package func cap(as role: Role, in realm: Realm) -> ScopeCap {
    if isOperator { return .everything }
    return grants.filter { $0.role.includes(role) && $0.realm.covers(realm) }
      .reduce(.scopes([])) { $0.union($1.cap) }
  }

  /// - Throws: the refusal if the caller has not `role` in `realm`.
  package func demand(_ role: Role, in realm: Realm) throws(Refusal) {
    if include(role, in: realm) { return }
    throw refusal(of: role, in: realm)
  }

  /// Why the caller may not do what takes `role` in `realm`, and what would help.
  package func refusal(of role: Role, in realm: Realm) -> Refusal {
    // Where the role can be given.
    let given: Realm =
      switch (role, realm) {
      case (.operator, _): .everything
      case (.orgAdmin, .tenant(let name)): .org(name.org)
      default: realm
      }
    let remedy =
      "ask an operator to run: tokend-client grant add uid:\(caller.uid) \(role.name)"
      + (role == .operator ? "" : given.options)
    guard !isEmpty else {
      return Refusal(
        .notPermitted, "NO_TENANT_VISIBLE", "", "\(caller.name) has no grant and sees no tenant: \(remedy)")
    }
    return Refusal(
      .notPermitted, "NOT_PERMITTED", "", "\(caller.name) is not \(role.name) of \(realm): \(remedy)")
  }

  /// - Throws: the refusal if the caller may not hand out all of `scopes` in `tenant`.
  package func demand(handingOut scopes: [Scope], in tenant: TenantName) throws(Refusal) {
    let beyond = cap(as: .tokenAdmin, in: .tenant(tenant)).beyond(scopes)
    guard beyond.isEmpty else {
      let named =
        beyond.prefix(20).map(\.description).joined(separator: ", ")
        + (beyond.count > 20 ? " and \(beyond.count - 20) more" : "")
      throw Refusal(
        .notPermitted, "SCOPE_BEYOND_CAP", "scopes",
        "\(caller.name) may not hand out \(named) in \(tenant): "
          + "leave that out, or ask an operator for a wider grant")
    }
  }
}

extension Realm {
  /// As options of tokend-client.
  fileprivate var options: String {
    switch self {
    case .everything: " --everywhere"
    case .org(let org): " --org \(org)"
    case .tenant(let name): " --org \(name.org) --tenant \(name.tenant)"
    }
  }
}
