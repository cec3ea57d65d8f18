// The writer thread. Law: durable, then visible, then answered.

internal import Index
internal import Linux
internal import Store
internal import Tokens
private import Wire

/// Owns the store and the index's writer. It takes what has gathered in its mailbox, makes all the changes in one
/// transaction, commits, applies them to the index, and only then posts the outcomes; questions are answered after the
/// commit. Runs on one thread.
struct Journal: ~Copyable {
  private let store: TokenStore
  private var index: IndexWriter
  private let mailbox: Mailbox<Entry>
  private let clock: @Sendable () -> Instant

  /// What a committed change does to the index.
  private enum Effect {
    case add(TokenStore.Created, Digest)
    case revoke(Digest)
  }

  /// Why the journal, and with it the daemon, stopped.
  struct Failure: Error {
    let why: String
  }

  init(
    store: TokenStore, index: consuming IndexWriter, mailbox: Mailbox<Entry>, clock: @escaping @Sendable () -> Instant
  ) {
    self.store = store
    self.index = index
    self.mailbox = mailbox
    self.clock = clock
  }

  /// Reads the whole store into a new index. A token that was revoked long ago is only listed: its verdict is then
  /// UNKNOWN instead of REVOKED, and its slot is saved.
  static func loadIndex(from store: TokenStore, seed: UInt64, now: Instant) throws -> IndexWriter {
    let forgotten = Instant(seconds: now.seconds - Limits.revokedTokenSeconds)
    var index = try IndexWriter(expecting: try store.tokenCount(), seed: seed)
    for (number, scope) in store.catalog.scopes { try index.register(scope: scope.description, number: number) }
    try store.forEachToken { token in
      let record = IndexWriter.Record(
        digest: token.digest, ordinal: token.ordinal, tenant: token.tenant,
        scopes: scopeSet(token.scopes, store.catalog), state: token.state, expiry: token.expiry)
      let binding = { ValidateParts.binding(token.tenant) }
      let scopes = { ValidateParts.scopes(token.scopes) }
      if let revoked = token.revoked, revoked < forgotten {
        try index.list(record, binding: binding, scopes: scopes)
      } else {
        try index.insert(
          record, label: ValidateParts.label(id: token.id, name: token.name), binding: binding, scopes: scopes)
      }
    }
    index.publish(revision: store.audit.revision)
    return index
  }

  private static func scopeSet(_ scopes: [Scope], _ catalog: Catalog) -> ScopeSet {
    var set = ScopeSet()
    for scope in scopes { if let number = catalog.number(of: scope) { set.insert(number) } }
    return set
  }

  /// Works until the mailbox is closed and empty, or until the disk fails.
  mutating func run(post: ([Receipt]) -> Void) throws(Failure) {
    while !mailbox.isClosedAndEmpty {
      let entries = mailbox.take(most: Limits.journalBatch)
      if entries.isEmpty {
        do throws(Errno) { try mailbox.wakeup.wait() } catch { throw Failure(why: error.description) }
      } else {
        try work(entries, post: post)
      }
    }
  }

  private mutating func work(_ entries: [Entry], post: ([Receipt]) -> Void) throws(Failure) {
    let now = clock()
    let moment = ContinuousClock.now
    var receipts: [Receipt] = []
    var changes: [Entry] = []
    var questions: [Entry] = []
    for entry in entries {
      if let deadline = entry.deadline, deadline <= moment {
        receipts.append(Receipt(origin: entry.origin, outcome: .refused(.deadlinePassed)))
      } else if entry.order.isChange {
        changes.append(entry)
      } else {
        questions.append(entry)
      }
    }
    if !changes.isEmpty {
      do throws(SQLiteError) {
        receipts += try change(changes, at: now)
      } catch {
        // Whether the transaction is on the disk cannot be known: nobody may be told either way.
        post(receipts + changes.map { Receipt(origin: $0.origin, outcome: .unknown) })
        throw Failure(
          why: "a change could not be written (\(error)): stopping, so that a restart reads what the disk has")
      }
    }
    for entry in questions { receipts.append(Receipt(origin: entry.origin, outcome: answer(entry.order))) }
    post(receipts)
  }

  // MARK: Changes

  /// Carries out all of `entries` in one transaction.
  /// - Throws: if it is not known whether they are on the disk, or they could not be made visible.
  private mutating func change(_ entries: [Entry], at now: Instant) throws(SQLiteError) -> [Receipt] {
    var receipts: [Receipt] = []
    var effects: [Effect] = []
    do throws(SQLiteError) {
      try store.begin()
      for entry in entries {
        let outcome = try apply(entry, at: now, &effects)
        receipts.append(Receipt(origin: entry.origin, outcome: outcome))
      }
      try store.commit()
    } catch {
      guard error.isFull else { throw error }
      try store.rollBack()
      return entries.map { Receipt(origin: $0.origin, outcome: .refused(.diskFull)) }
    }
    do throws(IndexWriter.Failure) {
      try show(effects)
    } catch {
      // Committed but not to be seen: a restart makes room or says why not.
      throw SQLiteError(code: 7, message: error.description)
    }
    return receipts
  }

