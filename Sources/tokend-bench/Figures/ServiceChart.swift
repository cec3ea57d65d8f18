// What the service benchmark found, for eyes.

/// Bars of each server's rate, as a multiple of Redis's, by load, in SVG.
struct ServiceChart {
  let report: Report
  private static let colours = ["echo": "#b8bcc4", "redis": "#c9695f", "tokend": "#2f6f9f"]
  private static let rowHeight = 66
  private static let left = 230
  /// Of the longest bar.
  private static let room = 430

  var svg: String {
    let times = report.cells.map { report.ratio(of: $0, by: ServiceBench.toRedis)?.median ?? 0 }
    // Of batches the echo server's bar would leave no room for any other: it is cut, and has its number.
    let answered = zip(report.cells, times).filter { $0.0.subject != "echo" }.map(\.1).max() ?? 0
    let longest = times.filter { $0 <= 2 * answered }.max() ?? 0
    let scale = Double(Self.room) / max(longest, 0.01)
    var parts: [String] = []
    for (number, cell) in report.cells.enumerated() {
      // Three servers a load.
      let (row, bar) = number.quotientAndRemainder(dividingBy: 3)
      let top = 60 + row * Self.rowHeight
      if bar == 0 {
        parts.append("<text x=\"\(Self.left - 10)\" y=\"\(top + 29)\" text-anchor=\"end\">\(cell.load)</text>")
      }
      let y = top + bar * 17
      let isCut = times[number] > longest
      let width = isCut ? Self.room : Int(times[number] * scale)
      parts.append(
        "<rect x=\"\(Self.left)\" y=\"\(y)\" width=\"\(width)\" height=\"14\" fill=\"\(Self.colours[cell.subject] ?? "#000")\"/>"
      )
      if isCut {
        let gap = Self.left + width - 30
        parts.append("<path d=\"M\(gap) \(y + 15)l8 -16h6l-8 16z\" fill=\"#fff\"/>")
      }
      parts.append(
        "<text x=\"\(Self.left + width + 6)\" y=\"\(y + 12)\">\(cell.subject) \(decimal(times[number]) ?? "–")</text>")
    }
    let height = 70 + report.cells.count / 3 * Self.rowHeight
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 780 \(height)\" font-family=\"sans-serif\" "
      + "font-size=\"12\">\n<rect width=\"780\" height=\"\(height)\" fill=\"#fff\"/>\n"
      + "<text x=\"20\" y=\"28\" font-size=\"15\">Tokens a second, as multiples of Redis GET: longer is better</text>\n"
      + "<text x=\"20\" y=\"44\" fill=\"#666\">connections × in flight; CPU: the generator's, as against the servers'; batches "
      + "beside GET at 50×16; a bar with a gap is cut</text>\n"
      + parts.joined(separator: "\n") + "\n</svg>\n"
  }
}
