// top.

import Linux
import Options
import Wire

/// The live view.
enum TopCommand {
  static let command = Command(
    "top", summary: "watch the daemon: verdicts, denials, latency, busiest tenants and users",
    details: """
      Rates are of the last interval. Keys: q ends it, p pauses, + and - change the interval. Users are counted by all
      their calls, tenants by verdicts on their tokens. Operators only.
      """,
    options: [
      Option(name: "interval", argument: "SECONDS", help: "how often to look, 0.2 to 60 (default 1)"),
      Option(name: "count", argument: "N", help: "look that many times, and end"),
    ], examples: ["tokend-client top", "tokend-client top --interval 5"], run: run)

  private static let intervals: [Double] = [0.2, 0.5, 1, 2, 5, 10, 30, 60]

  private static func run(_ invocation: Invocation) throws(Failure) {
    var interval = try interval(invocation)
    var left = try count(invocation)
    guard Terminal.Stream.output.isTerminal, Terminal.Stream.input.isTerminal else {
      throw Failure(.usage, "top needs a terminal: take tokend-client status --json, or metrics")
    }
    if invocation.isJSON { throw Failure(.usage, "top has no JSON: take tokend-client status --json") }
    // Whether it may, and the daemon is there, is said before the screen is taken.
    var dashboard = Dashboard(bars: .shown, userName: System.userName)
    dashboard.take(try invocation.administer(Methods.getStatus, GetStatusRequest()), at: .now)
    let screen = try Screen()
    var looked = ContinuousClock.now
    var isPaused = false
    while left != 0 {
      let help =
        "q quit   p \(isPaused ? "go on" : "pause")   +/- every \(format(rate: interval)) s"
        + (isPaused ? "   paused" : "")
      screen.show(dashboard.lines(width: screen.width, height: screen.height, help: help))
      let due = looked + .seconds(interval)
      switch screen.key(within: isPaused ? .seconds(60) : due - .now) {
      case .character("q"), .character("Q"), .hungUp: return
      case .character("p"), .character("P"): isPaused.toggle()
      case .character("+"), .character("="): interval = intervals.first { $0 > interval } ?? interval
      case .character("-"): interval = intervals.last { $0 < interval } ?? interval
      default: break
      }
      guard !isPaused, ContinuousClock.now >= due else { continue }
      do throws(Failure) {
        let status = try invocation.administer(Methods.getStatus, GetStatusRequest())
        dashboard.take(status, at: .now)
      } catch {
        dashboard.take(error.message)
      }
      looked = .now
      left = left.map { $0 - 1 }
    }
  }

  private static func interval(_ invocation: Invocation) throws(Failure) -> Double {
    guard let text = invocation.value("interval") else { return 1 }
    guard let seconds = Double(text), (0.2...60).contains(seconds) else {
      throw Failure(.usage, "--interval is '\(text)': give seconds, 0.2 to 60")
    }
    return seconds
  }

  private static func count(_ invocation: Invocation) throws(Failure) -> Int? {
    guard let text = invocation.value("count") else { return nil }
    guard let count = Int(text), count > 0 else {
      throw Failure(.usage, "--count is '\(text)': give a number from 1 on")
    }
    return count
  }
}
