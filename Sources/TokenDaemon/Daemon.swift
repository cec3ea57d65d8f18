// The daemon as a whole. Read this first: what is opened in which order, which threads run, and how they end.

internal import Index
internal import Linux
internal import Store
private import Synchronization
package import Tokens

/// Assembles and runs tokend: one journal thread, which alone has the database, and the workers, which alone have
/// connections. They meet in mailboxes and in the index.
package final class Daemon {
  private let configuration: Configuration
  private let environment: Environment
  private let mint: Mint
  /// Held as long as the daemon lives: no second one works on the same directory.
  private let directory: StateDirectory
  private let store: LoadedStore
  private let listeners: Listeners
  private let doorkeeper: Doorkeeper
  private let bounds: ConnectionBounds
  /// Connections that a daemon before this one has put by, until workers have them: they may bear tokens.
  private var handedOver: [Newcomer]
  private let reread: @Sendable () throws(ConfigurationProblems) -> Configuration

  /// Why the daemon did not start, or did not go on.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
  }

  /// Opens everything: the state directory, the database, the index, and last the sockets. When this returns, the index
  /// is complete and peers may connect.
  /// - Parameter reread: gives the configuration as its sources are now, for a reload.
  /// - Throws: a refusal to start that says why and what to do.
  package init(
    _ configuration: Configuration, environment: Environment,
    reread: @escaping @Sendable () throws(ConfigurationProblems) -> Configuration
  ) throws(Failure) {
    guard let format = TokenFormat(prefix: configuration.tokenPrefix) else {
      throw Failure("token-prefix '\(configuration.tokenPrefix)' can't be used")
    }
    do throws(Errno) {
      try Signals.block(ignored: true)
      try System.forbidDumps()
      System.keepFilesPrivate()
    } catch {
      throw Failure(error.description)
    }
    let passed = Notifier.passedDescriptors()
    // Before there is a database: the command may have been mistyped.
    try Listeners.check(configuration, passed: passed)
    directory = try StateDirectory(configuration.stateDirectory, makingIt: true)
    store = try LoadedStore(directory.openStore(), environment)
    // Before the sockets: the connections that are passed in may be more than a process begins with.
    bounds = ConnectionBounds(descriptors: System.raiseDescriptorLimit(), workers: configuration.workers)
    listeners = try Listeners(configuration, passed: passed)
    self.configuration = configuration
    self.environment = environment
    mint = Mint(format, after: store.newestID)
    self.reread = reread
    // Last, as from here on they are lost if the daemon does not go on.
    doorkeeper = Doorkeeper(ownUser: System.effectiveUser, adminGroup: try listeners.operators(configuration))
    handedOver = Handover.take(passed, bounds)
  }

  /// Serves until SIGTERM or SIGINT. Then connections are handed over to the next daemon if systemd keeps them, and
  /// drained if not, and it returns.
  /// - Throws: why it could not go on, if a thread failed.
  package func run() throws(Failure) {
    let failure = FailureBox()
    // Only sockets that outlive the daemon have a next one that serves them.
    let handover = listeners.arePassed && Notifier.isHeard ? makeHandover() : nil
    let stop =
      handover == nil
      ? StopOrder(patience: Limits.drain, lastUses: Limits.lastUses)
      : StopOrder(patience: Limits.lastCalls, lastUses: Limits.lastUsesOfHandover)
    do throws(Errno) {
      let orders = try Mailbox<Entry>(capacity: Limits.journalEntries)
      var ports: [WorkerPort] = []
      for _ in 0..<configuration.workers { ports.append(try WorkerPort(tokens: store.tokens)) }
      for (number, newcomer) in handedOver.enumerated() {
        let port = ports[number % ports.count]
        port.count(1, through: newcomer.entrance)
        _ = port.newcomers.put(newcomer)
      }
      let takenOver = handedOver.count
      handedOver = []
      let counters = JournalCounters()
      counters.tokens = store.tokens
      let report = StatusReport(
        ports: ports, journal: counters, waiting: { orders.count }, bounds: bounds, started: environment.now())
      let denials = DenialRing()
      let accounts = PeerAccounts(bounds, workers: configuration.workers)
      let journal = try startJournal(orders, ports, counters, denials, stop, failure)
      var workers: [Linux.Thread] = []
      for number in ports.indices {
        workers.append(try startWorker(number, ports, orders, bounds, accounts, handover, report, denials, failure))
      }

      Notifier.tell("READY=1\nSTATUS=Serving")
      Log.write(
        .ready,
        "ready: \(listeners.validation.path) and \(listeners.administration.path), "
          + "\(store.tokens) token\(store.tokens == 1 ? "" : "s"), \(store.published.mappedBytes >> 10) KiB of index"
          + (takenOver == 0 ? "" : ", \(takenOver) connections taken over"),
        [.tokens: "\(store.tokens)", .connections: "\(takenOver)"])
      // Its own failure stops the daemon like a thread's: connections are handed over all the same.
      do throws(Errno) { try serve(ports) } catch {
        failure.report("the watchdog can't be told of the workers (\(error)); LimitNOFILE= may be too low: stopping")
      }

      Notifier.tell("STOPPING=1\nSTATUS=\(handover == nil ? "Draining" : "Handing over")")
      Log.write(
        .stopping, handover == nil ? "stopping: answering what has arrived" : "stopping: handing connections over")
      stop.give()
      // Of sockets of its own: nobody is to wait there for a daemon that will not answer.
      listeners.validation.shut()
      listeners.administration.shut()
      for port in ports { port.stop() }
      for worker in workers { worker.join() }
      // Before the journal ends, which may have to wait for a disk, and whatever it was that ended the daemon.
      if let handover {
        let count = handover.give()
        Log.write(
          .handedOver, "\(count) connections left to systemd, for the daemon that is started next",
          [.connections: "\(count)"])
      }
      orders.close()
      journal.join()
    } catch {
      throw Failure(error.description)
    }
    if let why = failure.why { throw Failure(why) }
    Log.write(.stopped, "stopped")
  }

  /// Nil, which is told, if there can't be one: verdicts are worth more than connections that outlive a stop.
  private func makeHandover() -> Handover? {
    do throws(Errno) { return try Handover() } catch {
      Log.write(.connectionFailed, "connections will not be handed over at a stop: \(error)")
      return nil
    }
  }

  /// Waits for signals, and tells the watchdog, if there is one, that the workers answer. Returns when the daemon is to
  /// stop.
  private func serve(_ ports: [WorkerPort]) throws(Errno) {
    // Three times as often as it must, so that one late answer is not the end.
    guard let interval = Notifier.watchdog.map({ $0 / 3 }) else {
      while Signals.wait(nil) == .reload { reload() }
      return
    }
    let token = try mint.mint(at: environment.now(), from: System.fillRandom)
    var check = try SelfCheck(ports, token: token)
    var due = ContinuousClock.now + interval
    while true {
      // Whoever has it reload without end does not keep it from telling that it is well.
      switch Signals.wait(max(.zero, due - .now)) {
      case .stop: return
      case .reload: reload()
      case nil: break
      }
      guard due <= .now else { continue }
      // From the check's begin: one that fails is followed by the next at once.
      due = .now + interval
      if let worker = check.failing(within: interval) {
        Log.write(
          .workerStalled, "worker \(worker) does not answer: the watchdog is not told that all is well",
          [.worker: "\(worker)"])
      } else {
        Notifier.tell("WATCHDOG=1")
      }
    }
  }

  /// Reads the configuration again. What is wrong with it is logged, and everything stays as it was.
  private func reload() {
    Notifier.tell("RELOADING=1\nMONOTONIC_USEC=\(System.monotonicNanoseconds() / 1000)")
    do throws(ConfigurationProblems) {
      let configuration = try reread()
      Log.level = configuration.logLevel
      let later = configuration.changes(from: self.configuration).atRestart.map(\.rawValue)
      Log.write(
        .reloaded,
        "reloaded, log-level is \(configuration.logLevel.rawValue)"
          + (later.isEmpty ? "" : "; a restart is needed for \(later.joined(separator: ", "))"),
        [.logLevel: configuration.logLevel.rawValue, .awaitingRestart: later.joined(separator: " ")])
    } catch {
      for line in error.description.split(separator: "\n") { Log.write(.reloadFailed, String(line)) }
      Log.write(.reloadFailed, "the reload changed nothing: mend the configuration and reload again")
    }
    Notifier.tell("READY=1\nSTATUS=Serving")
  }

  /// The first failure of a thread; it makes the daemon stop.
  private final class FailureBox: Sendable {
    private let held = Mutex<String?>(nil)

    var why: String? { held.withLock { $0 } }

    func report(_ why: String) {
      held.withLock { if $0 == nil { $0 = why } }
      System.requestStop()
    }
  }

  private func startJournal(
    _ orders: Mailbox<Entry>, _ ports: [WorkerPort], _ counters: JournalCounters, _ denials: DenialRing,
    _ stop: StopOrder, _ failure: FailureBox
  ) throws(Errno) -> Linux.Thread {
    let store = self.store
    let now = environment.now
    let (home, reserve, backup) = (directory.path, directory.reserve, directory.backup)
    let (operators, interval) = (doorkeeper.operators, Duration.seconds(configuration.usageInterval))
    let ledgers = ports.map(\.usage)
    return try Linux.Thread(named: "tokend-journal") {
      guard let held = store.take() else { return failure.report("the store was handed over twice") }
      // A change takes SQLite longer than a hundred verdicts take: a worker on the same processor does not wait for it.
      Linux.Thread.takeTurns(of: Limits.threadSlice, nicerBy: Limits.journalNiceness)
      var journal = Journal(
        store: held.store, index: held.index, mailbox: orders, operators: operators, denials: denials,
        reserve: DiskReserve(at: reserve, in: home),
        backups: BackupDesk(path: backup) { orders.wakeup.ring() },
        usage: UsageSweep(of: ledgers, interval: interval), counters: counters, stop: stop, clock: now)
      do throws(Journal.Failure) {
        try journal.run { WorkerPort.post($0, to: ports) }
      } catch {
        failure.report(error.why)
      }
    }
  }

  private func startWorker(
    _ number: Int, _ ports: [WorkerPort], _ orders: Mailbox<Entry>, _ bounds: ConnectionBounds,
    _ accounts: PeerAccounts, _ handover: Handover?, _ report: StatusReport, _ denials: DenialRing,
    _ failure: FailureBox
  ) throws(Errno) -> Linux.Thread {
    let (listeners, doorkeeper, environment, mint) = (self.listeners, self.doorkeeper, self.environment, self.mint)
    let (published, realms, busyPoll) = (store.published, store.realms, configuration.busyPoll)
    return try Linux.Thread(named: "tokend-worker\(number)") {
      // Who polls yields again and again, and would come back before whom it waits for, if its slice were the shorter one.
      if busyPoll == .zero { Linux.Thread.takeTurns(of: Limits.threadSlice, nicerBy: 0) }
      let validation = ValidationService(
        format: mint.format, reader: IndexReader(published), usage: ports[number].usage,
        tenants: ports[number].counters.tenants)
      do throws(Errno) {
        let router = Router(
          worker: number, journal: orders, doorkeeper: doorkeeper, realms: realms,
          administration: Administration(mint: mint, environment: environment), validation: validation,
          counters: ports[number].counters, report: report, denials: denials, accounts: accounts)
        var worker = try Worker(
          number: number, ports: ports, listeners: listeners, bounds: bounds, accounts: accounts, busyPoll: busyPoll,
          handover: handover, now: environment.now, router: router)
        try worker.run()
      } catch {
        failure.report("worker \(number): \(error)")
      }
    }
  }
}
