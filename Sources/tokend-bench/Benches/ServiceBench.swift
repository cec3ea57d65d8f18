// Validate beside a floor and a peer: the same generator, the same tokens, in turns.

import Linux
import Wire

/// Times an echo server, Redis and tokend, all of them on processor 1, under several loads, in rounds. In each round
/// every server has its turn under each load, so that the machine's moods hit all of them.
struct ServiceBench {
  struct Load {
    let connections: Int
    let depth: Int
    let isSameProcessor: Bool
    /// Tokens of one request to tokend.
    var batch = 1

    var name: String {
      "\(connections)×\(depth), \(isSameProcessor ? "same" : "other") CPU"
        + (batch > 1 ? ", batches of \(batch)" : "")
    }
  }

  static let toEcho = Report.Comparison(title: "× echo", key: "to_echo", subject: "echo", figure: \.rates)
  static let toRedis = Report.Comparison(title: "× redis", key: "to_redis", subject: "redis", figure: \.rates)
  private static let allLoads = [
    Load(connections: 1, depth: 1, isSameProcessor: true),
    Load(connections: 50, depth: 1, isSameProcessor: true),
    Load(connections: 50, depth: 16, isSameProcessor: true),
    Load(connections: 1, depth: 1, isSameProcessor: false),
    Load(connections: 50, depth: 1, isSameProcessor: false),
    Load(connections: 50, depth: 16, isSameProcessor: false),
    Load(connections: 8, depth: 2, isSameProcessor: false, batch: 64),
  ]

  /// Where `echo.sock`, `redis.sock` and `v.sock` are.
  let directory: String
  let sample: TokenSample
  let rounds: Int
  let seconds: Double
  private let loads: [Load]

  /// - Parameter part: only loads whose name has it are timed; all have the empty one.
  init(directory: String, sample: TokenSample, rounds: Int, seconds: Double, only part: String) throws {
    self.directory = directory
    self.sample = sample
    self.rounds = rounds
    self.seconds = seconds
    loads = Self.allLoads.filter { part.isEmpty || Array($0.name.utf8).contains(Array(part.utf8)) }
    guard !loads.isEmpty else {
      throw BenchFailure(
        "no load is called \(part): choose one of \(Self.allLoads.map(\.name).joined(separator: "; "))")
    }
  }

  func run() throws -> [Cell] {
    let context = BenchContext()
    var cells: [Cell] = []
    for load in loads {
      for server in ["echo", "redis", "tokend"] { cells.append(Cell(load: load.name, subject: server)) }
    }
    // By the loads: the floor of batches has the bytes of batches.
    let dialects = loads.map { Dialect.tokend(context, batch: $0.batch) }
    let floors = try dialects.map { try Dialect.floor(of: $0, sample, at: "\(directory)/v.sock") }
    for round in 0..<rounds {
      for (number, load) in loads.enumerated() {
        try System.pin(to: load.isSameProcessor ? 1...1 : 0...0)
        let servers = [
          ("echo.sock", floors[number]), ("redis.sock", Dialect.redis), ("v.sock", dialects[number]),
        ]
        for turn in servers.indices {
          // Another one begins in each round.
          let server = (turn + round) % servers.count
          // What is compared with batches is the best that Redis does.
          let isBest = load.batch > 1 && server == 1
          let connections = isBest ? 50 : load.connections
          let depth = isBest ? 16 : load.depth
          var generator = try LoadGenerator(
            socket: "\(directory)/\(servers[server].0)",
            asking: TokenWorkload(servers[server].1, of: sample, seed: round * 31 + number),
            connections: connections, depth: depth)
          let outcome = try generator.run(seconds: seconds)
          // Nothing could be compared with it.
          guard outcome.rate > 0 else {
            throw BenchFailure("\(load.name): \(servers[server].0) answered nothing within \(seconds) s: give more")
          }
          cells[number * 3 + server].add(outcome)
        }
      }
      System.write("round \(round + 1) of \(rounds)\n", to: 2)
    }
    return cells
  }
}
