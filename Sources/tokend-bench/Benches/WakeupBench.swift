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

  /// Where what asks is, and who polls.
  struct Load {
    let isSameProcessor: Bool
    let pollers: Pollers

    var name: String { "\(isSameProcessor ? "same" : "other") CPU, \(pollers.rawValue) polls" }

    static let all = [false, true].flatMap { isSame in
      Pollers.allCases.map { Load(isSameProcessor: isSame, pollers: $0) }
    }
  }

  static let comparisons = [
    Report.Comparison(
      title: "round trip × echo", key: "to_echo",
      base: { cell in Load.all.first { $0.name == cell.load }.map { ($0.name, Subject.echo.rawValue) } },
      figure: { $0.rates.map { 1 / $0 } }),
    Report.Comparison(
      title: "round trip × neither polls", key: "to_neither",
      base: { cell in
        Load.all.first { $0.name == cell.load }.map {
          (Load(isSameProcessor: $0.isSameProcessor, pollers: .neither).name, cell.subject)
        }
      }, figure: { $0.rates.map { 1 / $0 } }),
  ]
  static let others: [(title: String, key: String)] = [
    ("tokend's processor time, ms a second", "processor_ms_per_second")
  ]

  /// Calls a second of the paced load.
  static let pace = 1000

  /// Where `echo.sock`, `v.sock`, `polling-echo.sock` and `polling-v.sock` are.
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

  func run() throws -> [Cell] {
    let questioned = Load.all.flatMap { load in Subject.allCases.map { (load: load, subject: $0) } }
    let paced = [0, Self.pace].flatMap { pace in [false, true].map { (pace: pace, isPolling: $0) } }
    var cells = questioned.map { Cell(load: $0.load.name, subject: $0.subject.rawValue) }
    cells += paced.map {
      Cell(
        load: $0.pace == 0 ? "idle" : "\($0.pace) calls a second",
        subject: "tokend, \($0.isPolling ? "polling" : "not polling")")
    }
    let tokend = Dialect.tokend(context)
    let floor = try Dialect.floor(of: tokend, sample, at: "\(directory)/v.sock")
    for round in 0..<rounds {
      for turn in questioned.indices {
        // Another one begins in each round, and its comparison comes right after it.
        let index = (turn + round) % questioned.count
        let (load, subject) = questioned[index]
        cells[index].add(try time(load, subject, floor: floor, tokend: tokend, round))
      }
      for turn in paced.indices {
        let index = (turn + round) % paced.count
        let (outcome, milliseconds) = try measure(paced[index].pace, isPolling: paced[index].isPolling, round)
        cells[questioned.count + index].add(outcome, others: [milliseconds])
      }
      System.write("round \(round + 1) of \(rounds)\n", to: 2)
    }
    return cells
  }

  private func time(_ load: Load, _ subject: Subject, floor: Dialect, tokend: Dialect, _ round: Int) throws -> Outcome {
    try System.pin(to: load.isSameProcessor ? 1...1 : 0...0)
    let prefix = load.pollers == .neither ? "" : "polling-"
    let own = load.pollers == .both ? busyPoll : .zero
    if subject == .library { return try callLibrary("\(directory)/\(prefix)v.sock", own, round) }
    let isEcho = subject == .echo
    var generator = try LoadGenerator(
      socket: "\(directory)/\(prefix)\(isEcho ? "echo" : "v").sock",
      asking: TokenWorkload(isEcho ? floor : tokend, of: sample, seed: round), connections: 1, depth: 1,
      busyPoll: own)
    return try generator.run(seconds: seconds)
  }

  /// Calls as a service does, one after the other, until the time is over.
  private func callLibrary(_ socket: String, _ busyPoll: Duration, _ round: Int) throws -> Outcome {
    let client = TokenClient(socket: socket, busyPoll: busyPoll)
    var outcome = Outcome()
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

  /// What the daemon takes while it is asked so often a second, in even steps, by a client that sleeps.
  /// - Returns: what came of the calls, and the processor time that the daemon took, in milliseconds a second.
  private func measure(_ pace: Int, isPolling: Bool, _ round: Int) throws -> (Outcome, milliseconds: Double) {
    try System.pin(to: 0...0)
    let socket = "\(directory)/\(isPolling ? "polling-" : "")v.sock"
    // The kernel says who listens there.
    let pid = try UnixStream.connected(toServer: socket).peer().pid
    let client = TokenClient(socket: socket)
    var cursor = round &* 7919 % sample.count
    try call(client, &cursor)
    var outcome = Outcome()
    // It is given the time to fall asleep.
    let first = System.monotonicNanoseconds() + 10_000_000
    System.sleep(untilMonotonic: first)
    let begin = try System.processorNanoseconds(of: pid)
    for number in 0..<Int(seconds * Double(pace)) {
      let before = System.monotonicNanoseconds()
      try call(client, &cursor)
      outcome.latency.add(System.monotonicNanoseconds() - before)
      System.sleep(untilMonotonic: first + UInt64((number + 1) * 1_000_000_000 / pace))
    }
    System.sleep(untilMonotonic: first + UInt64(seconds * 1e9))
    let spent = try System.processorNanoseconds(of: pid) - begin
    let time = Double(System.monotonicNanoseconds() - first) / 1e9
    outcome.rate = Double(outcome.latency.count) / time
    return (outcome, Double(spent) / 1e6 / time)
  }
}
