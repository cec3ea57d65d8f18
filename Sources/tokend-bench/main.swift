// tokend-bench: figures that the documents claim, taken on real servers over their sockets.

import Linux

let usage = """
  Usage: tokend-bench listing ADMIN-SOCKET TOKENS
           fill the tenant bench/listing of a new daemon, and time pages of it
         tokend-bench echo SOCKET [MICROSECONDS]
           serve the floor until it is ended; poll that long after an event before sleeping
         tokend-bench fill tokend|redis SOCKET TOKENS
           put the benchmark's tokens into a server (tokend: its administration socket)
         tokend-bench service DIRECTORY TOKENS ROUNDS SECONDS OUT [LOAD]
           time DIRECTORY's echo.sock, redis.sock and v.sock under the loads whose name has LOAD in it;
           write OUT.json and OUT.svg
         tokend-bench wakeup DIRECTORY TOKENS ROUNDS SECONDS MICROSECONDS OUT
           time lone calls to DIRECTORY's echo.sock and v.sock, which sleep at once, and to echo-polling.sock and
           v-polling.sock, which poll so many microseconds first; write OUT.json

  """

func duration(_ text: String) throws -> Double {
  guard let seconds = Double(text), seconds > 0 else { throw BenchFailure("\(text): no seconds") }
  return seconds
}

func number(_ text: String, atLeast least: Int) throws -> Int {
  guard let number = Int(text), number >= least else { throw BenchFailure("\(text): give a number, at least \(least)") }
  return number
}

/// The name that proc(5) gives the first processor.
func processorName() -> String {
  guard let bytes = try? File.read("/proc/cpuinfo", most: 1 << 20) else { return "unknown" }
  let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  return lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last.map { String($0.dropFirst()) }
    ?? "unknown"
}

do {
  let arguments = Array(CommandLine.arguments.dropFirst())
  switch (arguments.first, arguments.count) {
  case ("listing", 3):
    try ListingBench(socket: arguments[1], tokens: number(arguments[2], atLeast: 1000)).run()
  case ("echo", 2), ("echo", 3):
    let polling = arguments.count == 3 ? try number(arguments[2], atLeast: 1) : 0
    var server = try EchoServer(at: arguments[1], busyPoll: .microseconds(polling))
    try server.run()
  case ("fill", 4):
    let filling = Filling(tokens: try number(arguments[3], atLeast: 10))
    if arguments[1] == "redis" {
      try filling.fillRedis(socket: arguments[2])
    } else {
      try filling.fillTokend(administration: arguments[2])
    }
  case ("service", 6), ("service", 7):
    let tokens = try number(arguments[2], atLeast: 10)
    let seconds = try duration(arguments[4])
    let rounds = try number(arguments[3], atLeast: 1)
    let bench = try ServiceBench(
      directory: arguments[1], sample: TokenSample(live: min(tokens, 1_000_000), of: tokens), rounds: rounds,
      seconds: seconds, only: arguments.count == 7 ? arguments[6] : "")
    let report = ServiceReport(
      cells: try bench.run(),
      circumstances: [
        ("processor", processorName()), ("tokens", String(tokens)),
        ("rounds", "\(rounds) of \(arguments[4]) s, medians"),
        ("affinity", "servers on CPU 1, the generator on CPU 1 (same) or 0 (other)"),
      ])
    System.write(report.table, to: 1)
    try File.replace(arguments[5] + ".json", with: report.json)
    try File.replace(arguments[5] + ".svg", with: report.chart)
  case ("wakeup", 7):
    let tokens = try number(arguments[2], atLeast: 10)
    let rounds = try number(arguments[3], atLeast: 1)
    let polling = try number(arguments[5], atLeast: 1)
    let bench = WakeupBench(
      directory: arguments[1], sample: TokenSample(live: min(tokens, 1_000_000), of: tokens), rounds: rounds,
      seconds: try duration(arguments[4]), busyPoll: .microseconds(polling))
    let (cells, costs) = try bench.run()
    let report = WakeupReport(
      cells: cells, costs: costs,
      circumstances: [
        ("processor", processorName()), ("tokens", String(tokens)),
        ("rounds", "\(rounds) of \(arguments[4]) s, medians"), ("polling", "\(polling) us"),
        ("affinity", "servers on CPU 1; what asks is on CPU 1 (same) or 0 (other)"),
      ])
    System.write(report.table, to: 1)
    try File.replace(arguments[6] + ".json", with: report.json)
  default:
    System.write(usage, to: 2)
    System.exit(2)
  }
} catch {
  System.write("tokend-bench: \(error)\n", to: 2)
  System.exit(1)
}
