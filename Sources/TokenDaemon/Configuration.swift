// What the daemon is told at start: flags come before the file, the file before the defaults.

private import Linux
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

  package init() {}

  /// What is wrong with a setting.
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
  }

  /// Changes one setting.
  package mutating func set(_ key: Key, to value: String) throws(Failure) {
    guard !value.isEmpty else { throw Failure("\(key.rawValue) is empty") }
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
    }
  }

  /// Reads a configuration file: lines of `key = value`, each key once; lines that begin with `#` or `;` are comments.
  /// - Throws: what is wrong, with file and line. An unknown key is wrong. Nothing is changed then.
  package mutating func read(_ path: String) throws(Failure) {
    guard let size = System.regularFileBytes(path) else { throw Failure("\(path): is no file that can be read") }
    guard size <= 1 << 20 else { throw Failure("\(path): has \(size) bytes; a configuration has 1 MiB at most") }
    let bytes: [UInt8]
    do throws(Errno) { bytes = try File.read(path, most: 1 << 20) ?? [] } catch {
      throw Failure("\(path): can't be read: \(error)")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Failure("\(path): is not UTF-8 text") }
    var configuration = self
    var seen: Set<Key> = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      do throws(Failure) {
        try configuration.take(line, &seen)
      } catch {
        throw Failure("\(path):\(index + 1): \(error)")
      }
    }
    self = configuration
  }

  private mutating func take(_ line: Substring, _ seen: inout Set<Key>) throws(Failure) {
    let line = Self.trimmed(line)
    guard let first = line.first, first != "#", first != ";" else { return }
    guard first != "[" else { throw Failure("there are no sections: remove \(line)") }
    guard let equals = line.firstIndex(of: "=") else { throw Failure("is not of the form 'key = value'") }
    let name = Self.trimmed(line[..<equals])
    guard let key = Key(rawValue: String(name)) else {
      throw Failure("unknown key '\(name)'; known are \(Key.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard seen.insert(key).inserted else { throw Failure("\(name) is set a second time: leave one line") }
    try set(key, to: String(Self.trimmed(line[line.index(after: equals)...])))
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

  private static func trimmed(_ text: Substring) -> Substring {
    guard let first = text.firstIndex(where: { !$0.isWhitespace }),
      let last = text.lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return text[first...last]
  }
}
