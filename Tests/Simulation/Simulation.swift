// tokend-simulation: random schedules of clients, faults and restarts, each repeated by its seed.

import FaultyDisk
import Foundation
import Harness
import Linux
import Store

@main enum Simulation {
  /// Of so many schedules one is run twice, and must be the same both times.
  private static let repeated = 20

  static func main() {
    signal(SIGPIPE, SIG_IGN)
    var words = CommandLine.arguments.dropFirst()
    var (count, seed): (Int, UInt64) = (1000, UInt64.random(in: 0..<1_000_000_000))
    var replay = false
    while let word = words.popFirst() {
      if word == "--help" { fail("usage: tokend-simulation [--schedules N] [--seed N] | --replay SEED") }
      guard let number = words.popFirst().flatMap({ UInt64($0) }) else { fail("\(word): give a number") }
      switch word {
      case "--schedules": count = Int(clamping: number)
      case "--seed": seed = number
      case "--replay": (seed, replay) = (number, true)
      default: fail("usage: tokend-simulation [--schedules N] [--seed N] | --replay SEED")
      }
    }
    do {
      guard faulty_disk_install() == 0 else { fail("the file system could not be registered") }
      let directory = NSTemporaryDirectory() + "tokend-simulation-\(getpid())"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: directory) }
      try Schedule.lay()
      // What the daemon logs of its faults is part of no table.
      let output = dup(1)
      let errors = dup(2)
      if !replay, let nowhere = FileHandle(forWritingAtPath: "/dev/null") { dup2(nowhere.fileDescriptor, 2) }
      guard !replay else {
        let report = try Schedule(seed: seed, directory: directory).run(keepsLines: true)
        for line in report.trace.lines + report.violations { print(line) }
        print("\(report.violations.count) violations")
        exit(report.violations.isEmpty ? 0 : 1)
      }
      // Whatever becomes of it, it can be repeated.
      System.write("tokend-simulation: --seed \(seed)\n", to: errors)
      var outcome = Outcome("simulation", seed: seed)
      outcome.log = errors
      outcome.missing = "no revocation was acknowledged"
      for number in 0..<count {
        let schedule = Schedule(seed: seed &+ UInt64(number), directory: directory)
        try "\(schedule.seed)\n".write(toFile: directory + "/replay", atomically: false, encoding: .utf8)
        outcome.runs += 1
        let report: Schedule.Report
        do { report = try schedule.run() } catch  where error is SQLiteError || error is StartFailure {
          outcome.add(["the database is lost: \(error)"], in: "--replay \(schedule.seed)")
          continue
        }
        outcome.faults += report.faults
        outcome.acknowledged += report.acknowledged
        if report.revocations > 0 { outcome.missing = nil }
        outcome.add(report.violations, in: "--replay \(schedule.seed)")
        if number % repeated == 0, try schedule.run().trace.hash != report.trace.hash {
          outcome.add(["a second run took another course"], in: "--replay \(schedule.seed)")
        }
      }
      System.write(outcome.row + "\n", to: output)
      let control = try control(of: max(20, count / 20), from: seed, in: directory)
      System.write(control.row + "\n", to: output)
      exit(outcome.isGood && control.isGood ? 0 : 1)
    } catch {
      fail("\(error)")
    }
  }

  /// The same on a disk whose syncs do nothing, which the oracle must see.
  private static func control(of count: Int, from seed: UInt64, in directory: String) throws -> Outcome {
    // A token that was acknowledged is not there any more.
    var control = Outcome("simulation: control, syncs do nothing", seed: seed, proof: "is UNKNOWN; can be")
    faulty_disk_set_honest(0)
    for number in 0..<count {
      let schedule = Schedule(seed: seed &+ UInt64(number), directory: directory)
      control.runs += 1
      // One whose database can't be read any more proves nothing.
      guard let report = try? schedule.run() else { continue }
      control.faults += report.faults
      control.acknowledged += report.acknowledged
      control.add(report.violations, in: "--replay \(schedule.seed)")
    }
    return control
  }

  private static func fail(_ why: String) -> Never {
    System.write("tokend-simulation: \(why)\n", to: 2)
    exit(2)
  }
}
