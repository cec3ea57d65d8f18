// A token that somebody wants made, before the store is asked.

/// A token that somebody wants made, its own fields checked. Whether its tenant, scopes and name will do is known to the
/// store only.
package struct TokenDraft: Sendable {
  package let tenant: TenantName
  package let name: String
  package let description: String
  package let grant: Grant
  package let expiry: Expiry
  /// The caller's own name for this request, so that a retry makes no second token; empty for none.
  package let requestID: String

  /// What the token is to hold.
  package enum Grant: Sendable, Equatable {
    case scopes([Scope])
    case permissionSet(String)
  }

  /// When it is to expire.
  package enum Expiry: Sendable, Equatable {
    /// As the tenant's policy has it; never, if it has none.
    case unspecified
    case never
    case at(Instant)

    /// Reads the two fields of a request.
    /// - Parameter seconds: since 1970, 0 if it is not said.
    package init(seconds: Int64, never: Bool, now: Instant) throws(Refusal) {
      guard seconds != 0 else {
        self = never ? .never : .unspecified
        return
      }
      guard !never else {
        throw Refusal(
          .invalid, "EXPIRY_AND_NEVER", "expires_at", "expires_at and never_expires are both given: choose one of them")
      }
      let expiry = Instant(seconds: seconds)
      guard now < expiry else {
        throw Refusal(
          .invalid, "EXPIRY_IN_PAST", "expires_at",
          "expires_at is \(seconds), now is \(now.seconds) (seconds since 1970): choose a moment to come")
      }
      guard expiry <= .last else {
        throw Refusal(
          .invalid, "EXPIRY_TOO_FAR", "expires_at",
          "expires_at is after the year 9999: choose an earlier moment, or never")
      }
      self = .at(expiry)
    }
  }

  /// Checks the fields of a request.
  /// - Parameters:
  ///   - scopes: their names; empty if `permissionSet` is given.
  /// - Throws: a refusal that names the first field that won't do; of bad scopes, it names each.
  package init(
    tenant: TenantName, name: String, description: String, scopes: [String], permissionSet: String, expiry: Expiry,
    requestID: String
  ) throws(Refusal) {
    try Self.check(name: name)
    try PrintableText.check(description, field: "description", mostBytes: 500)
    self.tenant = tenant
    self.name = name
    self.description = description
    grant = try Self.grant(scopes, permissionSet)
    self.expiry = expiry
    try PrintableText.check(requestID, field: "request_id", mostBytes: 100)
    self.requestID = requestID
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
    guard scopes.count <= ScopeSet.capacity else { throw .tooManyScopes(scopes.count, field: "scopes") }
    let parsed = scopes.compactMap { Scope($0) }
    guard parsed.count == scopes.count else { throw .unknownScopes(scopes.filter { Scope($0) == nil }) }
    return .scopes(parsed)
  }

  /// A digest of everything that was asked for: the same for a request that is sent again. It is kept, so what it is
  /// made of must not change; "1" leaves room for another way.
  package var fingerprint: Digest {
    let granted =
      switch grant {
      case .scopes(let scopes): scopes.map(\.description).joined(separator: " ")
      case .permissionSet(let name): "set \(name)"
      }
    let end =
      switch expiry {
      case .unspecified: ""
      case .never: "never"
      case .at(let moment): String(moment.seconds)
      }
    let fields = ["1", tenant.org, tenant.tenant, name, description, granted, end]
    let text = fields.map { "\($0.utf8.count):\($0)" }.joined()
    return Digest(hashing: Array(text.utf8).span)
  }
}

extension Refusal {
  /// A list has more scopes than can be registered.
  package static func tooManyScopes(_ count: Int, field: String) -> Refusal {
    Refusal(
      .invalid, "TOO_MANY_SCOPES", field,
      "\(field) has \(count) entries; at most \(ScopeSet.capacity) can exist: name each once")
  }

  /// Names each scope that is not registered, cut to a length that fits a log line.
  package static func unknownScopes(_ names: [String]) -> Refusal {
    let shown = names.prefix(20).map { "'\(PrintableText.shown($0, mostBytes: Scope.mostBytes))'" }
    let rest = names.count > 20 ? " and \(names.count - 20) more" : ""
    return Refusal(
      .invalid, "UNKNOWN_SCOPE", "scopes",
      "scopes names what is not registered: \(shown.joined(separator: ", "))\(rest); list permissions to see what is")
  }
}
