// What a token is bound to, for ever.

/// An organization and one of its tenants.
package struct TenantName: Hashable, Sendable, CustomStringConvertible {
  package let org: String
  package let tenant: String

  /// The most bytes of either id.
  package static let mostBytes = 64

  /// - Throws: a refusal that names the field and what is wrong with it.
  package init(org: String, tenant: String) throws(Refusal) {
    try Self.check(org, field: "org_id", noun: "organization")
    try Self.check(tenant, field: "tenant_id", noun: "tenant")
    self.init(stored: org, tenant)
  }

  /// Takes ids that were checked when they were stored.
  package init(stored org: String, _ tenant: String) {
    self.org = org
    self.tenant = tenant
  }

  package var description: String { "\(org)/\(tenant)" }

  /// Checks one id of a request.
  package static func check(_ id: String, field: String, noun: String) throws(Refusal) {
    guard !id.isEmpty else {
      throw Refusal(.invalid, "MISSING_CONTEXT", field, "\(field) is missing: name the \(noun) that the request is for")
    }
    let bytes = Array(id.utf8)
    let isWord = bytes.allSatisfy { Base62.isCharacter($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D }
    guard bytes.count <= mostBytes, isWord, Base62.isCharacter(bytes[0]) else {
      throw Refusal(
        .invalid, "INVALID_ID", field,
        "\(field) is no proper id: use 1 to \(mostBytes) letters, digits, '.', '_' or '-', beginning with a letter or digit"
      )
    }
  }
}

/// A registered tenant.
package struct Tenant: Sendable, Equatable {
  /// The store's own number of it.
  package let number: Int64
  package let name: TenantName
  package let created: Instant
  package let policy: TenantPolicy

  package init(number: Int64, name: TenantName, created: Instant, policy: TenantPolicy) {
    self.number = number
    self.name = name
    self.created = created
    self.policy = policy
  }
}
