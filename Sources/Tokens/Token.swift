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
  /// The id of the token that it was rotated from, and of the one that took its place.
  package var predecessor: String?
  package var successor: String?
  /// When it was last allowed, as far as that has been written down; nil for never.
  package var lastUsed: Instant?
  /// Those of its scopes that an allowed request ever required, in order of registration.
  package var exercised: [Scope] = []

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

  /// What people call its state at a moment.
  package func standing(at now: Instant) -> Standing { Standing(state, expiry: expiry, at: now) }
}

/// A token's state, with expiry read off the clock. Raw values are those of `tokend.v1.Token.State`.
package enum Standing: UInt8, Sendable, CaseIterable {
  case active = 1
  case disabled = 2
  case revoked = 3
  case expired = 4

  package init(_ state: TokenState, expiry: Instant, at now: Instant) {
    switch state {
    case .revoked: self = .revoked
    case .disabled: self = .disabled
    case .active: self = now < expiry ? .active : .expired
    }
  }

  /// How requests and people spell it.
  package var name: String { "\(self)" }
}
