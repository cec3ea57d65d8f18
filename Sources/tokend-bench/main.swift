// tokend-bench: figures that the documents claim, taken on real servers over their sockets.

import Linux
import Tokens

let usage = """
  Usage: tokend-bench echo SOCKET [MICROSECONDS]
           serve the floor until it is ended; poll that long after an event before sleeping
         tokend-bench fill tokend|redis SOCKET TOKENS
           put the benchmark's tokens into a server (tokend: its administration socket)
         tokend-bench create ADMIN-SOCKET TOKENS
           have a new daemon create at least so many tokens
         tokend-bench rows FIRST TOKENS
           print SQL that puts the tokens from number FIRST on into a database
         tokend-bench service DIRECTORY TOKENS ROUNDS SECONDS OUT [LOAD]
           time DIRECTORY's echo.sock, redis.sock and v.sock under the loads whose name has LOAD in it;
           write OUT.json and OUT.svg
         tokend-bench scale DIRECTORY ROUNDS SECONDS OUT TOKENS...
           time DIRECTORY's TOKENS-v.sock, TOKENS-a.sock and TOKENS-redis.sock for each number of tokens; tell also
           what DIRECTORY's file starts has; write OUT.json
         tokend-bench wakeup DIRECTORY TOKENS ROUNDS SECONDS MICROSECONDS OUT
           time lone calls to DIRECTORY's echo.sock and v.sock, which sleep at once, and to polling-echo.sock and
           polling-v.sock, which poll so many microseconds first; write OUT.json
         tokend-bench writes DIRECTORY ROUNDS SECONDS OUT PLACE FILE-SYSTEM ROWS
           time creates and revokes by DIRECTORY's a.sock, SETs by its redis.sock, and in PLACE, which is on a
           FILE-SYSTEM, fdatasync and inserts of what is in ROWS, a database of tokend's; write OUT.json
         tokend-bench contention DIRECTORY TOKENS ROUNDS SECONDS OUT FILE-SYSTEM SCHEDSTAT [LOAD]
           time DIRECTORY's v.sock, whose journal's thread has the SCHEDSTAT, and redis.sock with and without
           writes, and v.sock beside writes that writes-echo.sock answers, under the loads whose name has LOAD in
           it; write OUT.json
         tokend-bench workers DIRECTORY TOKENS ROUNDS SECONDS OUT SCHEDSTAT...
           time DIRECTORY's one-v.sock against its two-v.sock, whose workers have the SCHEDSTATs; write OUT.json
         tokend-bench estate ADMIN-SOCKET
           put tokens of every state into a new daemon
         tokend-bench allocations DIRECTORY PROCESS REQUESTS
           count what verdicts allocate in the daemon of DIRECTORY's v.sock and a.sock, by DIRECTORY's allocations
         tokend-bench ask SOCKET TOKENS REQUESTS
           ask for so many verdicts over 50 connections, 16 at a time, about TOKENS that were filled in
         tokend-bench steps
           list the steps of a Validate: name, the step that its preparation is counted by, description
         tokend-bench steps STEP COUNT
           take a step so often; print nanoseconds for one, and a sum of what came of them

  """

/// The name that proc(5) gives the first processor.
func processorName() -> String {
  guard let bytes = try? File.read("/proc/cpuinfo", most: 1 << 20) else { return "unknown" }
  let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  return lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last.map { String($0.dropFirst()) }
    ?? "unknown"
}

/// Prints the report, and keeps it as JSON, with the day and what was measured, as MEASURED tells.
func publish(_ report: Report, _ out: String) throws {
  var report = report
  let day = formatInstant(System.secondsSinceEpoch()).prefix(10)
  report.circumstances.insert(("measured", "\(day), \(System.variable("MEASURED") ?? "of no known version")"), at: 0)
  System.write(report.table, to: 1)
  try File.replace(out + ".json", with: report.json)
}

