// What a second worker brings to clients that pipeline.

import Linux
import Wire

/// Times two daemons with the same tokens, one of them with two workers, in turns, under eight connections with sixteen
/// requests in flight on each; and beside them one echo server and two, which shows what a second thread brings on this
/// machine to a server that does nothing. Servers may use processors 0 and 1; the generator may too, or is kept on 0.
struct WorkersBench {
  static let comparisons = [
    Report.Comparison(title: "× one worker", key: "to_one", subject: Subject.oneWorker.rawValue, figure: \.rates),
    Report.Comparison(title: "× one echo", key: "to_one_echo", subject: Subject.oneEcho.rawValue, figure: \.rates),
  ]
  static let others: [(title: String, key: String)] = [("busier worker's share of their CPU time", "busier_share")]
  private static let affinities = [("both CPUs", 0...1), ("CPU 0", 0...0)]
  private static let connections = 8
  private static let depth = 16

  private enum Subject: String, CaseIterable {
    case oneWorker = "one worker"
    case twoWorkers = "two workers"
    case oneEcho = "one echo"
    case twoEchoes = "two echoes"

    /// Where it listens.
    func sockets(in directory: String) -> [String] {
      let names =
        switch self {
        case .oneWorker: ["one-v"]
        case .twoWorkers: ["two-v"]
        case .oneEcho: ["one-echo"]
        case .twoEchoes: ["one-echo", "two-echo"]
        }
      return names.map { "\(directory)/\($0).sock" }
    }

    var isEcho: Bool { self == .oneEcho || self == .twoEchoes }
  }

  /// Where the sockets are.
  let directory: String
  let sample: TokenSample
  let rounds: Int
  let seconds: Double
  /// What proc(5) says of each worker's thread of the second daemon: files called schedstat.
  let workers: [String]

  func run() throws -> [Cell] {
    let dialect = Dialect.tokend(BenchContext())
    let floor = try Dialect.floor(of: dialect, sample, at: directory + "/one-v.sock")
    let subjects = Subject.allCases
    var cells: [Cell] = []
    for (name, _) in Self.affinities {
      for subject in subjects {
        cells.append(
          Cell(load: "\(Self.connections)×\(Self.depth), generator on \(name)", subject: subject.rawValue))
      }
    }
    for round in 0..<rounds {
      for (number, affinity) in Self.affinities.enumerated() {
        try System.pin(to: affinity.1)
        for turn in subjects.indices {
          // Another one begins in each round.
          let place = (turn + round) % subjects.count
          let subject = subjects[place]
          var generator = try LoadGenerator(
            sockets: subject.sockets(in: directory),
            asking: TokenWorkload(subject.isEcho ? floor : dialect, of: sample, seed: round * 31 + number),
            connections: Self.connections, depth: Self.depth)
          let before = try workers.map(processorTime(ofThread:))
          let outcome = try generator.run(seconds: seconds)
          let spent = zip(try workers.map(processorTime(ofThread:)), before).map { Double($0 - $1) }
          let share = (spent.max() ?? 0) / spent.reduce(0, +)
          cells[number * subjects.count + place].add(outcome, others: subject == .twoWorkers ? [share] : [])
        }
      }
      System.write("round \(round + 1) of \(rounds)\n", to: 2)
    }
    return cells
  }
}
