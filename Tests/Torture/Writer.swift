// One client that makes tokens and revokes some of them, until it is told to stop or the daemon has gone.

import Linux
import Seeded
import Synchronization
import TokenClient
import Wire

/// Writes on a thread of its own and notes what comes of it.
final class Writer: Sendable {
  private let socket: String
  private let prefix: String
  private let seed: UInt64
  private let tell: @Sendable (Ledger.Event) -> Void
  private let ledger = Mutex(Ledger())
  private let shallStop = Atomic(false)

  /// - Parameters:
  ///   - prefix: what its tokens' names begin with; no other writer has it.
  ///   - tell: is called with each event, before what it announces is sent.
  init(_ socket: String, prefix: String, seed: UInt64, tell: @escaping @Sendable (Ledger.Event) -> Void = { _ in }) {
    self.socket = socket
    self.prefix = prefix
    self.seed = seed
    self.tell = tell
  }

  var known: Ledger { ledger.withLock { $0 } }

  func stop() { shallStop.store(true, ordering: .relaxed) }

  /// Writes until it is told to stop, or the daemon has gone.
  func run() {
    var random = SeededRandom(seed: seed)
    let administrator = Administrator(socket: socket, timeout: .seconds(20))
    var live: [(name: String, id: String)] = []
    var number = 0
    while !shallStop.load(ordering: .relaxed) {
      do throws(Channel.Failure) {
        if !live.isEmpty, random.below(3) == 0 {
          try revoke(live.remove(at: random.below(live.count)), administrator)
        } else {
          number += 1
          live.append(try create("\(prefix)-\(number)", administrator))
        }
      } catch {
        guard case .status = error else { return }
      }
    }
  }

  private func create(
    _ name: String, _ administrator: Administrator
  ) throws(Channel.Failure) -> (name: String, id: String) {
    var request = CreateTokenRequest()
    (request.org, request.tenant, request.name, request.scopes) = ("acme", "prod", name, ["pipeline:read"])
    note(.creating(name))
    do throws(Channel.Failure) {
      let reply = try administrator.call(Methods.createToken, request)
      note(.made(name, id: reply.token.id, secret: reply.secret))
      return (name, reply.token.id)
    } catch {
      if !error.isOutcomeUnknown { note(.notMade(name)) }
      throw error
    }
  }

  private func revoke(_ token: (name: String, id: String), _ administrator: Administrator) throws(Channel.Failure) {
    var request = RevokeTokenRequest()
    request.id = token.id
    note(.revoking(token.name))
    do throws(Channel.Failure) {
      _ = try administrator.call(Methods.revokeToken, request)
      note(.revoked(token.name))
    } catch {
      if !error.isOutcomeUnknown { note(.notRevoked(token.name)) }
      throw error
    }
  }

  private func note(_ event: Ledger.Event) {
    tell(event)
    ledger.withLock { $0.note(event) }
  }
}

extension Writer {
  /// Several at once, each on its thread.
  final class Crowd {
    let writers: [Writer]
    private let threads: [Linux.Thread]

    init(
      _ count: Int, _ socket: String, prefix: String, seed: UInt64,
      tell: @escaping @Sendable (Ledger.Event) -> Void = { _ in }
    ) throws {
      writers = (0..<count).map {
        Writer(socket, prefix: "\(prefix)-\($0)", seed: seed &+ UInt64($0), tell: tell)
      }
      threads = try writers.map { writer in try Linux.Thread(named: "writer") { writer.run() } }
    }

    /// Waits for all, whose daemon has gone or who have been told to stop; what they know together.
    func join() -> Ledger {
      for thread in threads { thread.join() }
      return writers.reduce(into: Ledger()) { $0.merge($1.known) }
    }

    func stop() { for writer in writers { writer.stop() } }
  }
}
