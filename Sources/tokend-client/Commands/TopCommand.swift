// top.

import Linux
import Options
import Wire

/// The live view.
enum TopCommand {
  static let command = Command(
    "top", summary: "watch the daemon: verdicts, denials, latency, busiest tenants and users",
    details: """
      Rates are of the last interval. P50 and P99 are the bounds of a histogram that half and 99 % of the verdicts kept
      within; each is twice the one below it. Errors are calls that got no verdict or reply. Users are counted by all
      their calls, those of this command among them; tenants by verdicts on their tokens. Keys: q ends it, p pauses, + and
      - change the interval. After so many looks as --count says, what was seen last stays. Operators only.
      """,
    options: [
      Option(name: "interval", argument: "SECONDS", help: "how often to look, 0.2 to 60 (default 1)"),
      Option(name: "count", argument: "N", help: "look that many times, and end"),
    ], examples: ["tokend-client top", "tokend-client top --interval 5"], run: run)

  private static let intervals: [Double] = [0.2, 0.5, 1, 2, 5, 10, 30, 60]

  /// A daemon that answers no sooner is told of: what was seen before must not stand for long, nor keys wait.
  private static let patience = Duration.seconds(1)

  private static func run(_ invocation: Invocation) throws(Failure) {
    let (interval, looks) = (try interval(invocation), try looks(invocation))
    guard Terminal.Stream.output.isTerminal, Terminal.Stream.input.isTerminal else {
      throw Failure(.usage, "top needs a terminal: take tokend-client status --json, or metrics")
    }
    if invocation.isJSON { throw Failure(.usage, "top has no JSON: take tokend-client status --json") }
    // Whether it may, and the daemon is there, is said before the screen is taken.
    var dashboard = Dashboard(bars: .shown, userName: System.userName)
    dashboard.take(try invocation.administer(Methods.getStatus, GetStatusRequest()), at: .now)
    guard try watch(&dashboard, invocation, every: interval, looks: looks) else { return }
    // The screen is as it was before: what was seen last is left on it.
    let lines = dashboard.lines(width: Terminal.width ?? 80, height: 60, help: "").map(\.text)
    for line in lines[...(lines.lastIndex { $0.contains { $0 != " " } } ?? 0)] { Terminal.writeLine(line) }
  }

  /// Shows the dashboard until it is ended, or for so many looks.
  /// - Returns: whether it was shown for all of them.
  private static func watch(
    _ dashboard: inout Dashboard, _ invocation: Invocation, every interval: Double, looks: Int?
  ) throws(Failure) -> Bool {
    let screen = try Screen()
    var (interval, left) = (interval, looks)
    var looked = ContinuousClock.now
    var isPaused = false
    while left != 0 {
      let help =
        "q quit   p \(isPaused ? "go on" : "pause")   +/- every \(format(rate: interval)) s"
        + (isPaused ? "   paused" : "")
      screen.show(dashboard.lines(width: screen.width, height: screen.height, help: help))
      let due = looked + .seconds(interval)
      switch screen.key(within: isPaused ? .seconds(60) : due - .now) {
      case .character("q"), .character("Q"), .hungUp: return false
      case .character("p"), .character("P"): isPaused.toggle()
      case .character("+"), .character("="): interval = intervals.first { $0 > interval } ?? interval
      case .character("-"): interval = intervals.last { $0 < interval } ?? interval
      default: break
      }
      guard !isPaused, ContinuousClock.now >= due else { continue }
      do throws(Failure) {
        let status = try invocation.administer(Methods.getStatus, GetStatusRequest(), within: patience)
        dashboard.take(status, at: .now)
      } catch {
        dashboard.take(error.message)
      }
      looked = .now
      left = left.map { $0 - 1 }
    }
    return true
  }

  private static func interval(_ invocation: Invocation) throws(Failure) -> Double {
    guard let text = invocation.value("interval") else { return 1 }
    guard let seconds = Double(text), (0.2...60).contains(seconds) else {
      throw Failure(.usage, "--interval is '\(text)': give seconds, 0.2 to 60")
    }
    return seconds
  }

  private static func looks(_ invocation: Invocation) throws(Failure) -> Int? {
    guard let text = invocation.value("count") else { return nil }
    guard let count = Int(text), count > 0 else {
      throw Failure(.usage, "--count is '\(text)': give a number from 1 on")
    }
    return count
  }
}