  private func apply(_ entry: Entry, at now: Instant, _ effects: inout [Effect]) throws(SQLiteError) -> Outcome {
    switch entry.order {
    case .addTenant(let name):
      switch try store.add(name, actor: entry.actor, at: now) {
      case .success(let added): return .tenantAdded(added.tenant, revision: added.revision)
      case .failure(let refusal): return .refused(refusal)
      }
    case .createToken(let draft, let id, let digest):
      switch try store.create(draft, id: id, digest: digest, actor: entry.actor, at: now) {
      case .success(let created):
        effects.append(.add(created, digest))
        return .tokenCreated(created.token, revision: created.revision)
      case .failure(let refusal): return .refused(refusal)
      }
    case .revokeToken(let id, let tenant, let reason):
      switch try store.revoke(id: id, in: tenant, reason: reason, actor: entry.actor, at: now) {
      case .success(let revoked):
        effects.append(.revoke(revoked.digest))
        return .tokenRevoked(revoked.token, revision: revoked.revision)
      case .failure(let refusal): return .refused(refusal)
      }
    default: return answer(entry.order)
    }
  }

  private mutating func show(_ effects: [Effect]) throws(IndexWriter.Failure) {
    for effect in effects {
      switch effect {
      case .add(let created, let digest):
        let token = created.token
        try index.insert(
          IndexWriter.Record(
            digest: digest, ordinal: created.ordinal, tenant: token.tenant,
            scopes: Self.scopeSet(token.scopes, store.catalog), state: token.state, expiry: token.expiry),
          label: ValidateParts.label(id: token.id, name: token.name),
          binding: { ValidateParts.binding(token.tenant) },
          scopes: { ValidateParts.scopes(token.scopes) })
      case .revoke(let digest):
        index.setState(.revoked, of: digest)
      }
    }
    index.publish(revision: store.audit.revision)
  }

  // MARK: Questions

  private func answer(_ order: Order) -> Outcome {
    do throws(SQLiteError) {
      return try read(order)
    } catch {
      Log.error("a question could not be read from the store: \(error)")
      return .refused(
        Refusal(.unavailable, "STORE_UNREADABLE", "", "the store could not be read: see the daemon's log"))
    }
  }

  private func read(_ order: Order) throws(SQLiteError) -> Outcome {
    switch order {
    case .getToken(let id, let tenant):
      switch try store.token(id: id, in: tenant) {
      case .success(let token): return .token(token)
      case .failure(let refusal): return .refused(refusal)
      }
    case .listTokens(let tenant, let scope, let bound, let most):
      return try tokens(of: tenant, holding: scope, below: bound, most: most)
    case .listTenants(let org, let last, let most):
      let found = try store.tenants(org: org, after: last, most: most + 1)
      return .tenants(Array(found.prefix(most)), next: found.count > most ? found[most - 1].name : nil)
    case .listPermissions(let org):
      if let refusal = try unknownOrg(org) { return .refused(refusal) }
      return .permissions(store.catalog.byResource)
    case .listPermissionSets(let org):
      if let refusal = try unknownOrg(org) { return .refused(refusal) }
      return .permissionSets(store.catalog.permissionSets.map { ($0, store.catalog.expand($0)) })
    case .addTenant, .createToken, .revokeToken:
      return .refused(Refusal(.unavailable, "NOT_A_QUESTION", "", "a change was taken for a question"))
    }
  }

  private func tokens(
    of tenant: TenantName, holding scope: Scope?, below bound: UInt32, most: Int
  ) throws(SQLiteError) -> Outcome {
    let found: [(ordinal: UInt32, token: Token)]
    if let scope {
      if let refusal = try store.checkRegistered(tenant) { return .refused(refusal) }
      guard let number = store.catalog.number(of: scope) else {
        return .refused(.unknownScopes([scope.description]))
      }
      let ordinals = index.ordinals(of: tenant, holding: number, below: bound, most: most + 1)
      found = try store.tokens(withOrdinals: ordinals)
    } else {
      switch try store.tokens(of: tenant, below: bound, most: most + 1) {
      case .success(let tokens): found = tokens
      case .failure(let refusal): return .refused(refusal)
      }
    }
    return .tokens(found.prefix(most).map(\.token), next: found.count > most ? found[most - 1].ordinal : nil)
  }

  private func unknownOrg(_ org: String) throws(SQLiteError) -> Refusal? {
    if org.isEmpty { return nil }
    if try store.knows(org: org) { return nil }
    return Refusal(
      .notFound, "UNKNOWN_ORG", "org_id", "organization '\(org)' has no tenants: add one, or list the tenants there are"
    )
  }
}

extension Refusal {
  static let deadlinePassed = Refusal(
    .deadline, "DEADLINE_PASSED", "", "the call's deadline passed before it was begun: nothing was changed")
  static let diskFull = Refusal(
    .exhausted, "DISK_FULL", "",
    "the disk is full: nothing was changed; free some space in the state directory's file system")
}
