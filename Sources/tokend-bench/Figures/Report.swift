// What a benchmark found, for people and programs.

/// Medians of the rounds, and ratios that are medians of each round's ratio, with the least and the greatest of them.
struct Report {
  /// A ratio over all rounds.
  struct Ratio {
    let median: Double
    let least: Double
    let greatest: Double

    /// nil of none.
    init?(of rounds: [Double]) {
      guard let least = rounds.min(), let greatest = rounds.max() else { return nil }
      (self.least, self.greatest) = (least, greatest)
      median = tokend_bench.median(rounds)
    }

    /// The median, and what it lies between if rounds differ; nil if it is no number.
    var text: String? {
      guard let middle = decimal(median) else { return nil }
      let (low, high) = (decimal(least) ?? "–", decimal(greatest) ?? "–")
      return low == high ? middle : "\(middle) (\(low) to \(high))"
    }
  }

  /// A ratio of each cell to another one.
  struct Comparison {
    /// Which cell it is.
    typealias Base = (load: String, subject: String)

    /// As a column of the table, and as a field of the JSON.
    let title: String
    let key: String
    /// To whom; nil if to nobody.
    let base: @Sendable (Cell) -> Base?
    /// Of what.
    let figure: @Sendable (Cell) -> [Double]

    init(
      title: String, key: String, base: @escaping @Sendable (Cell) -> Base?,
      figure: @escaping @Sendable (Cell) -> [Double]
    ) {
      self.title = title
      self.key = key
      self.base = base
      self.figure = figure
    }

    /// To another one under the same load.
    init(title: String, key: String, subject: String, figure: @escaping @Sendable (Cell) -> [Double]) {
      self.init(title: title, key: key, base: { ($0.load, subject) }, figure: figure)
    }
  }

  let cells: [Cell]
  /// Lines about the run: processor, tokens, rounds.
  var circumstances: [(name: String, value: String)]
  let comparisons: [Comparison]
  /// What the cells' other figures are.
  var others: [(title: String, key: String)] = []

  /// A table in Markdown.
  var table: String {
    let titles =
      ["load", "server", "per second", "p50", "p99", "p99.9"] + comparisons.map(\.title) + others.map(\.title)
    var lines = circumstances.map { "\($0.name): \($0.value)" }
    lines += ["ratios: the median of each round's (the least to the greatest of them)", ""]
    lines += [row(titles), "|" + String(repeating: "---|", count: titles.count)]
    for cell in cells {
      let ratios = comparisons.map { ratio(of: cell, by: $0)?.text ?? "–" }
      let latencies = [cell.p50, cell.p99, cell.p999].map { microseconds(median($0)) ?? "–" }
      let more = others.indices.map { decimal(other(cell, $0)) ?? "–" }
      lines.append(row([cell.load, cell.subject, thousands(median(cell.rates))] + latencies + ratios + more))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  var json: String {
    let about = circumstances.map { "  \"\($0.name)\": \"\($0.value)\"" }
    let rows = cells.map { cell in
      var fields = [
        "\"load\": \"\(cell.load)\"", "\"server\": \"\(cell.subject)\"",
        "\"per_second\": \(whole(median(cell.rates)) ?? "null")",
      ]
      fields += [("p50_ns", cell.p50), ("p99_ns", cell.p99), ("p999_ns", cell.p999)].map { key, figures in
        "\"\(key)\": \(whole(median(figures)) ?? "null")"
      }
      for comparison in comparisons {
        guard let ratio = ratio(of: cell, by: comparison) else {
          fields.append("\"\(comparison.key)\": null")
          continue
        }
        let values = [("", ratio.median), ("_least", ratio.least), ("_greatest", ratio.greatest)]
        fields += values.map { "\"\(comparison.key)\($0)\": \(decimal($1) ?? "null")" }
      }
      fields += others.enumerated().map { "\"\($1.key)\": \(decimal(other(cell, $0)) ?? "null")" }
      fields.append("\"rounds\": [\(cell.rates.map { whole($0) ?? "null" }.joined(separator: ", "))]")
      return "    {\(fields.joined(separator: ", "))}"
    }
    return "{\n" + about.joined(separator: ",\n") + ",\n  \"results\": [\n" + rows.joined(separator: ",\n")
      + "\n  ]\n}\n"
  }

  /// nil if it is compared with nobody.
  func ratio(of cell: Cell, by comparison: Comparison) -> Ratio? {
    guard let base = comparison.base(cell),
      let other = cells.first(where: { $0.load == base.load && $0.subject == base.subject })
    else { return nil }
    return Ratio(of: zip(comparison.figure(cell), comparison.figure(other)).map { $0 / $1 })
  }

  /// NaN if there is nothing to tell.
  private func other(_ cell: Cell, _ number: Int) -> Double {
    median(cell.others.compactMap { number < $0.count ? $0[number] : nil })
  }

  private func row(_ columns: [String]) -> String { "| " + columns.joined(separator: " | ") + " |" }

  private func thousands(_ number: Double) -> String {
    switch number {
    case 1e6...: decimal(number / 1e6).map { "\($0)M" } ?? "–"
    case 1e4...: whole(number / 1e3).map { "\($0)k" } ?? "–"
    default: whole(number) ?? "–"
    }
  }
}
