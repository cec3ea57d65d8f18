// A machine whose power goes, and one whose disk refuses writes: a kernel of its own, in user mode (Tests/Guest).

import Foundation
import Harness
import Linux

enum PowerCuts {
  /// Power cuts, their control with synchronous=NORMAL, which must lose something, and windows of dm-flakey.
  static func run(_ count: Int, seed: UInt64) throws -> [Outcome] {
    [
      try play("power-cut", "the power goes", count, seed: seed),
      try play("normal", "the power goes: control, synchronous=NORMAL", 3, seed: seed, mustFail: true),
      try play("flakey", "the disk fails for a while (dm-flakey)", max(1, count / 5), seed: seed),
    ]
  }

  struct Failure: Error { let why: String }

  private static func play(
    _ test: String, _ name: String, _ count: Int, seed: UInt64, mustFail: Bool = false
  ) throws -> Outcome {
    var outcome = Outcome(name, seed: seed)
    outcome.mustFail = mustFail
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "Tests/Guest/run")
    process.arguments = [test, "\(count)", "\(seed % 1_000_000_000)"]
    process.environment = ProcessInfo.processInfo.environment.merging(["BUILD": RunningDaemon.programs]) { _, new in new
    }
    let output = Pipe()
    process.standardOutput = output
    // Of the control each loss would be told.
    if mustFail { process.standardError = FileHandle.nullDevice }
    try process.run()
    try output.fileHandleForWriting.close()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let counts = Dictionary(
      text.split { $0 == " " || $0 == "\n" }.compactMap { word -> (Substring, Int)? in
        let parts = word.split(separator: "=")
        return parts.count == 2 ? Int(parts[1]).map { (parts[0], $0) } : nil
      }
    ) { _, last in last }
    guard process.terminationStatus == 0, let runs = counts["runs"], let faults = counts["faults"],
      let acknowledged = counts["acknowledged"], let violations = counts["violations"]
    else { throw Failure(why: "\(test) could not be carried out") }
    (outcome.runs, outcome.faults, outcome.acknowledged) = (runs, faults, acknowledged)
    // What they are has been written where errors go.
    outcome.add(Array(repeating: "see above", count: violations), in: test)
    if faults != count { outcome.add(["\(faults) of \(count) faults came about"], in: test) }
    return outcome
  }
}
