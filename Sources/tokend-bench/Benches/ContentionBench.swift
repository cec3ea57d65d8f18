// What writes cost those who only ask: Validate alone, and beside creates and revokes.

import Linux
import TokenClient
import Wire

/// Times Validate with and without 200 creates and 200 revokes a second, beside a neighbour that does nothing but take
/// as much of the processor as they took, as often, and beside that neighbour and writers whose writes are only echoed;
/// and Redis's GET with and without 400 durable SETs; in turns. Servers and neighbour are kept on processor 1, generator
/// and writers on 0.
struct ContentionBench {
  static let comparisons = [
    Report.Comparison(title: "p50 × alone", key: "p50_to_alone", subject: "alone", figure: \.p50),
    Report.Comparison(title: "p99 × alone", key: "p99_to_alone", subject: "alone", figure: \.p99),
    Report.Comparison(title: "p99.9 × alone", key: "p999_to_alone", subject: "alone", figure: \.p999),
    Report.Comparison(title: "rate × alone", key: "rate_to_alone", subject: "alone", figure: \.rates),
  ]
  static let others: [(title: String, key: String)] = [
    ("creates a second (redis: SETs)", "creates_per_second"), ("revokes a second (redis: SETs)", "revokes_per_second"),
    ("ms a second of the journal, or the neighbour", "beside_ms_per_second"),
    ("commits a second, or times the neighbour computed", "beside_times_per_second"),
  ]
  /// Writes of each kind a second.
  static let pace = 200
  /// Connections of each kind of writes.
  static let lanes = 4
  private static let connections = [1, 50]
  /// The subjects, in the order in which they take turns.
  private static let turns: [(server: String, company: Company)] = [
    ("tokend", .none), ("tokend", .writes), ("tokend", .neighbour), ("tokend", .neighbourAndEchoes), ("redis", .none),
    ("redis", .writes),
  ]
  /// Those that a round may begin with: a neighbour does what the journal did just before it.
  private static let beginnings = turns.indices.filter { [.none, .writes].contains(turns[$0].company) }

  /// What goes on beside.
  private enum Company: String {
    case none = "alone"
    case writes = "beside writes"
    case neighbour = "beside a neighbour"
    case neighbourAndEchoes = "beside a neighbour and echoed writes"
  }

  /// What the journal's thread did.
  private struct Work {
    /// Of its processor.
    let share: Double
    /// Commits a second.
    let times: Double
    /// What each took, in nanoseconds.
    var burst: UInt64 { UInt64(share * 1e9 / max(1, times)) }
  }

  /// Where `v.sock`, `a.sock`, `writes-echo.sock` and `redis.sock` are.
  let directory: String
  let sample: TokenSample
  let rounds: Int
  let seconds: Double
  /// What proc(5) says of the journal's thread: a file called schedstat.
  let journal: String
  /// Only loads whose name has it are timed; all have the empty one.
  let part: String

  func run() throws -> [Cell] {
    let context = BenchContext()
    var stock = TokenStock(socket: "\(directory)/a.sock", context: context)
    var nextKey = 0
    var cells: [Cell] = []
    for connections in Self.connections {
      for turn in Self.turns {
        cells.append(Cell(load: "\(turn.server), \(connections)×1", subject: turn.company.rawValue))
      }
    }
    guard cells.contains(where: { isChosen($0) }) else {
      throw BenchFailure(
        "no load is called \(part): choose one of \(Set(cells.map(\.load)).sorted().joined(separator: "; "))")
    }
    try System.pin(to: 0...0)
    for round in 0..<rounds {
      for (number, connections) in Self.connections.enumerated() {
        // Another one begins in each round.
        let first = Self.beginnings[round % Self.beginnings.count]
        var work = Work(share: 0, times: 1)
        for chosen in Self.turns.indices.map({ (first + $0) % Self.turns.count }) {
          let (server, company) = Self.turns[chosen]
          let isTokend = server == "tokend"
          let cell = number * Self.turns.count + chosen
          guard isChosen(cells[cell]) else { continue }
          if isTokend, company == .writes { try stock.fill(to: mostWrites) }
          var generator = try LoadGenerator(
            socket: "\(directory)/\(isTokend ? "v.sock" : "redis.sock")",
            asking: TokenWorkload(
              isTokend ? Dialect.tokend(context) : .redis, of: sample, seed: (round * 2 + number) * 8 + chosen),
            connections: connections, depth: 1)
          switch company {
          case .none: cells[cell].add(try generator.run(seconds: seconds))
          case .writes where !isTokend:
            let writers = try redisWriters(&nextKey)
            let outcome = try generator.run(seconds: seconds)
            cells[cell].add(outcome, others: try writers.stop())
          case .writes:
            let (outcome, rates, done) = try time(&generator, beside: tokendWriters(&stock))
            work = done
            cells[cell].add(outcome, others: rates + [work.share * 1e3, work.times])
          case .neighbour, .neighbourAndEchoes:
            let writers = company == .neighbourAndEchoes ? try echoedWriters(&stock) : nil
            let (outcome, others) = try time(&generator, besideNeighbourThatDoes: work, and: writers)
            cells[cell].add(outcome, others: others)
          }
        }
      }
      System.write("round \(round + 1) of \(rounds)\n", to: 2)
    }
    return cells.filter { !$0.rates.isEmpty }
  }

