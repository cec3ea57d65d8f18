// What damage has left of what a script did.

import Store
import Tokens

extension Script {
  /// What is left of it.
  enum Survival {
    /// The store says that it is damaged.
    case refused
    case exact
    /// Everything up to some transaction.
    case prefix
    /// Some tokens are not what they were, and none is valid that was not.
    case poorer
    /// A token is valid that was not.
    case richer(String)
  }

  /// What verdicts on a token go by.
  private struct Validity: Equatable {
    let tenant: TenantName?
    let scopes: ScopeSet?
    var state: TokenState
    var expiry = Instant.never

    /// Whether it lets something pass that `other` does not.
    func isRicher(than other: Validity?) -> Bool {
      guard state == .active else { return false }
      guard let other, other.state == .active else { return true }
      return tenant != other.tenant || scopes != other.scopes || expiry > other.expiry
    }
  }

  /// Reads the database at `path` as a daemon does at its start, and compares everything that verdicts go by.
  func survival(in path: String) -> Survival {
    var found: [String: Validity] = [:]
    var isAltered = false
    let catalog: Catalog
    do {
      let store = try TokenStore(path: path, vfs: "faulty")
      catalog = store.catalog
      let names = Dictionary(
        uniqueKeysWithValues: done.flatMap(\.made).map { (Digest(hashing: Array($0.utf8).span), $0) })
      let (tenants, sets) = (try store.tenants(), try store.scopeSets())
      try store.forEachToken { (record, _, _) throws(Never) in
        // One of another digest is nobody's: there is no secret for it.
        guard let name = names[record.digest] else { return isAltered = true }
        found[name] = Validity(
          tenant: tenants[record.tenant], scopes: sets[record.scopeSet], state: record.state, expiry: record.expiry)
      }
    } catch {
      return .refused
    }
    var expected: [String: Validity] = [:]
    var isPrefix = found.isEmpty
    for step in done {
      for name in step.made {
        let (tenant, scopes) = Self.place(of: name)
        expected[name] = Validity(
          tenant: tenant, scopes: catalog.set(of: scopes.compactMap { Scope($0) }), state: .active)
      }
      for name in step.revoked { expected[name]?.state = .revoked }
      if expected == found { isPrefix = true }
    }
    if isPrefix, !isAltered { return expected == found ? .exact : .prefix }
    let richer = found.filter { $0.value.isRicher(than: expected[$0.key]) }.keys.sorted()
    return richer.isEmpty ? .poorer : .richer("\(richer) became valid, elsewhere, for more or for longer")
  }
}
