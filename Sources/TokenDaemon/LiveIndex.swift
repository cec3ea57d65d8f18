// The index as tokend fills it: tokens of the store go in, with the parts of replies beside them.

internal import Index
internal import Store
internal import Tokens
internal import Wire

/// The writer of the index. Owned by the journal's thread.
final class LiveIndex {
  private var writer: IndexWriter
  /// Who may validate for whom.
  let realms: PublishedRealms

  /// What a committed operation changes.
  enum Change {
    case insert(TokenStore.Created, Digest)
    /// A state or an expiry that has changed.
    case update(ChangedToken)
    /// Whose verdicts are limited to what.
    case grants
    /// Scopes that were registered, retired or restored.
    case catalog
  }

  /// Reads the whole store into a new index. A token that was revoked long ago is only listed: its verdict is then
  /// UNKNOWN instead of REVOKED, and its record is saved.
  init(loading store: TokenStore, seed: UInt64, now: Instant) throws {
    realms = PublishedRealms(ValidatorRealms(store.grants))
    let forgotten = Instant(seconds: now.seconds - Limits.revokedTokenSeconds)
    writer = try IndexWriter(expecting: try store.tokenCount(), seed: seed)
    let catalog = store.catalog
    for (number, scope) in catalog.scopes + catalog.retired {
      try writer.register(scope: scope.description, number: number)
    }
    for (_, scope) in catalog.retired { writer.set(retired: true, scope: scope.description) }
    var bindings: [Int64: UInt32] = [:]
    for (number, tenant) in try store.tenants() {
      bindings[number] = try writer.binding(to: tenant) { ValidateParts.binding(tenant) }
    }
    var scopeSets: [Int64: UInt32] = [:]
    for (number, set) in try store.scopeSets() {
      scopeSets[number] = try writer.scopeSet(of: set) { ValidateParts.scopes(catalog.scopes(in: set)) }
    }
    var label: [UInt8] = []
    try store.forEachToken { token, id, name in
      guard let binding = bindings[token.tenant] else {
        throw StartFailure.damaged("token \(token.ordinal) is of a tenant that is not there")
      }
      guard let scopeSet = scopeSets[token.scopeSet] else { throw StartFailure.unsoundScopes(ofToken: id) }
      if let revoked = token.revoked, revoked < forgotten {
        return writer.list(token.ordinal, binding: binding, scopeSet: scopeSet)
      }
      label.removeAll(keepingCapacity: true)
      ValidateParts.appendLabel(id: id, name: name, to: &label)
      try writer.insert(
        token.digest, ordinal: token.ordinal, binding: binding, scopeSet: scopeSet, state: token.state,
        expiry: token.expiry, label: label.span)
    }
    writer.publish(revision: store.audit.revision)
  }

  /// How many tokens are found by their digests.
  var tokens: Int { writer.tokens }

  /// What readers read.
  var published: PublishedIndex { writer.published }

  /// Makes changes visible, which must be durable, and then the revision of the last of them.
  func apply(_ changes: [Change], from store: TokenStore) throws(IndexWriter.Failure) {
    // What the store has at the end of the batch is read once, and before tokens that hold what is new.
    var (hasNewCatalog, hasNewGrants) = (false, false)
    for change in changes {
      if case .catalog = change { hasNewCatalog = true }
      if case .grants = change { hasNewGrants = true }
    }
    if hasNewCatalog { try readCatalog(store.catalog) }
    if hasNewGrants { realms.publish(ValidatorRealms(store.grants)) }
    for change in changes {
      switch change {
      case .insert(let created, let digest):
        let token = created.token
        let record = IndexWriter.Record(
          digest: digest, ordinal: created.ordinal, tenant: token.tenant, scopes: store.catalog.set(of: token.scopes),
          state: token.state, expiry: token.expiry)
        try writer.insert(
          record,
          label: ValidateParts.label(id: token.id, name: token.name),
          binding: { ValidateParts.binding(token.tenant) },
          scopes: { ValidateParts.scopes(store.catalog.scopes(in: record.scopes)) })
      case .update(let changed):
        guard writer.update(changed.digest, state: changed.token.state, expiry: changed.token.expiry) else {
          throw .missing("token \(changed.token.id)")
        }
      case .catalog, .grants: continue
      }
    }
    writer.publish(revision: store.audit.revision)
  }

  /// Knows new scopes, forgets retired ones, and says of each token only what it can still do.
  private func readCatalog(_ catalog: Catalog) throws(IndexWriter.Failure) {
    for (number, scope) in catalog.scopes { try writer.register(scope: scope.description, number: number) }
    try writer.renderScopeSets(
      retiring: catalog.retired.map(\.scope.description), restoring: catalog.scopes.map(\.scope.description)
    ) { ValidateParts.scopes(catalog.scopes(in: $0)) }
  }

  /// The store's numbers of the tokens of `tenant` that hold scope `number`, falling, beginning below `bound`.
  func ordinals(of tenant: TenantName, holding number: Int, below bound: UInt32, most: Int) -> [UInt32] {
    writer.ordinals(of: tenant, holding: number, below: bound, most: most)
  }
}

extension LiveIndex: TokenIndex {
  func entry(of digest: Digest, as token: Token) -> TokenStore.Indexed? {
    let reader = IndexReader(published)
    guard let entry = reader[digest] else { return nil }
    let (org, tenant) = (Array(token.tenant.org.utf8), Array(token.tenant.tenant.utf8))
    let (label, id) = (reader.text(reader.label(of: entry)), ValidateParts.id(token.id))
    return TokenStore.Indexed(
      isSame: reader.isBound(entry, org: org.span, tenant: tenant.span) && label.starts(with: id),
      ordinal: entry.ordinal, scopes: reader.scopeSet(of: entry), state: entry.state, expiry: entry.expiry)
  }

  func has(_ digest: Digest) -> Bool { IndexReader(published)[digest] != nil }

  func ordinals(of tenant: TenantName) -> [UInt32] { writer.ordinals(of: tenant) }
}

extension Span<UInt8> {
  fileprivate func starts(with bytes: [UInt8]) -> Bool {
    count >= bytes.count && bytes.indices.allSatisfy { self[$0] == bytes[$0] }
  }
}