  /// - Returns: what each kind of writers achieved a second, too, and what the journal did.
  private func time(
    _ generator: inout LoadGenerator<TokenWorkload>, beside writers: consuming Writers
  ) throws -> (Outcome, rates: [Double], Work) {
    let (commits, begin) = (try commitsMade(), System.monotonicNanoseconds())
    let before = try processorTime(ofThread: journal)
    let outcome = try generator.run(seconds: seconds)
    let elapsed = Double(System.monotonicNanoseconds() - begin)
    let share = Double(try processorTime(ofThread: journal) - before) / elapsed
    let times = Double(try commitsMade() - commits) / elapsed * 1e9
    return (outcome, try writers.stop(), Work(share: share, times: times))
  }

  /// - Returns: the figures of the columns `others`, too.
  private func time(
    _ generator: inout LoadGenerator<TokenWorkload>, besideNeighbourThatDoes work: Work, and writers: consuming Writers?
  ) throws -> (Outcome, others: [Double?]) {
    let begin = System.monotonicNanoseconds()
    let neighbour = try BusyNeighbour(on: 1, burst: work.burst, aSecond: max(1, Int(work.times.rounded())))
    let outcome = try generator.run(seconds: seconds)
    let done = try neighbour.end()
    let elapsed = Double(System.monotonicNanoseconds() - begin)
    let rates = try writers?.stop()
    return (
      outcome,
      [rates?.first, rates?.last, Double(done.spent) / elapsed * 1e3, Double(done.bursts) / elapsed * 1e9]
    )
  }

  /// By tokend, since it was started.
  private func commitsMade() throws -> UInt64 {
    let administrator = Administrator(socket: "\(directory)/a.sock", timeout: .seconds(60))
    return try administrator.call(Methods.getStatus, GetStatusRequest()).commits.counts.reduce(0) { $0 + $1.count }
  }

  private func isChosen(_ cell: Cell) -> Bool {
    part.isEmpty || Array(cell.load.utf8).contains(Array(part.utf8))
  }

  /// More than there are writes of one kind in a turn, even if a server makes up for a time in which it stood.
  private var mostWrites: Int { Int(Double(Self.pace) * (seconds + 1)) * 2 }

  /// Both kinds of writers.
  private struct Writers: ~Copyable {
    private let first: PacedWriter
    private let second: PacedWriter

    init(_ first: consuming PacedWriter, _ second: consuming PacedWriter) {
      self.first = first
      self.second = second
    }

    /// - Returns: what each achieved a second.
    consuming func stop() throws -> [Double] { [try first.stop(), try second.stop()] }
  }

  private func tokendWriters(_ stock: inout TokenStock) throws -> Writers {
    var creations: [Creations] = []
    var revocations: [Revocations] = []
    for _ in 0..<Self.lanes {
      creations.append(stock.creations(most: mostWrites))
      revocations.append(Revocations(stock.context, of: stock.take(mostWrites / Self.lanes)))
    }
    return Writers(
      try PacedWriter(socket: stock.socket, lanes: creations, aSecond: Self.pace),
      try PacedWriter(socket: stock.socket, lanes: revocations, aSecond: Self.pace))
  }

  /// Asks for one write of each kind first, to know what it takes.
  private func echoedWriters(_ stock: inout TokenStock) throws -> Writers {
    if stock.count == 0 { try stock.fill(to: 1) }
    var creation = stock.creations(most: 1)
    var revocation = Revocations(stock.context, of: stock.take(1))
    let created = EchoedWrites(try PacedWriter.once(&creation, to: stock.socket))
    let revoked = EchoedWrites(try PacedWriter.once(&revocation, to: stock.socket))
    stock.put(creation.ids)
    let socket = "\(directory)/writes-echo.sock"
    return Writers(
      try PacedWriter(socket: socket, lanes: Array(repeating: created, count: Self.lanes), aSecond: Self.pace),
      try PacedWriter(socket: socket, lanes: Array(repeating: revoked, count: Self.lanes), aSecond: Self.pace))
  }

  private func redisWriters(_ nextKey: inout Int) throws -> Writers {
    var lanes: [RedisWrites] = []
    for _ in 0..<2 * Self.lanes {
      lanes.append(RedisWrites(from: nextKey))
      nextKey += mostWrites
    }
    let socket = "\(directory)/redis.sock"
    return Writers(
      try PacedWriter(socket: socket, lanes: Array(lanes.prefix(Self.lanes)), aSecond: Self.pace),
      try PacedWriter(socket: socket, lanes: Array(lanes.suffix(Self.lanes)), aSecond: Self.pace))
  }
}
