// Whether a Validate allocates: what a daemon's threads ask of the heap while nothing but verdicts is asked of them.

import Linux
import TokenClient
import Wire

/// Counts, on a daemon that has the counter preloaded and the estate's tokens, what each kind of request allocates. First
/// all kinds are asked on all connections, so that buffers have their size. From then on the worker's thread must call
/// nothing of the heap's for a verdict, and must do so for what is known to allocate, lest the counter be broken.
struct AllocationBench {
  private static let worker = "tokend-worker0"
  private static let journal = "tokend-journal"

  /// Where `v.sock`, `a.sock` and the counter's file `allocations` are.
  let directory: String
  let process: Int
  /// The requests of each kind that are sent many at a time; of those that wait for each other, a tenth.
  let requests: Int

  private var socket: String { directory + "/v.sock" }

  /// Requests of some kinds, as they are sent.
  private struct Shape {
    let name: String
    let load: SteadyLoad
    let questions: [VerdictKind]
    let requests: Int
  }

  /// Prints the table.
  /// - Throws: if the worker's thread called anything of the heap's for a verdict, or the counter missed what does.
  func run() throws {
    let batch = VerdictKind.batch(of: 64)
    let each = VerdictKind.ofEachReason + [VerdictKind.demanding(scopes: 40)]
    let shapes = [
      Shape(
        name: "50×16", load: try SteadyLoad(socket: socket, connections: 50, depth: 16),
        questions: each, requests: requests),
      Shape(
        name: "1×1", load: try SteadyLoad(socket: socket, connections: 1, depth: 1),
        questions: each, requests: requests / 10),
      Shape(
        name: "8×2", load: try SteadyLoad(socket: socket, connections: 8, depth: 2), questions: [batch],
        requests: requests / 10),
    ]
    let fence = try SteadyLoad(socket: socket, connections: 1, depth: 1)
    for shape in shapes + shapes {
      for question in shape.questions { try shape.load.ask(question, atLeast: 2 * shape.load.round) }
    }
    System.write(
      "| kind | connections × in flight | requests | worker: allocations | frees | journal: allocations | frees |\n"
        + "|---|---|---|---|---|---|---|\n", to: 1)
    var asked = 0
    var offenders: [String] = []
    for shape in shapes {
      for question in shape.questions {
        var count = 0
        let calls = try counted(behind: fence) { count = try shape.load.ask(question, atLeast: shape.requests) }
        report(question.name, shape.name, count, calls)
        asked += count
        if calls.worker != AllocationTable.Row() { offenders.append("\(question.name), \(shape.name)") }
      }
    }
    let connection = try counted(behind: fence) {
      let fresh = try SteadyLoad(socket: socket, connections: 1, depth: 1)
      try fresh.ask(VerdictKind.ofEachReason[0], atLeast: 1)
    }
    report("control: a new connection", "", 1, connection)
    let administration = try counted(behind: fence) {
      let administrator = Administrator(socket: directory + "/a.sock", timeout: .seconds(30))
      _ = try administrator.call(Methods.listTenants, ListTenantsRequest())
    }
    report("control: ListTenants", "", 1, administration)

    guard connection.worker.allocations > 0, administration.worker.allocations > 0,
      administration.journal.allocations > 0
    else { throw BenchFailure("the counter does not count: what allocates came to nothing") }
    guard offenders.isEmpty else {
      throw BenchFailure("the worker's thread called the heap for: \(offenders.joined(separator: "; "))")
    }
    System.write("\(asked) requests, and the worker's thread called nothing of the heap's\n", to: 1)
  }

  private typealias Calls = (worker: AllocationTable.Row, journal: AllocationTable.Row)

  /// What both threads call while `body` runs.
  /// - Parameter fence: one more verdict is asked for over it before each count. Once that is there, the turn before, to
  ///   its end, is over.
  private func counted(behind fence: SteadyLoad, _ body: () throws -> Void) throws -> Calls {
    func now() throws -> Calls {
      try fence.ask(VerdictKind.ofEachReason[0], atLeast: 1)
      let table = try AllocationTable(file: directory + "/allocations", process: process)
      return (try table.row(Self.worker), try table.row(Self.journal))
    }
    let before = try now()
    try body()
    let after = try now()
    return (after.worker - before.worker, after.journal - before.journal)
  }

  private func report(_ kind: String, _ shape: String, _ count: Int, _ calls: Calls) {
    let figures = [calls.worker.allocations, calls.worker.frees, calls.journal.allocations, calls.journal.frees]
    System.write(
      "| \(kind) | \(shape) | \(count) | " + figures.map(String.init).joined(separator: " | ") + " |\n", to: 1)
  }
}
