// tokend-torture: faults of every kind, and an oracle that knows what was acknowledged.

import Harness
import Foundation
import Linux

/// The tests, by name, with how often each is repeated by default.
let tests: [(name: String, count: Int, run: (Int, UInt64) throws -> [Outcome])] = [
  ("crashes", 200, { [try Crashes.run($0, seed: $1)] }),
  ("disk", 10_000, { try Disk.run($0, seed: $1) }),
  ("schemas", 1, { [try Schemas.run(seed: $1)] }),
  ("damage", 500, { [try Damage.run($0, seed: $1)] }),
  ("calls", 150, { [try Calls.run($0, seed: $1)] }),
  ("clock", 1, { [try Clock.run(seed: $1)] }),
  ("linearizability", 2_000_000, { try Linearizability.run($0, seed: $1) }),
  ("timing", 600_000, { try Timing.run($0, seed: $1) }),
  ("power", 30, { try Power.run($0, seed: $1) }),
  ("peers", 5, { try Peers.run($0, seed: $1) }),
]

var arguments = CommandLine.arguments.dropFirst()
// A peer that has gone is an error of the call, not the end.
signal(SIGPIPE, SIG_IGN)
Parts.run(arguments)
var share = 1.0
var seed = UInt64.random(in: 0..<1_000_000_000)
var chosen: [String] = []
while let word = arguments.popFirst() {
  switch word {
  case "--share":
    guard let text = arguments.popFirst(), let value = Double(text), value > 0 else { fail("--share: give a number") }
    share = value
  case "--help", "-h":
    let names = tests.map { "  \($0.name)  (\($0.count))\n" }.joined()
    System.write(
      "usage: tokend-torture [--share N] [--seed N] [TEST...]\nAs root. Each TEST has rows that begin with its name; in brackets how often it is repeated at --share 1:\n"
        + names, to: 1)
    exit(0)
  case "--seed":
    guard let text = arguments.popFirst(), let value = UInt64(text) else { fail("--seed: give a number") }
    seed = value
  default:
    guard tests.contains(where: { $0.name == word }) else {
      fail(
        "there is no test \(word): there are \(tests.map(\.name).joined(separator: ", ")); simulation is a program of its own"
      )
    }
    chosen.append(word)
  }
}

var isGood = true
// Whatever becomes of it, it can be repeated.
System.write("tokend-torture: --seed \(seed)\n", to: 2)
System.write(Outcome.head + "\n", to: 1)
for test in tests where chosen.isEmpty || chosen.contains(test.name) {
  do {
    for outcome in try test.run(max(1, Int((Double(test.count) * share).rounded())), seed) {
      System.write(outcome.row + "\n", to: 1)
      isGood = isGood && outcome.isGood
    }
  } catch {
    System.write("| \(test.name) | 0 | 0 | 0 | 0 | \(seed) | FAILED: \(error) |\n", to: 1)
    isGood = false
  }
}
exit(isGood ? 0 : 1)
