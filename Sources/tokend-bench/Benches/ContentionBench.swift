// What writes cost those who only ask: Validate alone, and beside creates and revokes.

import Linux
import Wire

/// Times Validate with and without 200 creates and 200 revokes a second, and Redis's GET with and without 400 durable SETs,
/// in turns. Servers are kept on processor 1, generator and writers on 0.
struct ContentionBench {
  static let comparisons = [
    Report.Comparison(title: "p50 × alone", key: "p50_to_alone", subject: "alone", figure: \.p50),
    Report.Comparison(title: "p99 × alone", key: "p99_to_alone", subject: "alone", figure: \.p99),
    Report.Comparison(title: "p99.9 × alone", key: "p999_to_alone", subject: "alone", figure: \.p999),
    Report.Comparison(title: "rate × alone", key: "rate_to_alone", subject: "alone", figure: \.rates),
  ]
  static let others: [(title: String, key: String)] = [
    ("creates a second (redis: SETs)", "creates_per_second"), ("revokes a second (redis: SETs)", "revokes_per_second"),
  ]
  /// Writes of each kind a second.
  static let pace = 200
  /// Connections of each kind of writes.
  static let lanes = 4
  private static let connections = [1, 50]
  private static let servers = ["tokend", "redis"]

  /// Where `v.sock`, `a.sock` and `redis.sock` are.
  let directory: String
  let sample: TokenSample
  let rounds: Int
  let seconds: Double

  func run() throws -> [Cell] {
    let context = BenchContext()
    var stock = TokenStock(socket: "\(directory)/a.sock", context: context)
    var nextKey = 0
    var cells: [Cell] = []
    for server in Self.servers {
      for connections in Self.connections {
        for subject in ["alone", "beside writes"] {
          cells.append(Cell(load: "\(server), \(connections)×1", subject: subject))
        }
      }
    }
    try System.pin(to: 0...0)
    for round in 0..<rounds {
      for (number, connections) in Self.connections.enumerated() {
        for turn in 0..<4 {
          // Another one begins in each round.
          let chosen = (turn + round) % 4
          let (server, condition) = (chosen / 2, chosen % 2)
          let dialect = server == 0 ? Dialect.tokend(context) : .redis
          let socket = server == 0 ? "v.sock" : "redis.sock"
          if server == 0, condition == 1 { try stock.fill(to: mostWrites) }
          var generator = try LoadGenerator(
            socket: "\(directory)/\(socket)",
            asking: TokenWorkload(dialect, of: sample, seed: round * 31 + number * 4 + chosen),
            connections: connections, depth: 1)
          let cell = (server * 2 + number) * 2 + condition
          guard condition == 1 else {
            cells[cell].add(try generator.run(seconds: seconds))
            continue
          }
          let writers = server == 0 ? try tokendWriters(&stock) : try redisWriters(&nextKey)
          let outcome = try generator.run(seconds: seconds)
          cells[cell].add(outcome, others: try writers.stop())
        }
      }
      System.write("round \(round + 1) of \(rounds)\n", to: 2)
    }
    return cells
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
