// What one test of the torture found, as a row of its table.

/// Counts of one test.
package struct Outcome: Sendable {
  package let test: String
  package let seed: UInt64
  package var runs = 0
  /// What was done to the daemon: kills, failing calls, damaged files.
  package var faults = 0
  /// Changes or verdicts that the daemon gave its word for.
  package var acknowledged = 0
  package private(set) var violations = 0
  /// The first of them.
  package private(set) var found: [String] = []
  /// For a control: a test of the test, in which the oracle must find something.
  package var mustFail = false
  package var remark = ""

  package init(_ test: String, seed: UInt64) {
    self.test = test
    self.seed = seed
  }

  package mutating func add(_ violations: [String], in run: String) {
    self.violations += violations.count
    found += violations.prefix(max(0, 20 - found.count)).map { "\(run): \($0)" }
  }

  package var isGood: Bool { runs > 0 && (violations > 0) == mustFail }

  package static let head =
    "| test | runs | faults | acknowledged | violations | seed | |\n|---|---:|---:|---:|---:|---:|---|"
  package var row: String {
    let verdict = mustFail ? (isGood ? "must fail, and does" : "MUST FAIL, AND DOES NOT") : (isGood ? "" : "FAILED")
    let notes = [verdict, remark].filter { !$0.isEmpty }.joined(separator: "; ")
    return "| \(test) | \(runs) | \(faults) | \(acknowledged) | \(violations) | \(seed) | \(notes) |"
  }
}
