// Whether a copy of the database is worth keeping.

internal import Linux
internal import Store
private import Synchronization

/// Reads all of a copy on a thread of its own, which gives way to all others: a backup of a damaged database would take the
/// place of a good one, and be found useless when it is needed.
final class CopyCheck {
  private final class Answer: Sendable {
    let held = Mutex<Result<Void, StartFailure>?>(nil)
    private let isWanted = Atomic(true)
    /// Held while files are made beside the copy.
    private let making = Mutex(())

    var isUnwanted: Bool { !isWanted.load(ordering: .relaxed) }

    /// - Throws: what `body` does, or that nobody wants the copy any more.
    func make(_ body: () throws(StartFailure) -> Void) throws(StartFailure) {
      try making.withLock { _ throws(StartFailure) in
        guard !isUnwanted else { throw .unfinished("its backup has ended") }
        try body()
      }
    }

    func stop() { isWanted.store(false, ordering: .relaxed) }
    func awaitMaking() { making.withLock { _ in } }
  }

  private let answer = Answer()

  /// Begins to check the copy at `path`, and calls `tell` on its thread when `result` is there.
  init(of path: String, whenEnded tell: @escaping @Sendable () -> Void) throws(Errno) {
    let thread = try Linux.Thread(named: "tokend-check") { [answer] in
      Linux.Thread.takeTurns(of: Limits.threadSlice, nicerBy: Limits.checkNiceness)
      let result: Result<Void, StartFailure>
      do throws(StartFailure) {
        var store: TokenStore?
        try answer.make { () throws(StartFailure) in store = try Self.open(path) }
        if let store {
          store.stop { [answer] in answer.isUnwanted }
          _ = try Self.examine(store)
          try answer.make { () throws(StartFailure) in try store.finish() }
        }
        result = .success(())
      } catch {
        result = .failure(error)
      }
      answer.held.withLock { $0 = result }
      tell()
    }
    // Whoever waited for it to end would wait as one of its rank.
    thread.detach()
  }

  /// What came of it; nil while it runs.
  var result: Result<Void, StartFailure>? { answer.held.withLock { $0 } }

  /// Has it end soon: nobody wants the copy.
  func stop() { answer.stop() }

  /// Has it end soon, and make no file beside the copy from now on, which is to be removed. Waits for one that it is making.
  func giveUp() {
    answer.stop()
    answer.awaitMaking()
  }

  /// Opens a copy as a daemon would, which brings it to the newest schema, reads each token as that would, and checks all of
  /// it.
  static func verify(_ path: String) throws(StartFailure) -> (tokens: Int, revision: UInt64) {
    let store = try open(path)
    let found = try examine(store)
    try store.finish()
    return found
  }

  private static func examine(_ store: TokenStore) throws(StartFailure) -> (tokens: Int, revision: UInt64) {
    try store.checkIntegrity()
    try readTokens(store)
    let (problem, disagreement): (String?, String?)
    do throws(SQLiteError) {
      problem = try store.audit.problem()
      disagreement = try store.disagreementWithTrail()
    } catch {
      throw StartFailure(error)
    }
    if let problem { throw .damaged("its audit trail is broken: \(problem)") }
    if let disagreement { throw .damaged(disagreement) }
    return (try store.tokenCount(), store.audit.revision)
  }

  /// - Throws: if there is a token that a start would not take.
  private static func readTokens(_ store: TokenStore) throws(StartFailure) {
    do { try store.forEachToken { _, _, _ in } } catch let error as SQLiteError {
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

  private static func open(_ path: String) throws(StartFailure) -> TokenStore {
    let found: Int?
    do throws(Errno) { found = try System.regularFileBytes(path) } catch { throw .system("\(error)") }
    guard let bytes = found else { throw .system("it is gone") }
    try StateDirectory.check(bytes: bytes)
    return try TokenStore(path: path, vfs: nil)
  }
}
