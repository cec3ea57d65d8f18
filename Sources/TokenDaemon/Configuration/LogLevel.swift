// How much the daemon says.

/// The levels of what is logged. A level lets through its own lines and those of the levels before it: `error` the
/// fewest, `debug` all.
package enum LogLevel: String, CaseIterable, Comparable, Sendable {
  case error
  case warning
  case info
  case debug

  /// Its place among all.
  var rank: Int {
    switch self {
    case .error: 0
    case .warning: 1
    case .info: 2
    case .debug: 3
    }
  }

  package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }
}
