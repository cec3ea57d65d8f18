// A token as it is kept: everything but its secret.

/// What is known of a token.
package struct Token: Sendable, Equatable {
  /// The public id.
  package var id: String
  package var name: String
  package var description: String
  package var tenant: TenantName
  /// In order of registration.
  package var scopes: [Scope]
  /// The permission set it was made from, if it was.
  package var permissionSet: String?
  package var state: TokenState
  /// The principal that made it, as immutable text such as "uid:1000".
  package var creator: String
  package var created: Instant
  /// An exclusive bound.
  package var expiry: Instant
  package var revocation: Revocation?

  /// Who revoked it, when and why.
  package struct Revocation: Sendable, Equatable {
    package let at: Instant
    package let by: String
    package let reason: String

    package init(at: Instant, by: String, reason: String) {
      self.at = at
      self.by = by
      self.reason = reason
    }
  }

  package init(
    id: String, name: String, description: String, tenant: TenantName, scopes: [Scope], permissionSet: String?,
    state: TokenState, creator: String, created: Instant, expiry: Instant, revocation: Revocation?
  ) {
    self.id = id
    self.name = name
    self.description = description
    self.tenant = tenant
    self.scopes = scopes
    self.permissionSet = permissionSet
    self.state = state
    self.creator = creator
    self.created = created
    self.expiry = expiry
    self.revocation = revocation
  }
}

/// A token that somebody wants made, its own fields checked. Whether its tenant, scopes and name will do is known to the
/// store only.
package struct TokenDraft: Sendable {
  package let tenant: TenantName
  package let name: String
  package let description: String
  package let grant: Grant
  package let expiry: Instant

  /// What the token is to hold.
  package enum Grant: Sendable, Equatable {
    case scopes([Scope])
    case permissionSet(String)
  }

  /// Checks the fields of a request.
  /// - Parameters:
  ///   - scopes: their names; empty if `permissionSet` is given.
  ///   - expires: seconds since 1970, 0 for never.
  /// - Throws: a refusal that names the first field that won't do; of bad scopes, it names each.
  package init(
    tenant: TenantName, name: String, description: String, scopes: [String], permissionSet: String, expires: Int64,
    now: Instant
  ) throws(Refusal) {
    try Self.check(name: name)
    try PrintableText.check(description, field: "description", mostBytes: 500)
    self.tenant = tenant
    self.name = name
    self.description = description
    grant = try Self.grant(scopes, permissionSet)
    expiry = try Self.expiry(expires, now: now)
  }

  private static func check(name: String) throws(Refusal) {
    guard !name.isEmpty else {
      throw Refusal(.invalid, "NAME_MISSING", "name", "name is empty: give the token a name, such as ci-deploy-east")
    }
    try PrintableText.check(name, field: "name", mostBytes: 100)
  }

  private static func grant(_ scopes: [String], _ permissionSet: String) throws(Refusal) -> Grant {
    guard permissionSet.isEmpty else {
      guard scopes.isEmpty else {
        throw Refusal(
          .invalid, "SCOPES_AND_SET", "permission_set", "scopes and permission_set are both given: choose one of them")
      }
      return .permissionSet(permissionSet)
    }
    guard !scopes.isEmpty else {
      throw Refusal(
        .invalid, "SCOPES_MISSING", "scopes",
        "scopes is empty: name at least one scope, or a permission_set")
    }
    guard scopes.count <= ScopeSet.capacity else {
      throw Refusal(
        .invalid, "TOO_MANY_SCOPES", "scopes",
        "scopes has \(scopes.count) entries; at most \(ScopeSet.capacity) can exist: name each once")
    }
    let parsed = scopes.compactMap { Scope($0) }
    guard parsed.count == scopes.count else { throw .unknownScopes(scopes.filter { Scope($0) == nil }) }
    return .scopes(parsed)
  }

  private static func expiry(_ expires: Int64, now: Instant) throws(Refusal) -> Instant {
    if expires == 0 { return .never }
    let expiry = Instant(seconds: expires)
    guard now < expiry else {
      throw Refusal(
        .invalid, "EXPIRY_IN_PAST", "expires_at",
        "expires_at is \(expires), now is \(now.seconds) (seconds since 1970): choose a moment to come, or 0 for never")
    }
    guard expiry <= .last else {
      throw Refusal(
        .invalid, "EXPIRY_TOO_FAR", "expires_at",
        "expires_at is after the year 9999: choose an earlier moment, or 0 for never")
    }
    return expiry
  }
}

extension Refusal {
  /// Names each scope that is not registered, cut to a length that fits a log line.
  package static func unknownScopes(_ names: [String]) -> Refusal {
    let shown = names.prefix(20).map { name in
      let clean = String(name.unicodeScalars.map { PrintableText.shows($0) ? Character($0) : "\u{FFFD}" })
      let head = PrintableText.cut(clean, to: Scope.mostBytes)
      return head == clean ? "'\(clean)'" : "'\(head)…'"
    }
    let rest = names.count > 20 ? " and \(names.count - 20) more" : ""
    return Refusal(
      .invalid, "UNKNOWN_SCOPE", "scopes",
      "scopes names what is not registered: \(shown.joined(separator: ", "))\(rest); list permissions to see what is")
  }
}
