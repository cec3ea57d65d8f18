// Which tokens of a tenant are meant.

/// A filter over a tenant's tokens; what is not set lets everything through.
package struct TokenFilter: Sendable, Equatable {
  package var standings: Set<Standing> = []
  package var namePrefix = ""
  package var nameContains = ""
  /// The principal as a token has it, such as "uid:1000".
  package var creator = ""
  package var scope: Scope?
  package var permissionSet = ""
  /// Live tokens that expire before this moment.
  package var expiringBefore: Instant?
  /// Tokens that are older than this moment and were not allowed since.
  package var unusedSince: Instant?

  package init() {}

  /// Reads the fields of a request.
  /// - Parameters:
  ///   - standings: by name, such as "active".
  ///   - scope: empty for none.
  package init(
    standings: [String], namePrefix: String, nameContains: String, creator: String, scope: String,
    permissionSet: String, expiringBefore: Int64, unusedSince: Int64
  ) throws(Refusal) {
    for name in standings {
      guard let standing = Standing.allCases.first(where: { $0.name == name }) else {
        let known = Standing.allCases.map(\.name).joined(separator: ", ")
        throw Refusal(.invalid, "UNKNOWN_STATE", "states", "states names what is no state: choose of \(known)")
      }
      self.standings.insert(standing)
    }
    guard scope.isEmpty || Scope(scope) != nil else { throw .unknownScopes([scope]) }
    guard expiringBefore >= 0, unusedSince >= 0 else {
      throw Refusal(
        .invalid, "NEGATIVE_TIME", expiringBefore < 0 ? "expiring_before" : "unused_since",
        "a moment is before 1970: give seconds since then, or 0 for none")
    }
    self.namePrefix = namePrefix
    self.nameContains = nameContains
    self.creator = creator
    self.scope = Scope(scope)
    self.permissionSet = permissionSet
    self.expiringBefore = expiringBefore == 0 ? nil : Instant(seconds: expiringBefore)
    self.unusedSince = unusedSince == 0 ? nil : Instant(seconds: unusedSince)
  }

  package var isEmpty: Bool { self == TokenFilter() }

  /// Whether only `scope` is set.
  package var isOfScopeOnly: Bool {
    var rest = self
    rest.scope = nil
    return scope != nil && rest.isEmpty
  }

  /// Everything that makes this filter what it is, for page tokens.
  package var texts: [String] {
    [
      standings.map { String($0.rawValue) }.sorted().joined(), namePrefix, nameContains, creator,
      scope?.description ?? "", permissionSet, "\(expiringBefore?.seconds ?? 0)", "\(unusedSince?.seconds ?? 0)",
    ]
  }

  /// Whether `token` is meant, at a moment.
  package func matches(_ token: Token, at now: Instant) -> Bool {
    let standing = token.standing(at: now)
    guard standings.isEmpty || standings.contains(standing) else { return false }
    guard namePrefix.isEmpty || token.name.utf8.starts(with: namePrefix.utf8) else { return false }
    guard nameContains.isEmpty || contains(token.name) else { return false }
    guard creator.isEmpty || token.creator == creator else { return false }
    if let scope, !token.scopes.contains(scope) { return false }
    guard permissionSet.isEmpty || token.permissionSet == permissionSet else { return false }
    if let expiringBefore {
      guard standing == .active || standing == .disabled, now < token.expiry, token.expiry < expiringBefore else {
        return false
      }
    }
    if let unusedSince {
      guard token.created < unusedSince, token.lastUsed.map({ $0 < unusedSince }) ?? true else { return false }
    }
    return true
  }

  /// Byte by byte, so that no two readings of one text exist.
  private func contains(_ name: String) -> Bool {
    let (name, part) = (Array(name.utf8), Array(nameContains.utf8))
    guard part.count <= name.count else { return false }
    return (0...name.count - part.count).contains { name[$0..<$0 + part.count].elementsEqual(part) }
  }
}
