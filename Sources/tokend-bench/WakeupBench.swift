// What it costs to be woken, and what polling before sleeping costs instead: one call at a time.

import Linux
import TokenClient
import Wire

/// Times lone calls to two daemons and two echo servers on processor 1, one of each that sleeps at once and one that
/// polls first. In each round everything has its turn, so that the machine's moods hit all of it.
struct WakeupBench {
  /// Who polls before sleeping.
  enum Pollers: String, CaseIterable {
    case neither, server, both
  }

  /// What asks, and what is asked.
  enum Subject: String, CaseIterable {
    case echo, tokend
    /// tokend, asked through the library that services use instead of by the generator.
    case library = "tokend, by TokenClient"
  }

  /// One subject in one place, all rounds.
  struct Cell {
    let isSameProcessor: Bool
    let pollers: Pollers
    let subject: Subject
    /// Mean nanoseconds of a call, by round.
    var roundTrips: [Double] = []
    var p50: [Int] = []
    var p99: [Int] = []
  }

  /// The processor's time that a daemon takes, all rounds.
  struct Cost {
    let load: String
    let isPolling: Bool
    /// Milliseconds in a second.
    var milliseconds: [Double] = []
    /// Of a call; empty if there are none.
    var p50: [Int] = []
  }

  /// Calls a second of the paced load.
  static let pace = 1000

  /// Where `echo.sock`, `v.sock`, `echo-polling.sock` and `v-polling.sock` are.
  let directory: String
  let sample: TokenSample
  let rounds: Int
  let seconds: Double
  /// How long those that poll do.
  let busyPoll: Duration
  private let context = BenchContext()

  init(directory: String, sample: TokenSample, rounds: Int, seconds: Double, busyPoll: Duration) {
    self.directory = directory
    self.sample = sample
    self.rounds = rounds
    self.seconds = seconds
    self.busyPoll = busyPoll
  }

  func run() throws -> ([Cell], [Cost]) {
    var cells = [false, true].flatMap { isSame in
      Pollers.allCases.flatMap { pollers in
        Subject.allCases.map { Cell(isSameProcessor: isSame, pollers: pollers, subject: $0) }
      }
    }
    var costs = ["paced", "idle"].flatMap { load in [false, true].map { Cost(load: load, isPolling: $0) } }
    let tokend = Dialect.tokend(context)
    let floor = try Dialect.floor(of: tokend, sample, at: "\(directory)/v.sock")
    for round in 0..<rounds {
      for turn in cells.indices {
        // Another one begins in each round, and its comparison comes right after it.
        let index = (turn + round) % cells.count
        try time(&cells[index], floor: floor, tokend: tokend, round)
      }
      for turn in costs.indices { try measure(&costs[(turn + round) % costs.count], round) }
      System.write("round \(round + 1) of \(rounds)\n", to: 2)
    }
    return (cells, costs)
  }

  private func time(_ cell: inout Cell, floor: Dialect, tokend: Dialect, _ round: Int) throws {
    try System.pin(to: cell.isSameProcessor ? 1 : 0)
    let ending = cell.pollers == .neither ? ".sock" : "-polling.sock"
    let own = cell.pollers == .both ? busyPoll : .zero
    let outcome: LoadGenerator.Outcome
    switch cell.subject {
    case .library: outcome = try callLibrary("\(directory)/v\(ending)", own, round)
    case .echo, .tokend:
      let isEcho = cell.subject == .echo
      var generator = try LoadGenerator(
        socket: "\(directory)/\(isEcho ? "echo" : "v")\(ending)", dialect: isEcho ? floor : tokend, sample: sample,
        connections: 1, depth: 1, seed: round, busyPoll: own)
      outcome = try generator.run(seconds: seconds)
    }
    cell.roundTrips.append(1e9 / outcome.rate)
    cell.p50.append(outcome.latency.nanoseconds(atShare: 0.5))
    cell.p99.append(outcome.latency.nanoseconds(atShare: 0.99))
  }

  /// Calls as a service does, one after the other, until the time is over.
  private func callLibrary(_ socket: String, _ busyPoll: Duration, _ round: Int) throws -> LoadGenerator.Outcome {
    let client = TokenClient(socket: socket, busyPoll: busyPoll)
    var outcome = LoadGenerator.Outcome()
    var cursor = round &* 7919 % sample.count
    let warm = System.monotonicNanoseconds() + 100_000_000
    let end = warm + UInt64(seconds * 1e9)
    var before = System.monotonicNanoseconds()
    while before < end {
      try call(client, &cursor)
      let now = System.monotonicNanoseconds()
      if before >= warm { outcome.latency.add(now - before) }
      before = now
    }
    outcome.rate = Double(outcome.latency.count) / seconds
    return outcome
  }

  private func call(_ client: TokenClient, _ cursor: inout Int) throws {
    cursor = cursor + 1 == sample.count ? 0 : cursor + 1
    var token = OutBuffer()
    token.reserve(TokenSample.tokenBytes)
    sample.append(cursor, to: &token)
    let verdict = try client.validate(
      bytes: token.pending, org: context.org, tenant: context.tenant, requiring: [context.scope])
    guard verdict.isAllowed == sample.isLive(cursor) else {
      throw BenchFailure("tokend says \(verdict.reason) of a token about which that is not so")
    }
  }

  /// What the daemon takes while it is asked in even steps, by a client that sleeps, or not at all.
  private func measure(_ cost: inout Cost, _ round: Int) throws {
    try System.pin(to: 0)
    let socket = "\(directory)/v\(cost.isPolling ? "-polling.sock" : ".sock")"
    // The kernel says who listens there.
    let pid = try UnixStream(connectingTo: socket).peer().pid
    let client = TokenClient(socket: socket)
    var cursor = round &* 7919 % sample.count
    try call(client, &cursor)
    let calls = cost.load == "idle" ? 0 : Int(seconds * Double(Self.pace))
    // It is given the time to fall asleep.
    var moment = System.monotonicNanoseconds() + 10_000_000
    System.sleep(untilMonotonic: moment)
    let begin = try System.processorNanoseconds(of: pid)
    var latency = LatencyHistogram()
    for _ in 0..<calls {
      let before = System.monotonicNanoseconds()
      try call(client, &cursor)
      latency.add(System.monotonicNanoseconds() - before)
      moment += 1_000_000_000 / UInt64(Self.pace)
      System.sleep(untilMonotonic: moment)
    }
    if calls == 0 { System.sleep(untilMonotonic: moment + UInt64(seconds * 1e9)) }
    let spent = try System.processorNanoseconds(of: pid) - begin
    cost.milliseconds.append(Double(spent) / 1e6 / seconds)
    if calls > 0 { cost.p50.append(latency.nanoseconds(atShare: 0.5)) }
  }
}
