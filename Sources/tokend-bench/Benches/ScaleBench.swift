// What more tokens cost.

import Linux
import Tokens
import Wire

/// Times Validate and Redis's GET beside several numbers of tokens, and pages of listings. A tokend and a Redis for each
/// number are up at once, and in each round each has its turn, so that numbers are compared within a round.
struct ScaleBench {
  static let others: [(title: String, key: String)] = [
    ("MiB resident", "resident_mib"), ("exec to ready, ms", "ready_ms"),
    ("scan, rows printed, ms", "scan_printed_ms"), ("scan, columns summed, ms", "scan_summed_ms"),
    ("ready × printed scan", "ready_to_scan_printed"), ("ready × summed scan", "ready_to_scan_summed"),
  ]
  private static let connections = 50
  private static let depth = 16
  private static let orders = TokenOrder.Sort.allCases.map { ($0, false) } + [(.created, true)]

  /// What a start took, and the scans beside it, in microseconds.
  private struct Start {
    let tokens: Int
    let ready: Double
    let printed: Double
    let summed: Double

    /// As `others` has it.
    var figures: [Double?] {
      [nil, ready / 1e3, printed / 1e3, summed / 1e3, ready / printed, ready / summed]
    }
  }

  /// Where each number's sockets `NUMBER-v.sock`, `NUMBER-a.sock` and `NUMBER-redis.sock` are, and `starts`: a line for
  /// each start, with the number of tokens, and what the start, the printed and the summed scan took.
  let directory: String
  /// Numbers of tokens, the fewest first.
  let counts: [Int]
  let rounds: Int
  let seconds: Double

  var comparisons: [Report.Comparison] {
    let fewest = counts[0]
    return [
      Report.Comparison(
        title: "× redis", key: "to_redis", base: { $0.subject == "tokend" ? ($0.load, "redis") : nil },
        figure: \.rates),
      Report.Comparison(
        title: "rate × \(fewest) tokens", key: "to_fewest",
        base: { cell in
          cell.load.firstIndex(of: ",").map { (Self.name(fewest, String(cell.load[$0...])), cell.subject) }
        }, figure: \.rates),
      Report.Comparison(
        title: "p50 × first page", key: "to_first_page",
        base: { $0.subject == PageBench.Place.middle.rawValue ? ($0.load, PageBench.Place.first.rawValue) : nil },
        figure: \.p50),
    ]
  }

  private static func name(_ tokens: Int, _ rest: String) -> String { "\(tokens) tokens\(rest)" }

  func run() throws -> [Cell] {
    try System.pin(to: 0...0)
    var verdicts = try timeVerdicts()
    // Before listings are asked for, which have SQLite fill its caches.
    for (number, tokens) in counts.enumerated() {
      verdicts[2 * number].others.append([try resident("\(tokens)-v.sock")])
      verdicts[2 * number + 1].others.append([try resident("\(tokens)-redis.sock")])
    }
    for start in try starts() {
      guard let number = counts.firstIndex(of: start.tokens) else { continue }
      verdicts[2 * number].others.append(start.figures)
    }
    return verdicts + (try timePages())
  }

  /// A cell for tokend and one for Redis, of each number.
  private func timeVerdicts() throws -> [Cell] {
    let servers = [("tokend", "v.sock", Dialect.tokend(BenchContext())), ("redis", "redis.sock", .redis)]
    let samples = counts.map { TokenSample(live: min($0, 1_000_000), of: $0) }
    var cells = counts.flatMap { tokens in
      servers.map { Cell(load: Self.name(tokens, ", \(Self.connections)×\(Self.depth)"), subject: $0.0) }
    }
    for round in 0..<rounds {
      for turn in cells.indices {
        // Another one begins in each round.
        let cell = (turn + round) % cells.count
        let (number, server) = cell.quotientAndRemainder(dividingBy: servers.count)
        var generator = try LoadGenerator(
          socket: "\(directory)/\(counts[number])-\(servers[server].1)",
          asking: TokenWorkload(servers[server].2, of: samples[number], seed: round), connections: Self.connections,
          depth: Self.depth)
        cells[cell].add(try generator.run(seconds: seconds))
      }
      System.write("round \(round + 1) of \(rounds)\n", to: 2)
    }
    return cells
  }

  /// A cell for the first page and one for the one in the middle, of each order and number.
  private func timePages() throws -> [Cell] {
    var benches: [PageBench] = []
    var cells: [Cell] = []
    for tokens in counts {
      for (sort, isDescending) in Self.orders {
        let order = TokenOrder(sort, isDescending: isDescending)
        benches.append(try PageBench(socket: "\(directory)/\(tokens)-a.sock", tokens: tokens, order: order))
        let load = Self.name(tokens, ", a page by \(sort.rawValue)\(isDescending ? ", falling" : "")")
        cells += PageBench.Place.allCases.map { Cell(load: load, subject: $0.rawValue) }
      }
      System.write("walked through \(tokens) tokens\n", to: 2)
    }
    let places = PageBench.Place.allCases
    for round in 0..<rounds {
      for turn in cells.indices {
        let cell = (turn + round) % cells.count
        cells[cell].add(try benches[cell / places.count].time(places[cell % places.count]))
      }
    }
    return cells
  }

  /// MiB that the process that listens there has of memory, as proc(5) says.
  private func resident(_ socket: String) throws -> Double {
    let pid = try UnixStream.connected(toServer: "\(directory)/\(socket)").peer().pid
    guard let status = try File.read("/proc/\(pid)/status", most: 1 << 16),
      let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }
      ),
      let kibibytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({ Double($0) })
    else { throw BenchFailure("the kernel does not say what process \(pid) has resident") }
    return kibibytes / 1024
  }

  private func starts() throws -> [Start] {
    guard let bytes = try File.read("\(directory)/starts", most: 1 << 20) else {
      throw BenchFailure("\(directory)/starts is missing")
    }
    return try String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
      let numbers = line.split(separator: " ").compactMap { Double($0) }
      guard numbers.count == 4 else { throw BenchFailure("\(line): no start") }
      return Start(tokens: Int(numbers[0]), ready: numbers[1], printed: numbers[2], summed: numbers[3])
    }
  }
}
