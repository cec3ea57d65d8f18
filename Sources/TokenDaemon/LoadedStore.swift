// The database and the index that was loaded from it, on their way to the journal's thread.

internal import Index
internal import Store
private import Synchronization
internal import Tokens

/// Carries the store and the index's writer to the one thread that may use them, once. What workers need of them is
/// there before.
final class LoadedStore: Sendable {
  // Mutex makes handing them over a fact that the compiler checks.
  private let held: Mutex<Held?>

  struct Held: ~Copyable {
    let store: TokenStore
    let index: LiveIndex
  }

  let published: PublishedIndex
  let tokens: Int
  let realms: PublishedRealms
  /// The greatest id that was made up to now; nil if there is none.
  let newestID: String?

  /// Loads the index.
  /// - Throws: why it can't be.
  init(_ store: sending TokenStore, _ environment: Environment) throws(Daemon.Failure) {
    do {
      var seed = InlineArray<8, UInt8>(repeating: 0)
      var span = seed.mutableSpan
      guard environment.fillRandom(&span) else { throw Daemon.Failure("the system gave no random bytes") }
      var number: UInt64 = 0
      for index in 0..<8 { number = number << 8 | UInt64(span[index]) }
      newestID = try store.greatestID(below: Mint.bound(at: environment.now()))
      let index = try LiveIndex(loading: store, seed: number, now: environment.now())
      try store.expectChanges()
      published = index.published
      tokens = index.tokens
      realms = index.realms
      held = Mutex(Held(store: store, index: index))
    } catch let failure as Daemon.Failure {
      throw failure
    } catch let failure as StartFailure {
      throw Daemon.Failure("the database \(failure)")
    } catch let failure as SQLiteError {
      throw Daemon.Failure("the database \(StartFailure(failure))")
    } catch {
      throw Daemon.Failure("the database can't be loaded: \(error)")
    }
  }

  /// Takes them out; nil if that was done before.
  func take() -> sending Held? {
    held.withLock { held in
      let taken = held.take()
      return taken
    }
  }
}
