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
        try answer.make { () throws(StartFailure) in store = try DatabaseCopy.open(path) }
        if let store {
          store.stop { [answer] in answer.isUnwanted }
          _ = try DatabaseCopy.examine(store)
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
}
