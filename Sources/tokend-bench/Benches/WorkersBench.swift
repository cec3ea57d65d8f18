// What a second worker brings to clients that pipeline.

import Linux
import Wire

/// Times two daemons with the same tokens, one of them with two workers, in turns, under eight connections with sixteen
/// requests in flight on each. Daemons may use processors 0 and 1; the generator may too, or is kept on 0.
struct WorkersBench {
  static let subjects = ["one worker", "two workers"]
  static let comparisons = [
    Report.Comparison(title: "× one worker", key: "to_one", subject: subjects[0], figure: \.rates)
  ]
  static let others: [(title: String, key: String)] = [("busier worker's share of their CPU time", "busier_share")]
  private static let affinities = [("both CPUs", 0...1), ("CPU 0", 0...0)]
  private static let connections = 8
  private static let depth = 16

  /// Where `one-v.sock` and `two-v.sock` are.
  let directory: String
  let sample: TokenSample
  let rounds: Int
  let seconds: Double
  /// What proc(5) says of each worker's thread of the second daemon: files called schedstat.
  let workers: [String]

  func run() throws -> [Cell] {
    let dialect = Dialect.tokend(BenchContext())
    var cells: [Cell] = []
    for (name, _) in Self.affinities {
      for subject in Self.subjects {
        cells.append(
          Cell(load: "\(Self.connections)×\(Self.depth), generator on \(name)", subject: subject))
      }
    }
    for round in 0..<rounds {
      for (number, affinity) in Self.affinities.enumerated() {
        try System.pin(to: affinity.1)
        for turn in 0..<2 {
          // Another one begins in each round.
          let subject = (turn + round) % 2
          var generator = try LoadGenerator(
            socket: "\(directory)/\(subject == 0 ? "one" : "two")-v.sock",
            asking: TokenWorkload(dialect, of: sample, seed: round * 31 + number), connections: Self.connections,
            depth: Self.depth)
          let before = try workers.map(processorTime(ofThread:))
          let outcome = try generator.run(seconds: seconds)
          let spent = zip(try workers.map(processorTime(ofThread:)), before).map { Double($0 - $1) }
          let share = (spent.max() ?? 0) / spent.reduce(0, +)
          cells[number * 2 + subject].add(outcome, others: subject == 1 ? [share] : [])
        }
      }
      System.write("round \(round + 1) of \(rounds)\n", to: 2)
    }
    return cells
  }
}
