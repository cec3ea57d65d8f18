// The settings that hold once every source has been read, and where each of them came from.

/// A configuration that remembers its sources.
package struct EffectiveSettings: Sendable {
  package private(set) var configuration = Configuration()
  private var origins: [Configuration.Key: Origin] = [:]
  /// What was read, in order.
  package private(set) var files: [String] = []
  private(set) var problems = ConfigurationProblems()
  private var refused: Set<Configuration.Key> = []
  private var isWhole = true

  /// Where a value was found.
  package enum Origin: Sendable, Equatable, CustomStringConvertible {
    case standard
    case file(String, line: Int)
    case variable(String)
    case flag(Configuration.Key)

    /// As a person finds it: `FILE:LINE`, the variable's name, the flag, or `default`.
    package var description: String {
      switch self {
      case .standard: "default"
      case .file(let path, let line): "\(path):\(line)"
      case .variable(let name): name
      case .flag(let key): "--\(key.rawValue)"
      }
    }
  }

  init() {}

  package func origin(of key: Configuration.Key) -> Origin { origins[key] ?? .standard }

  /// Sets what the sources read before have set otherwise or not at all. A value that won't do is a problem.
  mutating func set(_ key: Configuration.Key, to value: String, from origin: Origin) {
    do throws(Configuration.Failure) {
      try configuration.set(key, to: value)
      origins[key] = origin
    } catch {
      problems.add("\(origin): \(error)")
      refused.insert(key)
    }
  }

  /// Whether nobody has set the key. If a value for it was refused, or a file was not read, nobody knows.
  func lacks(_ key: Configuration.Key) -> Bool {
    isWhole && !refused.contains(key) && configuration.text(of: key) == nil
  }

  mutating func note(_ problem: String) { problems.add(problem) }
  mutating func noteFile(_ path: String) { files.append(path) }
  /// Notes why a file, or a directory of files, was not read.
  mutating func noteUnread(_ problem: String) {
    problems.add(problem)
    isWhole = false
  }

  /// A line that says what was read, and one for each setting: `key = value   # where it came from`.
  package var table: String {
    let rows = Configuration.Key.allCases.map { key in
      let text = configuration.text(of: key)
      let unset = key.isSocket ? "not set: the socket is systemd's to pass" : "not set"
      return (key: key.rawValue, value: text ?? "", origin: text == nil ? unset : "\(origin(of: key))")
    }
    let (keys, values) = (rows.map(\.key.count).max() ?? 0, rows.map(\.value.count).max() ?? 0)
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    let read = files.isEmpty ? "there is no file to read" : "read \(files.joined(separator: ", "))"
    return "# all is well: \(read)\n"
      + rows.map { "\(padded($0.key, keys)) = \(padded($0.value, values))   # \($0.origin)\n" }.joined()
  }
}
