// What a wake-up benchmark found, for people and programs.

/// Medians of the rounds, and ratios that are medians of each round's ratio.
struct WakeupReport {
  let cells: [WakeupBench.Cell]
  let costs: [WakeupBench.Cost]
  /// Lines about the run: processor, tokens, rounds.
  let circumstances: [(name: String, value: String)]

  /// Two tables in Markdown.
  var table: String {
    var lines = circumstances.map { "\($0.name): \($0.value)" }
    lines += [
      "", "| processor | who polls | asked | round trip | p50 | p99 | × echo | × neither |",
      "|---|---|---|---|---|---|---|---|",
    ]
    for cell in cells {
      let figures = [
        microseconds(Int(median(cell.roundTrips))), microseconds(median(cell.p50)), microseconds(median(cell.p99)),
        decimal(toEcho(cell)), decimal(toNeither(cell)),
      ]
      lines.append(
        "| \(place(cell)) | \(cell.pollers.rawValue) | \(cell.subject.rawValue) | "
          + figures.joined(separator: " | ") + " |")
    }
    lines += ["", "| load | tokend polls | its processor time, ms a second | p50 |", "|---|---|---|---|"]
    for cost in costs {
      lines.append(
        "| \(name(cost)) | \(cost.isPolling ? "yes" : "no") | \(decimal(median(cost.milliseconds))) | "
          + "\(cost.p50.isEmpty ? "" : microseconds(median(cost.p50))) |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  var json: String {
    let about = circumstances.map { "  \"\($0.name)\": \"\($0.value)\"" }
    let rows = cells.map { cell in
      "    {\"processor\": \"\(place(cell))\", \"polls\": \"\(cell.pollers.rawValue)\", "
        + "\"asked\": \"\(cell.subject.rawValue)\", \"round_trip_ns\": \(Int(median(cell.roundTrips))), "
        + "\"p50_ns\": \(median(cell.p50)), \"p99_ns\": \(median(cell.p99)), "
        + "\"to_echo\": \(decimal(toEcho(cell))), \"to_neither\": \(decimal(toNeither(cell))), "
        + "\"rounds\": [\(cell.roundTrips.map { String(Int($0)) }.joined(separator: ", "))]}"
    }
    let spent = costs.map { cost in
      "    {\"load\": \"\(name(cost))\", \"polls\": \(cost.isPolling), "
        + "\"processor_ms_per_second\": \(decimal(median(cost.milliseconds))), "
        + "\"p50_ns\": \(cost.p50.isEmpty ? "null" : String(median(cost.p50))), "
        + "\"rounds\": [\(cost.milliseconds.map(decimal).joined(separator: ", "))]}"
    }
    return "{\n" + about.joined(separator: ",\n") + ",\n  \"results\": [\n" + rows.joined(separator: ",\n")
      + "\n  ],\n  \"cost\": [\n" + spent.joined(separator: ",\n") + "\n  ]\n}\n"
  }

  private func place(_ cell: WakeupBench.Cell) -> String { cell.isSameProcessor ? "same" : "other" }

  private func name(_ cost: WakeupBench.Cost) -> String {
    cost.load == "idle" ? "idle" : "\(WakeupBench.pace) calls a second"
  }

  /// Against the echo server where the same poll.
  private func toEcho(_ cell: WakeupBench.Cell) -> Double {
    ratio(cell) { $0.isSameProcessor == cell.isSameProcessor && $0.pollers == cell.pollers && $0.subject == .echo }
  }

  /// Against the same where nobody polls.
  private func toNeither(_ cell: WakeupBench.Cell) -> Double {
    ratio(cell) {
      $0.isSameProcessor == cell.isSameProcessor && $0.pollers == .neither && $0.subject == cell.subject
    }
  }

  private func ratio(_ cell: WakeupBench.Cell, _ isOther: (WakeupBench.Cell) -> Bool) -> Double {
    guard let other = cells.first(where: isOther) else { return 1 }
    return median(zip(cell.roundTrips, other.roundTrips).map { $0 / $1 })
  }
}
