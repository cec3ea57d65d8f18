// What is done to a store, by a seed, and what must be there afterwards.

import Seeded
import Store
import Tokens

/// Transactions of a few changes each, as the journal makes them.
struct Script {
  static let now = Instant(seconds: 1_800_000_000)
  static let tenants = [TenantName(stored: "acme", "prod"), TenantName(stored: "acme", "dev")]
  private static let scopes = [["pipeline:read"], ["pipeline:read", "pipeline:write"], ["metrics:read"]]
  private static let rights = Rights(of: Caller(uid: 0, gids: [], isOperator: true), grants: [])

  /// What one transaction made and revoked, by name.
  struct Step {
    var made: [String] = []
    var revoked: [String] = []
  }

  private let seed: UInt64
  private(set) var done: [Step] = []
  /// Begun, and not known to be done: all of it or nothing is there.
  private var open: Step?
  /// Known not to be done.
  private var refused: [Step] = []

  var acknowledged: Int { done.reduce(0) { $0 + $1.made.count + $1.revoked.count } }

  init(seed: UInt64) { self.seed = seed }

  /// Plays until its end, or until an error after which the daemon would end.
  mutating func play(on store: TokenStore) { play(on: store, 0..<8) }

  /// Finds out what became of what was open, and plays on: what has been seen from here on must stay.
  mutating func goOn(on store: TokenStore) throws {
    if let open {
      let isDone =
        try open.made.allSatisfy { try state(of: $0, in: store) != nil }
        && open.revoked.allSatisfy { try state(of: $0, in: store) == .revoked }
      if isDone { done.append(open) } else { refused.append(open) }
      self.open = nil
    }
    play(on: store, 8..<12)
  }

  private mutating func play(on store: TokenStore, _ numbers: Range<Int>) {
    var random = SeededRandom(seed: seed)
    var live: [String] = []
    for number in numbers {
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
        // As the journal does.
        guard error.leavesNothing else { return }
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

  /// Where a token is valid, and for what: by its name, so that neighbours differ.
  static func place(of name: String) -> (tenant: TenantName, scopes: [String]) {
    let number = name.utf8.reduce(0) { $0 + Int($1) }
    return (tenants[number % tenants.count], scopes[number % scopes.count])
  }

  private static func create(_ name: String, in store: TokenStore) throws(SQLiteError) {
    let (tenant, scopes) = place(of: name)
    let draft: TokenDraft
    do throws(Refusal) {
      draft = try TokenDraft(
        tenant: tenant, name: name, description: String(repeating: "d", count: 200), scopes: scopes,
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
      if let problem = try store.audit.problem() { found.append("the audit trail: \(problem)") }
      if let disagreement = try store.disagreementWithTrail() { found.append(disagreement) }
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

  private func state(of name: String, in store: TokenStore) throws(SQLiteError) -> TokenState? {
    try store.token(digest: Digest(hashing: Array(name.utf8).span))?.state
  }
}
