// How much the daemon says.

/// The levels of what is logged. A level lets through its own events and those of the levels before it: `error` the
/// fewest, `debug` all.
package enum LogLevel: String, CaseIterable, Comparable, Sendable {
  case error
  case warning
  case info
  case debug

  /// Its place among all.
  var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// What syslog(3) calls it: LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG.
  var priority: Int {
    switch self {
    case .error: 3
    case .warning: 4
    case .info: 6
    case .debug: 7
    }
  }

  package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }
}
