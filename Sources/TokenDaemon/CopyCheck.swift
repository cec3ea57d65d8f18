// Whether a copy of the database is worth keeping.

internal import Linux
internal import Store
private import Synchronization

/// Reads all of a copy on a thread of its own, which gives way to all others: a backup of a damaged database would take the
/// place of a good one, and be found useless when it is needed.
final class CopyCheck {
  private final class Answer: Sendable {
    let held = Mutex<Result<Void, StartFailure>?>(nil)
  }

  private let answer = Answer()
  private let thread: Linux.Thread

  /// Begins to check the copy at `path`.
  init(of path: String) throws(Errno) {
    thread = try Linux.Thread(named: "tokend-check") { [answer] in
      Linux.Thread.takeTurns(of: Limits.threadSlice, nicerBy: Limits.checkNiceness)
      let result: Result<Void, StartFailure>
      do throws(StartFailure) {
        _ = try Self.verify(path)
        result = .success(())
      } catch {
        result = .failure(error)
      }
      answer.held.withLock { $0 = result }
    }
  }

  /// What came of it; nil while it runs.
  var result: Result<Void, StartFailure>? {
    guard let result = answer.held.withLock({ $0 }) else { return nil }
    thread.join()
    return result
  }

  /// Opens a copy as a daemon would, which brings it to the newest schema, and checks all of it.
  static func verify(_ path: String) throws(StartFailure) -> (tokens: Int, revision: UInt64) {
    let bytes: Int
    do throws(Errno) { bytes = try System.regularFileBytes(path) ?? 0 } catch { throw .system("\(error)") }
    try StateDirectory.check(bytes: bytes)
    let store = try TokenStore(path: path, vfs: nil)
    try store.checkIntegrity()
    let tokens = try store.tokenCount()
    let (problem, made): (String?, Int)
    do throws(SQLiteError) { (problem, made) = (try store.audit.problem(), try store.audit.madeTokens()) } catch {
      throw StartFailure(error)
    }
    if let problem { throw .damaged("its audit trail is broken: \(problem)") }
    guard made == tokens else {
      throw .damaged("it has \(tokens) tokens, and its audit trail tells of \(made) that were made")
    }
    try store.finish()
    return (tokens, store.audit.revision)
  }
}
