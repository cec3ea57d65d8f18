// What one test of the torture found, as a row of its table.

import Linux

/// Counts of one test.
package struct Outcome: Sendable {
  package let test: String
  package let seed: UInt64
  /// Whether it does something to the daemon: then a run without a fault shows nothing.
  private let injects: Bool
  /// For a control, a test of the test: what a violation must say to prove that the oracle sees what it is there to see.
  private let proof: String?
  /// Where violations are written as they are found; nil for a control's, which are many.
  package var log: Int32? = 2

  package var runs = 0
  /// What befell the daemon: kills, calls that failed, damaged files. What was meant to and did not is not counted.
  package var faults = 0
  /// Changes or verdicts that the daemon gave its word for.
  package var acknowledged = 0
  package private(set) var violations = 0
  package var remark = ""
  /// What should have been done and was not; then nothing is shown.
  package var missing: String?

  package init(_ test: String, seed: UInt64, injects: Bool = true, proof: String? = nil) {
    (self.test, self.seed, self.injects, self.proof) = (test, seed, injects, proof)
  }

  package var isControl: Bool { proof != nil }

  package mutating func add(_ violations: [String], in run: String) {
    if let proof {
      self.violations += violations.count { $0.contains(proof) }
      return
    }
    for violation in violations.prefix(max(0, 20 - self.violations)) {
      if let log { System.write("  \(test): \(run): \(violation)\n", to: log) }
    }
    self.violations += violations.count
  }

  /// Whether anything was done that could have failed.
  private var isReal: Bool { runs > 0 && acknowledged > 0 && (faults > 0 || !injects) && missing == nil }

  package var isGood: Bool { isReal && (violations > 0) == isControl }

  package static let head =
    "| test | runs | faults | acknowledged | violations | seed | |\n|---|---:|---:|---:|---:|---:|---|"
  package var row: String {
    let verdict =
      switch (isReal, isControl, isGood) {
      case (false, _, _): "FAILED: \(missing ?? "it did nothing that could have gone wrong")"
      case (_, true, true): "must fail, and does"
      case (_, true, false): "MUST FAIL, AND DOES NOT"
      case (_, false, let isGood): isGood ? "" : "FAILED"
      }
    let notes = [verdict, remark].filter { !$0.isEmpty }.joined(separator: "; ")
    return "| \(test) | \(runs) | \(faults) | \(acknowledged) | \(violations) | \(seed) | \(notes) |"
  }
}
