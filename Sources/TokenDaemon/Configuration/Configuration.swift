// The daemon's settings: what there are, and which values will do. Where they come from is in ConfigurationSources.

private import Tokens

/// The daemon's settings.
package struct Configuration: Sendable, Equatable {
  /// Where the database is kept; made with mode 0700 if it is not there.
  package var stateDirectory = ""
  package var listen = ""
  package var adminListen = ""
  package var workers = 1
  /// How long a worker polls after an event before it sleeps; zero for not at all.
  package var busyPoll = Duration.zero
  package var tokenPrefix = "tokend_"
  /// Seconds between two writings of what tokens were used for; a crash loses what came since the last.
  package var usageInterval = 60
  /// The group that may connect to validate; nil for the daemon's own.
  package var clientsGroup: String?
  /// The group whose members are operators; nil for that of the administration socket, if that is not set apart.
  package var adminGroup: String?
  /// The group that may connect to administer, by the grants its members have; nil for the operators'.
  package var adminSocketGroup: String?
  /// The most talkative level that is logged.
  package var logLevel = LogLevel.info

  package init() {}

  /// What is wrong with a setting, and what to do about it, in one line.
  package struct Failure: Error, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
  }

  /// The settings' names, in files and, with two dashes, as flags.
  package enum Key: String, CaseIterable, Sendable {
    case stateDirectory = "state-dir"
    case listen
    case adminListen = "admin-listen"
    case workers
    case busyPoll = "busy-poll"
    case tokenPrefix = "token-prefix"
    case usageInterval = "usage-interval"
    case clientsGroup = "clients-group"
    case adminGroup = "admin-group"
    case adminSocketGroup = "admin-socket-group"
    case logLevel = "log-level"

    /// The name in the environment, such as TOKEND_BUSY_POLL.
    package var variable: String { "TOKEND_" + String(rawValue.uppercased().map { $0 == "-" ? "_" : $0 }) }

    /// Whether it names a socket, which systemd may pass instead.
    package var isSocket: Bool { self == .listen || self == .adminListen }

    /// Whether a running daemon can take a new value; the others take effect at a restart.
    package var takesEffectAtOnce: Bool { self == .logLevel }
  }

  /// Changes one setting.
  /// - Throws: why `value` won't do, and what would.
  package mutating func set(_ key: Key, to value: String) throws(Failure) {
    guard !value.isEmpty else { throw Failure("\(key.rawValue) is empty: give a value, or leave it out") }
    // A zero byte would end a path early, and others would reach the terminal of whoever reads what is wrong.
    guard !value.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      throw Failure("\(key.rawValue) holds a control character: remove it")
    }
    switch key {
    case .stateDirectory: stateDirectory = value
    case .listen: listen = value
    case .adminListen: adminListen = value
    case .workers:
      guard let number = Int(value), Limits.workers.contains(number) else {
        throw Failure(
          "workers is '\(value)': give a number from \(Limits.workers.lowerBound) to \(Limits.workers.upperBound)")
      }
      workers = number
    case .busyPoll:
      guard let number = Self.microseconds(value), Limits.busyPollMicroseconds.contains(number) else {
        throw Failure(
          "busy-poll is '\(value)': give a whole number of us or ms, such as 50us, at most 1ms, or 'off'")
      }
      busyPoll = .microseconds(number)
    case .tokenPrefix:
      guard TokenFormat(prefix: value) != nil else {
        throw Failure(
          "token-prefix is '\(value)': give 2 to 6 lowercase letters or digits, a letter first, and an underscore at the end"
        )
      }
      tokenPrefix = value
    case .usageInterval:
      guard let number = Int(value), Limits.usageInterval.contains(number) else {
        throw Failure(
          "usage-interval is '\(value)': give seconds, \(Limits.usageInterval.lowerBound) to \(Limits.usageInterval.upperBound)"
        )
      }
      usageInterval = number
    case .clientsGroup: clientsGroup = value
    case .adminGroup: adminGroup = value
    case .adminSocketGroup: adminSocketGroup = value
    case .logLevel:
      guard let level = LogLevel(rawValue: value) else {
        let levels = LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
        throw Failure("log-level is '\(value)': give one of \(levels)")
      }
      logLevel = level
    }
  }

  /// A setting as it may be written, or nil if it is not set.
  package func text(of key: Key) -> String? {
    switch key {
    case .stateDirectory: stateDirectory.isEmpty ? nil : stateDirectory
    case .listen: listen.isEmpty ? nil : listen
    case .adminListen: adminListen.isEmpty ? nil : adminListen
    case .workers: String(workers)
    case .busyPoll: busyPoll == .zero ? "off" : "\(Int(busyPoll / .microseconds(1)))us"
    case .tokenPrefix: tokenPrefix
    case .usageInterval: String(usageInterval)
    case .clientsGroup: clientsGroup
    case .adminGroup: adminGroup
    case .adminSocketGroup: adminSocketGroup
    case .logLevel: logLevel.rawValue
    }
  }

  /// Settings that differ between two configurations.
  package struct Changes: Sendable, Equatable {
    /// Those that a running daemon can take.
    package let atOnce: [Key]
    /// Those that stay as they were until it is started again.
    package let atRestart: [Key]

    package var isEmpty: Bool { atOnce.isEmpty && atRestart.isEmpty }
  }

  /// What differs from the configuration that was there before. A value that is written in another way is the same.
  package func changes(from old: Configuration) -> Changes {
    let keys = Key.allCases.filter { text(of: $0) != old.text(of: $0) }
    return Changes(atOnce: keys.filter(\.takesEffectAtOnce), atRestart: keys.filter { !$0.takesEffectAtOnce })
  }

  /// What `50us`, `1ms`, or `off` and `0`, stand for; nil for anything else.
  private static func microseconds(_ text: String) -> Int? {
    if text == "off" || text == "0" { return 0 }
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits) else { return nil }
    switch text.dropFirst(digits.count) {
    case "us": return number
    // Checked, as the number may be any.
    case "ms": return number <= Limits.busyPollMicroseconds.upperBound / 1000 ? number * 1000 : nil
    default: return nil
    }
  }
}
