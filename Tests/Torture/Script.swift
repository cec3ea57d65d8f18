// What is done to a store, by a seed, and what must be there afterwards.

import Seeded
import Store
import Tokens

/// Transactions of a few changes each, as the journal makes them.
struct Script {
  static let now = Instant(seconds: 1_800_000_000)
  static let tenant = TenantName(stored: "acme", "prod")
  private static let rights = Rights(of: Caller(uid: 0, gids: [], isOperator: true), grants: [])

  /// What one transaction made and revoked, by name.
  private struct Step {
    var made: [String] = []
    var revoked: [String] = []
  }

  private let seed: UInt64
  private var done: [Step] = []
  /// Begun, and not known to be done: all of it or nothing is there.
  private var open: Step?
  /// Known not to be done.
  private var refused: [Step] = []

  var acknowledged: Int { done.reduce(0) { $0 + $1.made.count + $1.revoked.count } }

  init(seed: UInt64) { self.seed = seed }

  /// Plays until its end, or until an error after which the daemon would end.
  mutating func play(on store: TokenStore) {
    var random = SeededRandom(seed: seed)
    var live: [String] = []
    for number in 0..<8 {
      var step = Step()
      for change in 0..<(1 + random.below(3)) {
        if !live.isEmpty, random.below(3) == 0 {
          step.revoked.append(live.remove(at: random.below(live.count)))
        } else {
          step.made.append("t\(number)-\(change)")
        }
      }
      do throws(SQLiteError) {
        try store.begin()
        open = step
        for name in step.made { try Self.create(name, in: store) }
        for name in step.revoked {
          _ = try store.revoke(
            id: name, in: nil, Revocation.Cause(stored: "leaked", ""), actor: "uid:0", at: Self.now)
        }
        try store.commit()
        done.append(step)
        live += step.made
        open = nil
      } catch {
        // As the journal does: of a full disk it is known that nothing was written, of all else nothing is known.
        guard error.isFull else { return }
        do throws(SQLiteError) { try store.rollBack() } catch { return }
        refused.append(step)
        live += step.revoked
        open = nil
      }
      // The log moves into the database now and then.
      if random.below(4) == 0 {
        do throws(StartFailure) { try store.finish() } catch { return }
      }
    }
  }

  private static func create(_ name: String, in store: TokenStore) throws(SQLiteError) {
    let draft: TokenDraft
    do throws(Refusal) {
      draft = try TokenDraft(
        tenant: tenant, name: name, description: String(repeating: "d", count: 200), scopes: ["pipeline:read"],
        permissionSet: "", expiry: TokenDraft.Expiry(seconds: 0, never: true, now: now), requestID: "")
    } catch {
      fatalError("the script has a draft that is refused: \(error)")
    }
    let digest = Digest(hashing: Array(name.utf8).span)
    let made = try store.create(draft, TokenStore.Credential(id: name, digest: digest), by: rights, at: now)
    if case .failure(let refusal) = made { fatalError("the script is refused: \(refusal)") }
  }

  /// What is not as it must be in the database at `path`.
  func violations(in path: String) -> [String] {
    do {
      let store = try TokenStore(path: path, vfs: "faulty")
      try store.checkIntegrity()
      var found: [String] = []
      let verified = try store.audit.verify(
        after: AuditStore.Verification.nothing.revision, chain: AuditStore.Verification.nothing.chain, most: .max)
      if let problem = verified.problem { found.append("the audit trail: \(problem)") }
      let revokedLater = Set(open?.revoked ?? [])
      let revoked = Set(done.flatMap(\.revoked))
      for name in done.flatMap(\.made) {
        guard let state = try state(of: name, in: store) else {
          found.append("\(name) was acknowledged and is missing")
          continue
        }
        if revoked.contains(name) != (state == .revoked), !revokedLater.contains(name) {
          found.append("\(name) is \(state)")
        }
      }
      for name in refused.flatMap(\.made) where try state(of: name, in: store) != nil {
        found.append("\(name) was refused and is there")
      }
      if let open {
        var isDone = Set<Bool>()
        for name in open.made { isDone.insert(try state(of: name, in: store) != nil) }
        for name in open.revoked { isDone.insert(try state(of: name, in: store) == .revoked) }
        if isDone.count > 1 { found.append("half of a transaction is there: \(open.made), \(open.revoked)") }
      }
      return found
    } catch {
      return ["\(error)"]
    }
  }

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

  /// Reads the database at `path` as a daemon does at its start, and compares everything that verdicts go by.
  func survival(in path: String) -> Survival {
    var states: [String: TokenState] = [:]
    var isAltered = false
    do {
      let store = try TokenStore(path: path, vfs: "faulty")
      let names = Dictionary(
        uniqueKeysWithValues: done.flatMap(\.made).map { (Digest(hashing: Array($0.utf8).span), $0) })
      try store.forEachToken { (record, _, _) throws(Never) in
        // One of another digest is nobody's: there is no secret for it.
        if let name = names[record.digest] { states[name] = record.state } else { isAltered = true }
        if record.expiry != .never { isAltered = true }
      }
      _ = try store.tenants()
      _ = try store.scopeSets()
    } catch {
      return .refused
    }
    var expected: [String: TokenState] = [:]
    var isPrefix = states.isEmpty
    for step in done {
      for name in step.made { expected[name] = .active }
      for name in step.revoked { expected[name] = .revoked }
      if expected == states { isPrefix = true }
    }
    if isPrefix, !isAltered { return expected == states ? .exact : .prefix }
    let richer = states.filter { $0.value == .active && expected[$0.key] != .active }.keys.sorted()
    return richer.isEmpty ? .poorer : .richer("\(richer) became valid")
  }

  private func state(of name: String, in store: TokenStore) throws(SQLiteError) -> TokenState? {
    try store.token(digest: Digest(hashing: Array(name.utf8).span))?.state
  }
}
