// Where a grant counts.

/// One tenant, an organization with all its tenants, or everything.
package enum Realm: Hashable, Sendable, CustomStringConvertible {
  case everything
  case org(String)
  case tenant(TenantName)

  /// Reads the two ids of a request; both empty for everything, an empty tenant for the whole organization.
  /// - Throws: a refusal if an id is not well-formed, or a tenant is given without its organization.
  package init(org: String, tenant: String) throws(Refusal) {
    if org.isEmpty, tenant.isEmpty {
      self = .everything
    } else if tenant.isEmpty {
      try TenantName.check(org, field: "org_id", noun: "organization")
      self = .org(org)
    } else {
      self = .tenant(try TenantName(org: org, tenant: tenant))
    }
  }

  /// Whether all of `other` lies within this realm.
  package func covers(_ other: Realm) -> Bool {
    switch (self, other) {
    case (.everything, _): true
    case (.org(let own), .org(let org)): own == org
    case (.org(let own), .tenant(let name)): own == name.org
    case (.tenant(let own), .tenant(let name)): own == name
    default: false
    }
  }

  package var org: String {
    switch self {
    case .everything: ""
    case .org(let org): org
    case .tenant(let name): name.org
    }
  }

  package var tenant: String {
    if case .tenant(let name) = self { name.tenant } else { "" }
  }

  /// "*", "acme/*" or "acme/prod".
  package var description: String {
    switch self {
    case .everything: "*"
    case .org(let org): "\(org)/*"
    case .tenant(let name): name.description
    }
  }
}
