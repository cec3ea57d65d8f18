// What the daemon is told at start: flags come before the file, the file before the defaults.

private import CInih
private import Linux
private import Tokens

/// The daemon's settings.
package struct Configuration: Sendable, Equatable {
  /// Where the database is kept; made with mode 0700 if it is not there.
  package var stateDirectory = ""
  package var listen = ""
  package var adminListen = ""
  package var workers = 1
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

  /// Reads a configuration file: `key = value` lines, `#` or `;` comments.
  /// - Throws: what is wrong, with file and line. An unknown key is wrong.
  package mutating func read(_ path: String) throws(Failure) {
    guard let bytes = System.regularFileBytes(path) else { throw Failure("\(path): is no file that can be read") }
    guard bytes <= 1 << 20 else { throw Failure("\(path): has \(bytes) bytes; a configuration has 1 MiB at most") }
    let reading = Reading(self)
    let line = unsafe ini_parse(
      path,
      { context, section, name, value in
        guard let context = unsafe context, let section = unsafe section, let name = unsafe name,
          let value = unsafe value
        else { return 0 }
        let reading = unsafe Unmanaged<Reading>.fromOpaque(context).takeUnretainedValue()
        return unsafe reading.take(String(cString: section), String(cString: name), String(cString: value))
      }, Unmanaged.passUnretained(reading).toOpaque())
    if line == -1 { throw Failure("\(path): can't be opened") }
    if line == -2 { throw Failure("\(path): no memory to read it") }
    if line != 0 { throw Failure("\(path):\(line): \(reading.problem ?? "is not of the form 'key = value'")") }
    self = reading.configuration
  }

  /// What the parser's callback fills.
  private final class Reading {
    var configuration: Configuration
    var problem: String?

    init(_ configuration: Configuration) { self.configuration = configuration }

    func take(_ section: String, _ name: String, _ value: String) -> Int32 {
      guard problem == nil else { return 0 }
      guard section.isEmpty else {
        problem = "there are no sections: remove [\(section)]"
        return 0
      }
      guard let key = Key(rawValue: name) else {
        problem = "unknown key '\(name)'; known are \(Key.allCases.map(\.rawValue).joined(separator: ", "))"
        return 0
      }
      do throws(Failure) {
        try configuration.set(key, to: value)
        return 1
      } catch {
        problem = error.description
        return 0
      }
    }
  }
}
