// What the journal is asked to do, and what it says.

internal import Tokens

/// A change or a question, its own fields checked.
enum Order: Sendable {
  case addTenant(TenantName)
  case createToken(TokenDraft, id: String, digest: Digest)
  case revokeToken(id: String, tenant: TenantName?, reason: String)
  case getToken(id: String, tenant: TenantName?)
  case listTokens(TenantName, scope: Scope?, below: UInt32, most: Int)
  case listTenants(org: String?, after: TenantName?, most: Int)
  case listPermissions(org: String)
  case listPermissionSets(org: String)

  var isChange: Bool {
    switch self {
    case .addTenant, .createToken, .revokeToken: true
    default: false
    }
  }
}

/// What became of an order.
enum Outcome: Sendable {
  case tenantAdded(Tenant, revision: UInt64)
  case tokenCreated(Token, revision: UInt64)
  case tokenRevoked(Token, revision: UInt64)
  case token(Token)
  /// `next` is the last item's key if there are more.
  case tokens([Token], next: UInt32?)
  case tenants([Tenant], next: TenantName?)
  case permissions([(resource: String, scopes: [Scope])])
  case permissionSets([(set: PermissionSet, scopes: [Scope])])
  case refused(Refusal)
  /// It can't be said whether the change was made; the daemon is about to restart and will know.
  case unknown
}

/// Whom an outcome is for.
struct Origin: Sendable {
  let worker: Int
  let connection: UInt64
  let stream: UInt32
}

/// An order on its way to the journal.
struct Entry: Sendable {
  let origin: Origin
  /// The principal, as the audit trail names it.
  let actor: String
  /// After it, the order is refused rather than carried out.
  let deadline: ContinuousClock.Instant?
  let order: Order
}

/// An outcome on its way back.
struct Receipt: Sendable {
  let origin: Origin
  let outcome: Outcome
}