do {
  let words = Array(CommandLine.arguments.dropFirst())
  let arguments = Arguments(words: words)
  switch (words.first, words.count) {
  case ("echo", 2), ("echo", 3):
    let polling = words.count == 3 ? try arguments.number(2, atLeast: 1) : 0
    var server = try EchoServer(at: words[1], busyPoll: .microseconds(polling))
    try server.run()
  case ("fill", 4):
    let filling = Filling(tokens: try arguments.number(3, atLeast: 10))
    if words[1] == "redis" {
      try filling.fillRedis(socket: words[2])
    } else {
      try filling.fillTokend(administration: words[2])
    }
  case ("create", 3):
    let context = BenchContext()
    try context.addTenant(administration: words[1])
    var stock = TokenStock(socket: words[1], context: context)
    try stock.fill(to: arguments.number(2, atLeast: 1))
  case ("rows", 3):
    Filling(tokens: try arguments.number(2, atLeast: 10)).printRows(from: try arguments.number(1, atLeast: 0))
  case ("service", 6), ("service", 7):
    let rounds = try arguments.number(3, atLeast: 1)
    let bench = try ServiceBench(
      directory: words[1], sample: arguments.sample(2), rounds: rounds, seconds: arguments.seconds(4),
      only: words.count == 7 ? words[6] : "")
    let report = Report(
      cells: try bench.run(),
      circumstances: [
        ("processor", processorName()), ("tokens", words[2]), ("rounds", "\(rounds) of \(words[4]) s, medians"),
        ("affinity", "servers on CPU 1, the generator on CPU 1 (same) or 0 (other)"),
      ], comparisons: [ServiceBench.toEcho, ServiceBench.toRedis])
    try publish(report, words[5])
    try File.replace(words[5] + ".svg", with: ServiceChart(report: report).svg)
  case ("scale", 6...):
    let rounds = try arguments.number(2, atLeast: 1)
    let bench = ScaleBench(
      directory: words[1], counts: try words.indices.dropFirst(5).map { try arguments.number($0, atLeast: 1000) },
      rounds: rounds, seconds: try arguments.seconds(3))
    let report = Report(
      cells: try bench.run(),
      circumstances: [
        ("processor", processorName()),
        ("rounds", "\(rounds) of \(words[3]) s, medians; starts and scans: medians of five"),
        (
          "affinity",
          "servers and scans on CPU 1, the generator on CPU 0; all sizes are up at once, and have their turns"
        ),
        ("memory", "resident once all rounds of Validate and GET are over, before any listing"),
        ("listings", "pages of 100 tokens; a round has 20 calls, one after the other"),
        (
          "scans",
          "sqlite3 reads the columns that a start needs, and prints each row, or sums them and prints one; it and tokend "
            + "are timed from exec, taskset's included"
        ),
      ], comparisons: bench.comparisons, others: ScaleBench.others)
    try publish(report, words[4])
  case ("wakeup", 7):
    let rounds = try arguments.number(3, atLeast: 1)
    let polling = try arguments.number(5, atLeast: 1)
    let bench = WakeupBench(
      directory: words[1], sample: try arguments.sample(2), rounds: rounds, seconds: try arguments.seconds(4),
      busyPoll: .microseconds(polling))
    let report = Report(
      cells: try bench.run(),
      circumstances: [
        ("processor", processorName()), ("tokens", words[2]), ("rounds", "\(rounds) of \(words[4]) s, medians"),
        ("polling", "\(polling) µs"), ("affinity", "servers on CPU 1; what asks is on CPU 1 (same) or 0 (other)"),
      ], comparisons: WakeupBench.comparisons, others: WakeupBench.others)
    try publish(report, words[6])
  case ("writes", 8):
    let rounds = try arguments.number(2, atLeast: 1)
    let bench = WriteBench(
      directory: words[1], rows: words[7], floor: DiskFloor(directory: words[5]), rounds: rounds,
      seconds: try arguments.seconds(3))
    let report = Report(
      cells: try bench.run(),
      circumstances: [
        ("processor", processorName()), ("file system", words[6]), ("rounds", "\(rounds) of \(words[3]) s, medians"),
        ("affinity", "servers and sqlite on CPU 1, the generator on CPU 0"),
        (
          "tokens", "sqlite begins each turn with as many as were created so far; revokes have a daemon that holds more"
        ),
        ("redis", "appendonly yes, appendfsync always, no rewriting of the file"),
        ("sqlite", "what a create writes, inserted with tokend's settings, 1, 50 or 5,000 tokens a transaction"),
      ], comparisons: WriteBench.comparisons)
    try publish(report, words[4])
  case ("contention", 8...9):
    let rounds = try arguments.number(3, atLeast: 1)
    let bench = ContentionBench(
      directory: words[1], sample: try arguments.sample(2), rounds: rounds, seconds: try arguments.seconds(4),
      journal: words[7], part: words.count > 8 ? words[8] : "")
    let report = Report(
      cells: try bench.run(),
      circumstances: [
        ("processor", processorName()), ("file system", words[6]), ("tokens", words[2]),
        ("rounds", "\(rounds) of \(words[4]) s, medians"),
        ("affinity", "servers and neighbour on CPU 1, the generator and the writers on CPU 0"),
        (
          "neighbour",
          "computes as often as the journal committed, as long in all as the journal's thread ran, nice 10"
        ),
        (
          "echoed writes",
          "as many writes a second, as large and answered with as many bytes, of an echo server on CPU 1"
        ),
        (
          "writes",
          "\(ContentionBench.pace) creates and \(ContentionBench.pace) revokes a second, wanted, each kind over "
            + "\(ContentionBench.lanes) connections; redis: as many SETs, appendfsync always"
        ),
      ], comparisons: ContentionBench.comparisons, others: ContentionBench.others)
    try publish(report, words[5])
  case ("workers", 7...):
    let rounds = try arguments.number(3, atLeast: 1)
    let bench = WorkersBench(
      directory: words[1], sample: try arguments.sample(2), rounds: rounds, seconds: try arguments.seconds(4),
      workers: Array(words[6...]))
    let report = Report(
      cells: try bench.run(),
      circumstances: [
        ("processor", processorName()), ("tokens", words[2]), ("rounds", "\(rounds) of \(words[4]) s, medians"),
        ("affinity", "servers on CPUs 0 and 1"),
      ], comparisons: WorkersBench.comparisons, others: WorkersBench.others)
    try publish(report, words[5])
  case ("estate", 2): try Estate.fill(administration: words[1])
  case ("allocations", 4):
    try AllocationBench(
      directory: words[1], process: arguments.number(2, atLeast: 1), requests: arguments.number(3, atLeast: 800)
    ).run()
  case ("ask", 4):
    let load = try SteadyLoad(socket: words[1], connections: 50, depth: 16)
    let question = VerdictKind.service(tokens: try arguments.number(2, atLeast: 10))
    System.write("\(try load.ask(question, atLeast: arguments.number(3, atLeast: load.round)))\n", to: 1)
  case ("steps", 1):
    for step in Step.allCases { System.write("\(step) \(step.base) \(step.description)\n", to: 1) }
  case ("steps", 3):
    guard let step = Step(rawValue: words[1]) else { throw BenchFailure("\(words[1]): no such step") }
    // Whole groups.
    let count = try arguments.number(2, atLeast: 16) & ~15
    let bench = try StepBench(for: step)
    let begin = System.monotonicNanoseconds()
    let sum = try bench.take(step, count)
    let nanoseconds = Double(System.monotonicNanoseconds() - begin) / Double(count)
    System.write("\(nanoseconds) \(sum)\n", to: 1)
  default:
    System.write(usage, to: 2)
    System.exit(2)
  }
} catch {
  System.write("tokend-bench: \(error)\n", to: 2)
  System.exit(1)
}
