// What a copy of the database holds, a backup's or one that is to be restored.

internal import Linux
internal import Store

/// Reading copies, which nobody else works on.
enum DatabaseCopy {
  /// Opens a copy as a daemon would, which brings it to the newest schema, reads each token as that would, and checks all of
  /// it.
  static func verify(_ path: String) throws(StartFailure) -> (tokens: Int, revision: UInt64) {
    let store = try open(path)
    let found = try examine(store)
    try store.finish()
    return found
  }

  static func examine(_ store: TokenStore) throws(StartFailure) -> (tokens: Int, revision: UInt64) {
    try store.checkIntegrity()
    try readTokens(store)
    let (rule, problem, disagreement): (String?, String?, String?)
    do throws(SQLiteError) {
      rule = try store.unsoundRule()
      problem = try store.audit.problem()
      disagreement = try store.disagreementWithTrail()
    } catch {
      throw StartFailure(error)
    }
    if let rule { throw .damaged(rule) }
    if let problem { throw .damaged("its audit trail is broken: \(problem)") }
    if let disagreement { throw .damaged(disagreement) }
    return (try store.tokenCount(), store.audit.revision)
  }

  /// - Throws: if there is a token that a start would not take.
  private static func readTokens(_ store: TokenStore) throws(StartFailure) {
    do {
      let scopeSets = try store.scopeSets()
      try store.forEachToken { token, id, _ in
        guard scopeSets[token.scopeSet] != nil else { throw StartFailure.unsoundScopes(ofToken: id) }
      }
    } catch let error as SQLiteError {
      throw StartFailure(error)
    } catch {
      throw error as? StartFailure ?? .damaged("\(error)")
    }
  }

  /// The last event of a copy's trail, and the chain as of that.
  static func endOfTrail(_ path: String) throws(StartFailure) -> (revision: UInt64, chain: [UInt8]) {
    let audit = try open(path).audit
    return (audit.revision, audit.chain)
  }

  /// The chain of a copy's trail as of an event; nil if there is none of that number.
  static func chain(_ path: String, at revision: UInt64) throws(StartFailure) -> [UInt8]? {
    let store = try open(path)
    let chain: [UInt8]?
    do throws(SQLiteError) { chain = try store.audit.chain(at: revision) } catch { throw StartFailure(error) }
    try store.finish()
    return chain
  }

  static func open(_ path: String) throws(StartFailure) -> TokenStore {
    let found: Int?
    do throws(Errno) { found = try System.regularFileBytes(path) } catch { throw .system("\(error)") }
    guard let bytes = found else { throw .system("it is gone") }
    try StateDirectory.check(bytes: bytes)
    return try TokenStore(path: path, vfs: nil)
  }
}
