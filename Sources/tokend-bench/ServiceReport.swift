// What a service benchmark found, for people, programs and eyes.

import Linux

/// Medians of the rounds, and ratios that are medians of each round's ratio.
struct ServiceReport {
  let cells: [ServiceBench.Cell]
  /// Lines about the run: processor, tokens, rounds.
  let circumstances: [(name: String, value: String)]

  private var loads: [[ServiceBench.Cell]] {
    stride(from: 0, to: cells.count, by: 3).map { Array(cells[$0..<$0 + 3]) }
  }

  /// A table in Markdown.
  var table: String {
    var lines = circumstances.map { "\($0.name): \($0.value)" }
    lines += [
      "", "| load | server | per second | p50 | p99 | p99.9 | × echo | × redis |", "|---|---|---|---|---|---|---|---|",
    ]
    for load in loads {
      for cell in load {
        let figures = [
          thousands(median(cell.rates)), microseconds(median(cell.p50)), microseconds(median(cell.p99)),
          microseconds(median(cell.p999)), decimal(ratio(cell, load[0])), decimal(ratio(cell, load[1])),
        ]
        lines.append("| \(cell.load) | \(cell.server) | " + figures.joined(separator: " | ") + " |")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  var json: String {
    let about = circumstances.map { "  \"\($0.name)\": \"\($0.value)\"" }
    let rows = loads.flatMap { load in
      load.map { cell in
        "    {\"load\": \"\(cell.load)\", \"server\": \"\(cell.server)\", \"per_second\": \(Int(median(cell.rates))), "
          + "\"p50_ns\": \(median(cell.p50)), \"p99_ns\": \(median(cell.p99)), \"p999_ns\": \(median(cell.p999)), "
          + "\"to_echo\": \(decimal(ratio(cell, load[0]))), \"to_redis\": \(decimal(ratio(cell, load[1]))), "
          + "\"rounds\": [\(cell.rates.map { String(Int($0)) }.joined(separator: ", "))]}"
      }
    }
    return "{\n" + about.joined(separator: ",\n") + ",\n  \"results\": [\n" + rows.joined(separator: ",\n")
      + "\n  ]\n}\n"
  }

  /// Bars of each server's rate, as a multiple of Redis's, by load.
  var chart: String {
    let colours = ["echo": "#b8bcc4", "redis": "#c9695f", "tokend": "#2f6f9f"]
    let rowHeight = 66
    let left = 230
    let longest = cells.indices.map { ratio(cells[$0], cells[$0 / 3 * 3 + 1]) }.max() ?? 1
    let scale = 430 / longest
    var parts: [String] = []
    for (row, load) in loads.enumerated() {
      let top = 50 + row * rowHeight
      parts.append("<text x=\"\(left - 10)\" y=\"\(top + 29)\" text-anchor=\"end\">\(load[0].load)</text>")
      for (bar, cell) in load.enumerated() {
        let times = ratio(cell, load[1])
        let y = top + bar * 17
        parts.append(
          "<rect x=\"\(left)\" y=\"\(y)\" width=\"\(Int(times * scale))\" height=\"14\" fill=\"\(colours[cell.server] ?? "#000")\"/>"
        )
        parts.append(
          "<text x=\"\(left + Int(times * scale) + 6)\" y=\"\(y + 12)\">\(cell.server) \(decimal(times))</text>")
      }
    }
    let height = 60 + loads.count * rowHeight
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 780 \(height)\" font-family=\"sans-serif\" "
      + "font-size=\"12\">\n<rect width=\"780\" height=\"\(height)\" fill=\"#fff\"/>\n"
      + "<text x=\"20\" y=\"28\" font-size=\"15\">Tokens a second, as multiples of Redis GET</text>\n"
      + parts.joined(separator: "\n") + "\n</svg>\n"
  }

  private func ratio(_ cell: ServiceBench.Cell, _ other: ServiceBench.Cell) -> Double {
    median(zip(cell.rates, other.rates).map { $0 / $1 })
  }

  private func thousands(_ number: Double) -> String {
    number >= 1e6 ? "\(decimal(number / 1e6))M" : "\(Int((number / 1e3).rounded()))k"
  }
}
