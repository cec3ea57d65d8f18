// What one test of the torture found, as a row of its table.

/// Counts of one test.
struct Outcome: Sendable {
  let test: String
  let seed: UInt64
  var runs = 0
  /// What was done to the daemon: kills, failing calls, damaged files.
  var faults = 0
  /// Changes or verdicts that the daemon gave its word for.
  var acknowledged = 0
  private(set) var violations = 0
  /// The first of them.
  private(set) var found: [String] = []
  /// For a control: a test of the test, in which the oracle must find something.
  var mustFail = false
  var remark = ""

  init(_ test: String, seed: UInt64) {
    self.test = test
    self.seed = seed
  }

  mutating func add(_ violations: [String], in run: String) {
    self.violations += violations.count
    found += violations.prefix(max(0, 20 - found.count)).map { "\(run): \($0)" }
  }

  var isGood: Bool { runs > 0 && (violations > 0) == mustFail }

  static let head = "| test | runs | faults | acknowledged | violations | seed | |\n|---|---:|---:|---:|---:|---:|---|"
  var row: String {
    let verdict = mustFail ? (isGood ? "must fail, and does" : "MUST FAIL, AND DOES NOT") : (isGood ? "" : "FAILED")
    let notes = [verdict, remark].filter { !$0.isEmpty }.joined(separator: "; ")
    return "| \(test) | \(runs) | \(faults) | \(acknowledged) | \(violations) | \(seed) | \(notes) |"
  }
}
