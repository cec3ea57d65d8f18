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

  /// - Throws: a refusal that names the field.
  init(_ request: Request, _ arrival: Arrival) throws(Refusal)

  /// Carries it out. A refusal must leave the open transaction as it was.
  /// - Throws: if the store failed, which ends the daemon if it was a change.
  func run(_ work: Work) throws(SQLiteError) -> Result<Reply, Refusal>
}

extension Operation {
  static var mintsSecret: Bool { false }
}

/// What a worker adds to a request.
struct Arrival {
  let now: Instant
  /// Of the secret, if one was minted: its public id and digest.
  let minted: (id: String, digest: Digest)?
}

/// What the journal lends to an operation that it runs.
final class Work {
  let store: TokenStore
  let index: LiveIndex
  let now: Instant
  /// The principal, as the audit trail names it.
  let actor: String
  /// What is to become visible once the transaction is durable.
  var changes: [LiveIndex.Change] = []

  init(store: TokenStore, index: LiveIndex, now: Instant, actor: String) {
    self.store = store
    self.index = index
    self.now = now
    self.actor = actor
  }
}
