// A machine whose power goes, and one whose disk refuses writes: a kernel of its own, in user mode (Tests/Guest).

import Foundation
import Harness
import Linux

enum Power {
  /// Power cuts, their control with synchronous=NORMAL, which must lose something, and windows of dm-flakey.
  static func run(_ count: Int, seed: UInt64) throws -> [Outcome] {
    [
      try play("power-cut", "power: it goes", count, seed: seed),
      try play(
        "normal", "power: control, synchronous=NORMAL", 3, seed: seed, proof: "was acknowledged and is missing"),
      try play("flakey", "power: the disk fails for a while (dm-flakey)", max(1, count / 5), seed: seed),
    ]
  }

  struct Failure: Error { let why: String }

  private static func play(
    _ test: String, _ name: String, _ count: Int, seed: UInt64, proof: String? = nil
  ) throws -> Outcome {
    var outcome = Outcome(name, seed: seed, proof: proof)
    let output = Pipe()
    // What it has found, a line each among others.
    let told = NSTemporaryDirectory() + "guest-\(test)"
    try Data().write(to: URL(fileURLWithPath: told))
    let guest = try Child(
      URL(filePath: #filePath).appending(path: "../../Guest/run").standardized.path,
      [test, "\(count)", "\(seed % 1_000_000_000)"],
      environment: ProcessInfo.processInfo.environment.merging(["BUILD": RunningDaemon.programs]) { _, new in new },
      output: output.fileHandleForWriting, errors: FileHandle(forWritingAtPath: told))
    try output.fileHandleForWriting.close()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let ending = guest.wait()
    let lines = (try? String(contentsOfFile: told, encoding: .utf8))?.components(separatedBy: "\n") ?? []
    let counts = Dictionary(
      text.split { $0 == " " || $0 == "\n" }.compactMap { word -> (Substring, Int)? in
        let parts = word.split(separator: "=")
        return parts.count == 2 ? Int(parts[1]).map { (parts[0], $0) } : nil
      }
    ) { _, last in last }
    guard ending == .exit(0), let runs = counts["runs"], let faults = counts["faults"],
      let acknowledged = counts["acknowledged"], let violations = counts["violations"]
    else { throw Failure(why: "\(test) could not be carried out: \(lines.suffix(20))") }
    (outcome.runs, outcome.faults, outcome.acknowledged) = (runs, faults, acknowledged)
    let found = lines.filter { $0.contains("violation: ") }
    outcome.add(found, in: test)
    guard found.count == violations, faults == count else {
      throw Failure(
        why: "\(test): \(faults) of \(count) faults came about, \(found.count) of \(violations) violations were told")
    }
    return outcome
  }
}
