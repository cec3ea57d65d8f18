// A daemon whose threads are turns that a schedule gives.

import FaultyDisk
import Foundation
import Index
import Linux
import Store
import Tokens

@testable import TokenDaemon

/// The daemon's own parts, put together as Daemon does it: listeners, workers, journal, store and index. Only what runs
/// them differs: nothing does by itself. Its disk is in memory (FaultyDisk), clock and random bytes are the schedule's,
/// peers come over the kernel's sockets, which hold what was sent until a turn receives it.
final class SimulatedDaemon {
  static let workers = 2
  static let diskPath = "/tokend.db"

  let validationSocket: String
  let administrationSocket: String
  private let orders: Mailbox<Entry>
  private let ports: [WorkerPort]
  private var journal: Journal
  private let loops: [Loop]
  private let listeners: Listeners
  /// Presses as soon as it is given.
  private let order = StopOrder(patience: .zero, lastUses: .zero)
  /// Why the journal has given up, if it has.
  private(set) var failure: String?

  private final class Loop {
    var worker: Worker
    init(_ worker: consuming Worker) { self.worker = worker }
  }

  /// Starts on what is on the disk.
  /// - Parameter directory: where the sockets are.
  init(in directory: String, _ chance: Chance) throws {
    let environment = chance.environment
    var configuration = Configuration()
    (configuration.listen, configuration.adminListen) = (directory + "/v.sock", directory + "/a.sock")
    (validationSocket, administrationSocket) = (configuration.listen, configuration.adminListen)
    let loaded = try LoadedStore(TokenStore(path: Self.diskPath, vfs: "faulty"), environment)
    guard let held = loaded.take() else { throw StartFailure.damaged("taken twice") }
    listeners = try Listeners(configuration, passed: [])
    let bounds = ConnectionBounds(descriptors: 1024, workers: Self.workers)
    let orders = try Mailbox<Entry>(capacity: Limits.journalEntries)
    var ports: [WorkerPort] = []
    for _ in 0..<Self.workers { ports.append(try WorkerPort(tokens: loaded.tokens)) }
    let (counters, denials) = (JournalCounters(), DenialRing())
    let accounts = PeerAccounts(bounds, workers: Self.workers)
    let doorkeeper = Doorkeeper(ownUser: System.effectiveUser, adminGroup: nil)
    let report = StatusReport(
      ports: ports, journal: counters, waiting: { orders.count }, bounds: bounds, started: environment.now())
    journal = Journal(
      store: held.store, index: held.index, mailbox: orders, operators: doorkeeper.operators, denials: denials,
      // What these two write is no part of what is simulated.
      reserve: DiskReserve(at: directory + "/none/reserve", in: directory),
      backups: BackupDesk(path: directory + "/none/backup") {},
      usage: UsageSweep(of: ports.map(\.usage), interval: .seconds(86_400)), counters: counters,
      stop: order, clock: environment.now)
    let mint = Mint(.standard, after: loaded.newestID)
    var loops: [Loop] = []
    for number in 0..<Self.workers {
      let validation = ValidationService(
        format: mint.format, reader: IndexReader(loaded.published), usage: ports[number].usage,
        tenants: ports[number].counters.tenants)
      let router = Router(
        worker: number, journal: orders, doorkeeper: doorkeeper, realms: loaded.realms,
        administration: Administration(mint: mint, environment: environment), validation: validation,
        counters: ports[number].counters, report: report, denials: denials, accounts: accounts)
      var worker = try Worker(
        number: number, ports: ports, listeners: listeners, bounds: bounds, accounts: accounts, busyPoll: .zero,
        handover: nil, now: environment.now, router: router)
      try worker.openDoors()
      loops.append(Loop(worker))
    }
    (self.orders, self.ports, self.loops) = (orders, ports, loops)
  }

  /// A turn of a worker. Returns how many events it had.
  @discardableResult
  func turn(_ worker: Int) throws -> Int { try loops[worker].worker.turn(timeout: 0) }

  /// A step of the journal. Returns whether it had anything to do. If it fails, it has answered whoever waited.
  @discardableResult
  func step() -> Bool {
    guard failure == nil else { return false }
    do throws(Journal.Failure) {
      return try journal.step { WorkerPort.post($0, to: ports) }
    } catch {
      failure = error.why
      journal.giveUp { WorkerPort.post($0, to: ports) }
      return true
    }
  }

  /// Ends as at SIGTERM: what has arrived is answered, then all connections are closed.
  /// - Parameter presses: whether the time for it is over at once: what the journal has not begun is refused.
  func stop(presses: Bool) throws {
    if presses { order.give() }
    // The journal's thread would go on beside the workers'; here it is done before them.
    while step() {}
    listeners.validation.shut()
    listeners.administration.shut()
    for (port, loop) in zip(ports, loops) {
      port.stop()
      try loop.worker.end()
    }
    orders.close()
    while step() {}
  }
}
