// Ratios of a report, and how its table and its JSON have them.

import Testing

@testable import tokend_bench

@Suite struct ReportTests {
  private static let comparison = Report.Comparison(
    title: "× floor", key: "to_floor", subject: "floor", figure: \.rates)

  private func report(_ subjects: [(name: String, rates: [Double])]) -> Report {
    let cells = subjects.map { subject in
      var cell = Cell(load: "1×1", subject: subject.name)
      cell.rates = subject.rates
      return cell
    }
    return Report(cells: cells, circumstances: [("rounds", "some")], comparisons: [Self.comparison])
  }

  @Test func `a ratio is the median of each round's, not the ratio of medians`() {
    let report = report([("floor", [10, 100, 1000]), ("subject", [20, 50, 4000])])
    let ratio = report.ratio(of: report.cells[1], by: Self.comparison)
    #expect(ratio?.median == 2)
    #expect(ratio?.least == 0.5)
    #expect(ratio?.greatest == 4)
  }

  @Test func `what is compared with nobody has no ratio`() {
    let report = report([("subject", [1])])
    #expect(report.ratio(of: report.cells[0], by: Self.comparison) == nil)
    #expect(report.json.contains("\"to_floor\": null"))
  }

  @Test func `table and JSON have the same figures`() {
    let report = report([("floor", [10, 10]), ("subject", [12.6, 2.6])])
    #expect(report.table.contains("| 1×1 | subject | 8 | – | – | – | 0.76 (0.26 to 1.26) |"))
    #expect(report.table.contains("| 1×1 | floor | 10 | – | – | – | 1.00 |"))
    #expect(
      report.json.contains(
        "\"per_second\": 8, \"p50_ns\": null, \"p99_ns\": null, \"p999_ns\": null, \"to_floor\": 0.76, "
          + "\"to_floor_least\": 0.26, \"to_floor_greatest\": 1.26, \"rounds\": [13, 3]"))
  }

  @Test func `a rate of nothing is told, and does not end the program`() {
    let report = report([("floor", [0]), ("subject", [5])])
    #expect(report.table.contains("| 1×1 | subject | 5 | – | – | – | – |"))
    #expect(report.json.contains("\"to_floor\": null"))
  }
}
