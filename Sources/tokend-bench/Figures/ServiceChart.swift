// What the service benchmark found, for eyes.

/// Bars of each server's rate, as a multiple of Redis's, by load, in SVG.
struct ServiceChart {
  let report: Report
  private static let colours = ["echo": "#b8bcc4", "redis": "#c9695f", "tokend": "#2f6f9f"]
  private static let rowHeight = 66
  private static let left = 230

  var svg: String {
    let times = report.cells.map { report.ratio(of: $0, by: ServiceBench.toRedis)?.median ?? 0 }
    // Rates that are compared are never 0, as the generator sees to it; a chart of none has no bars.
    let scale = 430 / max(times.max() ?? 0, 0.01)
    var parts: [String] = []
    for (number, cell) in report.cells.enumerated() {
      // Three servers a load.
      let (row, bar) = number.quotientAndRemainder(dividingBy: 3)
      let top = 50 + row * Self.rowHeight
      if bar == 0 {
        parts.append("<text x=\"\(Self.left - 10)\" y=\"\(top + 29)\" text-anchor=\"end\">\(cell.load)</text>")
      }
      let y = top + bar * 17
      let width = Int(times[number] * scale)
      parts.append(
        "<rect x=\"\(Self.left)\" y=\"\(y)\" width=\"\(width)\" height=\"14\" fill=\"\(Self.colours[cell.subject] ?? "#000")\"/>"
      )
      parts.append(
        "<text x=\"\(Self.left + width + 6)\" y=\"\(y + 12)\">\(cell.subject) \(decimal(times[number]) ?? "–")</text>")
    }
    let height = 60 + report.cells.count / 3 * Self.rowHeight
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 780 \(height)\" font-family=\"sans-serif\" "
      + "font-size=\"12\">\n<rect width=\"780\" height=\"\(height)\" fill=\"#fff\"/>\n"
      + "<text x=\"20\" y=\"28\" font-size=\"15\">Tokens a second, as multiples of Redis GET</text>\n"
      + parts.joined(separator: "\n") + "\n</svg>\n"
  }
}
