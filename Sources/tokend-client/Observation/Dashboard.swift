// What `top` shows: lines of text, put together without a terminal.

import Tokens
import Wire

/// What is known of the daemon over the last minutes, as lines for a screen of any size.
struct Dashboard {
  /// How a piece of text looks.
  enum Style { case plain, good, bad, title }

  /// A piece of a line.
  struct Part: Equatable {
    let text: String
    var style = Style.plain
    var isBold = false
  }

  struct Line: Equatable {
    var parts: [Part]
    init(_ parts: Part...) { self.parts = parts }
    var text: String { parts.map(\.text).joined() }
  }

  private var status: GetStatusResponse?
  /// When `status` was taken in.
  private var moment = ContinuousClock.now
  private var interval: Interval?
  private var history = History()
  private var trouble: String?
  private let bars: Sparkline.Bars
  /// Who a user is, by number; asked once for each.
  private let userName: (UInt32) -> String?
  private var userNames: [UInt32: String] = [:]

  init(bars: Sparkline.Bars, userName: @escaping (UInt32) -> String?) {
    self.bars = bars
    self.userName = userName
  }

  /// Takes in how the daemon is at a moment.
  mutating func take(_ new: GetStatusResponse, at now: ContinuousClock.Instant) {
    // Not since the last look, but since the last that was answered: the counters went on in between.
    let seconds = (now - moment) / .seconds(1)
    interval = status.flatMap { Interval(from: $0, to: new, seconds: seconds) }
    if status != nil { history.add(interval) }
    for uid in (interval?.users ?? []).compactMap(\.uid) where userNames[uid] == nil {
      userNames[uid] = userName(uid) ?? "uid \(uid)"
    }
    (status, moment, trouble) = (new, now, nil)
  }

  /// Takes in that the daemon could not be asked, and why.
  mutating func take(_ failure: String) {
    trouble = failure
    interval = nil
    if status != nil { history.add(nil) }
  }

  /// The screen, of so many lines and columns.
  /// - Parameter help: the last line.
  func lines(width: Int, height: Int, help: String) -> [Line] {
    var lines = head(width) + graphs(width) + [Line()]
    lines += reasons(width)
    lines.append(Line())
    let rows = height - lines.count - 1
    lines += busiest(width, rows: rows)
    lines = Array(lines.prefix(max(0, height - 1)))
    while lines.count < height - 1 { lines.append(Line()) }
    let hint = rows > 1 ? "" : "   tenants and users: in a window of \(height - rows + 2) lines"
    return lines + [Line(Part(text: help + hint, style: .title))]
  }

  private func head(_ width: Int) -> [Line] {
    func bad(_ text: String) -> [Line] {
      wrapped(Terminal.plain(text), to: width).map { Line(Part(text: $0, style: .bad, isBold: true)) }
    }
    guard let status else { return trouble.map(bad) ?? [Line(Part(text: "asking the daemon"))] }
    func sum(_ path: KeyPath<WorkerStatus, UInt64>) -> UInt64 { status.workers.reduce(0) { $0 + $1[keyPath: path] } }
    let first =
      "tokend \(status.version), since \(formatInstant(status.startedAt)), "
      + "\(status.tokens) tokens, \(format(bytes: status.residentBytes))"
    let second =
      "\(sum(\.validationConnections)) connections to validate, \(sum(\.administrationConnections)) to administer; "
      + "\(status.workers.count) worker\(status.workers.count == 1 ? "" : "s"), "
      + "\(interval.map { format(rate: $0.cpus) } ?? "-") CPUs busy"
    var lines = [Line(Part(text: Terminal.plain(first), isBold: true)), Line(Part(text: second))]
    if let trouble {
      lines += bad(trouble)
    } else if let trouble = status.trouble {
      lines += bad("changes: \(trouble)")
    } else {
      lines.append(
        Line(
          Part(
            text: "\(Self.perSecond(interval?.calls)) administration calls, \(status.waitingCalls) wait; "
              + "\(Self.perSecond(interval?.refused)) errors")))
    }
    return lines + [Line()]
  }

