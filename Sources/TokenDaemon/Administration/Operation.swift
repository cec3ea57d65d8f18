// One administration call, from its checked fields to its reply.

internal import Store
internal import Tokens
internal import Wire

/// A verb of the administration API. A worker makes it of a request, which checks the request's own fields; the journal
/// runs it, which checks everything else.
protocol Operation: Sendable {
  associatedtype Request: Message
  associatedtype Reply: Message

  static var method: Method<Request, Reply> { get }

  /// Whether the worker mints a secret for it, which goes into field 2 of the reply and nowhere else.
  static var mintsSecret: Bool { get }

  /// Whether it is served on both sockets, as it takes a secret instead of a right.
  static var isByPossession: Bool { get }

  /// Whether it takes rights away: it is carried out on a full disk too.
  static var isUrgent: Bool { get }

  /// What the caller must be allowed. It is checked before `run`, by the grants of that moment.
  var demand: Demand { get }

  /// - Throws: a refusal that names the field.
  init(_ request: Request, _ arrival: Arrival) throws(Refusal)

  /// Carries it out. A refusal must leave the open transaction as it was.
  /// - Throws: what the store met; of a damaged database the call alone is refused.
  func run(_ work: Work) throws(SQLiteError) -> Result<Reply, Refusal>
}

extension Operation {
  static var mintsSecret: Bool { false }
  static var isByPossession: Bool { false }
  static var isUrgent: Bool { false }
}

/// What a worker adds to a request.
struct Arrival {
  let now: Instant
  let format: TokenFormat
  /// Of the secret, if one was minted.
  let minted: TokenStore.Credential?
}

/// What an operation demands of its caller.
enum Demand: Sendable {
  case role(Role, Realm)
  /// The role where the token of that id is bound, which is in the tenant if one is given. A token that the caller may
  /// not see is unknown to it.
  case roleAtToken(Role, id: String, in: TenantName?)
  /// Any role anywhere: the operation shows only what the caller may see.
  case anyRole
  /// No right: the request itself bears what it takes.
  case nothing
}

/// What the journal lends to an operation that it runs.
final class Work {
  let store: TokenStore
  let index: LiveIndex
  let now: Instant
  let caller: Caller
  /// What the caller may do, by the grants as they are now.
  let rights: Rights
  /// Who may do everything without a grant.
  let operators: [String]
  /// The last refusals for want of rights.
  let denials: DenialRing
  let backups: BackupDesk
  /// What is to become visible once the transaction is durable.
  var changes: [LiveIndex.Change] = []
  /// Whether the secret that was minted for it is not to be shown, as it is no token's.
  var withholdsSecret = false

  init(
    store: TokenStore, index: LiveIndex, now: Instant, caller: Caller, operators: [String], denials: DenialRing,
    backups: BackupDesk
  ) {
    self.store = store
    self.index = index
    self.now = now
    self.caller = caller
    self.operators = operators
    self.denials = denials
    self.backups = backups
    rights = Rights(of: caller, grants: store.grants(of: caller.principals))
  }

  /// The refusal, or nil if the caller may do what is demanded.
  func refusal(of demand: Demand) throws(SQLiteError) -> Refusal? {
    let needed: (role: Role, realm: Realm)
    switch demand {
    case .nothing: return nil
    case .anyRole: return rights.isEmpty ? rights.refusal(of: .viewer, in: .everything) : nil
    case .role(let role, let realm): needed = (role, realm)
    case .roleAtToken(let role, let id, let tenant):
      if rights.isEmpty { return rights.refusal(of: role, in: .everything) }
      // Of one that is not there, the operation says so itself.
      guard let name = try store.tenant(ofToken: id), tenant == nil || tenant == name else { return nil }
      guard rights.include(.viewer, in: .tenant(name)) else { return .unknownToken(id) }
      needed = (role, .tenant(name))
    }
    return rights.include(needed.role, in: needed.realm) ? nil : rights.refusal(of: needed.role, in: needed.realm)
  }
}
