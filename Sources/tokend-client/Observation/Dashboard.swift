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

  /// Numbers that are remembered for the sparklines; a wide screen shows no more.
  private static let remembered = 300

  private var status: GetStatusResponse?
  private var interval: Interval?
  private var verdicts: [Double?] = []
  private var denied: [Double?] = []
  private var latency: [Double?] = []
  private var trouble: String?
  /// Who a user is, by number.
  private let userName: (UInt32) -> String?

  init(userName: @escaping (UInt32) -> String?) { self.userName = userName }

  /// Takes in how the daemon is, `seconds` after it was last taken in.
  mutating func take(_ new: GetStatusResponse, after seconds: Double) {
    interval = status.flatMap { Interval(from: $0, to: new, seconds: seconds) }
    if status != nil { remember() }
    status = new
    trouble = nil
  }

  /// Takes in that the daemon could not be asked, and why.
  mutating func take(_ failure: String) {
    trouble = failure
    interval = nil
    if status != nil { remember() }
  }

  private mutating func remember() {
    verdicts = (verdicts + [interval?.verdicts]).suffix(Self.remembered)
    denied = (denied + [interval?.denied]).suffix(Self.remembered)
    latency = (latency + [interval?.most.map { Double($0) }]).suffix(Self.remembered)
  }

  /// The screen, of at most so many lines and columns.
  /// - Parameter help: the last line.
  func lines(width: Int, height: Int, help: String) -> [Line] {
    var lines = head(width) + graphs(width) + [Line()]
    lines += reasons()
    lines.append(Line())
    lines += busiest(width, rows: height - lines.count - 2)
    lines = Array(lines.prefix(max(0, height - 1)))
    while lines.count < height - 1 { lines.append(Line()) }
    return lines + [Line(Part(text: help, style: .title))]
  }

  private func head(_ width: Int) -> [Line] {
    guard let status else {
      return [Line(Part(text: trouble ?? "asking the daemon", style: trouble == nil ? .plain : .bad, isBold: true))]
    }
    func sum(_ path: KeyPath<WorkerStatus, UInt64>) -> UInt64 { status.workers.reduce(0) { $0 + $1[keyPath: path] } }
    let first =
      "tokend \(status.version), since \(formatInstant(status.startedAt)), \(status.workers.count) workers, "
      + "\(sum(\.validationConnections)) + \(sum(\.administrationConnections)) connections"
    let second =
      "\(status.tokens) tokens, revision \(status.revision), \(format(bytes: status.residentBytes)), "
      + "\(Self.text(rate: interval?.processors ?? 0)) processors"
    var lines = [Line(Part(text: Terminal.plain(first), isBold: true)), Line(Part(text: second))]
    if let trouble {
      lines.append(Line(Part(text: Terminal.plain(trouble), style: .bad, isBold: true)))
    } else if status.changesFail {
      lines.append(Line(Part(text: "changes can't be written: see the daemon's log", style: .bad, isBold: true)))
    } else {
      lines.append(
        Line(
          Part(
            text: "\(Self.text(rate: interval?.calls ?? 0)) administration calls/s, \(status.waitingCalls) wait; "
              + "\(Self.text(rate: interval?.refused ?? 0)) calls/s refused undecided")))
    }
    return lines + [Line()]
  }

  private func graphs(_ width: Int) -> [Line] {
    let room = width - 26
    func line(_ title: String, _ value: String, _ style: Style, _ values: [Double?]) -> Line {
      Line(
        Part(text: Self.left(title, 12), style: .title), Part(text: Self.right(value, 12) + "  ", style: style),
        Part(text: Sparkline.text(values, width: room), style: style))
    }
    let most = interval?.most.map { format(nanoseconds: $0) } ?? "-"
    return [
      line("VERDICTS", Self.perSecond(interval?.verdicts), .plain, verdicts),
      line("DENIED", Self.perSecond(interval?.denied), .bad, denied),
      line("99 % WITHIN", most, .plain, latency),
    ]
  }

  private func reasons() -> [Line] {
    let title = Line(
      Part(text: Self.left("REASON", 22) + Self.right("RATE", 12) + Self.right("SHARE", 9), style: .title))
    guard let interval, interval.verdicts > 0 else { return [title, Line(Part(text: "no verdicts"))] }
    return [title]
      + interval.reasons.prefix(6).map { reason in
        let share = Self.fixed(reason.rate / interval.verdicts * 100, digits: 1) + " %"
        return Line(
          Part(text: Self.left(reason.name, 22), style: reason.name == "ALLOWED" ? .good : .bad),
          Part(text: Self.right(Self.perSecond(reason.rate), 12) + Self.right(share, 9)))
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
    let (tenants, peers) = (interval?.tenants ?? [], interval?.peers ?? [])
    for row in 0..<min(rows - 1, max(tenants.count, peers.count)) {
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
      if row < peers.count {
        let user = peers[row].uid.map { userName($0) ?? "uid \($0)" } ?? "others"
        line.parts.append(
          Part(
            text: "  " + Self.left(Terminal.plain(user), 14) + Self.right(Self.perSecond(peers[row].rate), 12)))
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

  private static func perSecond(_ rate: Double?) -> String { rate.map { text(rate: $0) + "/s" } ?? "-" }

  /// A rate in at most seven characters.
  static func text(rate: Double) -> String {
    switch rate {
    case ..<10: fixed(rate, digits: 1)
    case ..<100_000: "\(Int(rate.rounded()))"
    default: "\(Int((rate / 1000).rounded()))k"
    }
  }

  private static func fixed(_ value: Double, digits: Int) -> String {
    let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
    let whole = Int((value * Double(scale)).rounded())
    return "\(whole / scale).\(whole % scale)"
  }
}