  private func graphs(_ width: Int) -> [Line] {
    func line(_ title: String, _ value: String, _ style: Style, _ values: [Double?]) -> Line {
      Line(
        Part(text: Self.left(title, 12), style: .title), Part(text: Self.right(value, 12) + "  ", style: style),
        Part(text: Sparkline.text(values, width: width - 26, of: bars), style: style))
    }
    func bound(_ nanoseconds: UInt64?) -> String { nanoseconds.map { format(nanoseconds: $0) } ?? "-" }
    return [
      line("VERDICTS", Self.perSecond(interval?.verdicts), .plain, history.verdicts),
      line("DENIED", Self.perSecond(interval?.denied), .bad, history.denied),
      line("P50 WITHIN", bound(interval?.p50), .plain, history.p50),
      line("P99 WITHIN", bound(interval?.p99), .plain, history.p99),
    ]
  }

  /// Those of the last minutes; their shares are of the interval.
  private func reasons(_ width: Int) -> [Line] {
    let title = Line(
      Part(text: Self.left("REASON", 22) + Self.right("RATE", 10) + Self.right("SHARE", 9), style: .title))
    let reasons = history.reasons.prefix(6)
    guard !reasons.isEmpty else {
      let isFirst = interval == nil && trouble == nil
      return [title, Line(Part(text: isFirst ? "waiting for the first interval" : "no verdicts yet"))]
    }
    return [title]
      + reasons.map { reason in
        let style: Style = reason.name == "ALLOWED" ? .good : .bad
        let rate = reason.rates.last.flatMap { $0 }
        let all = interval?.verdicts ?? 0
        let share = rate.flatMap { all > 0 ? fixed($0 / all * 100, digits: 1) + " %" : nil } ?? "-"
        return Line(
          Part(text: Self.left(Terminal.plain(reason.name), 22), style: style),
          Part(text: Self.right(Self.perSecond(rate), 10) + Self.right(share, 9) + "  "),
          Part(text: Sparkline.text(reason.rates, width: width - 43, of: bars), style: style))
      }
  }

  /// Tenants at the left, users at the right.
  private func busiest(_ width: Int, rows: Int) -> [Line] {
    guard rows > 1 else { return [] }
    let right = 26
    let left = max(20, width - right - 2)
    let name = left - 22
    var lines = [
      Line(
        Part(
          text: Self.left("TENANT", name) + Self.right("ALLOWED", 11) + Self.right("DENIED", 11) + "  "
            + Self.left("USER", 14) + Self.right("CALLS", 12), style: .title))
    ]
    let (tenants, users) = (interval?.tenants ?? [], interval?.users ?? [])
    for row in 0..<min(rows - 1, max(tenants.count, users.count)) {
      var line = Line()
      if row < tenants.count {
        let tenant = tenants[row]
        line.parts = [
          Part(text: Self.left(Terminal.plain(tenant.name), name)),
          Part(text: Self.right(Self.perSecond(tenant.allowed), 11), style: .good),
          Part(text: Self.right(Self.perSecond(tenant.denied), 11), style: tenant.denied > 0 ? .bad : .plain),
        ]
      } else {
        line.parts = [Part(text: String(repeating: " ", count: left))]
      }
      if row < users.count {
        let user = users[row].uid.map { userNames[$0] ?? "uid \($0)" } ?? "others"
        line.parts.append(
          Part(text: "  " + Self.left(Terminal.plain(user), 14) + Self.right(Self.perSecond(users[row].rate), 12)))
      }
      lines.append(line)
    }
    return lines
  }

  // MARK: Text

  private static func left(_ text: String, _ width: Int) -> String {
    let text = cut(text, to: width)
    return text + String(repeating: " ", count: max(0, width - displayWidth(text)))
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - displayWidth(text))) + text
  }

  private static func perSecond(_ rate: Double?) -> String { rate.map { format(rate: $0) + "/s" } ?? "-" }
}
