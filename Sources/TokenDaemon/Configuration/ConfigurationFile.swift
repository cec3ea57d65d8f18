// One configuration file: that it can be trusted, and what its lines say. Why no library reads it: docs/decisions/0012.

internal import Linux

/// The text of a file that nobody but root or the daemon's own user can have meant.
struct ConfigurationFile {
  let path: String
  private let text: String

  /// Reads the file at `path`, of 1 MiB at most.
  /// - Parameter user: whose files are trusted besides root's.
  /// - Returns: nil if nothing is there.
  /// - Throws: why it is not read, and what to do, naming it.
  init?(_ path: String, user: UInt32) throws(Configuration.Failure) {
    let found: Found
    do throws(Errno) {
      found = try Self.find(path, user)
    } catch {
      guard !error.isAbsence else { return nil }
      throw Configuration.Failure("\(path): can't be read (\(error)): let uid \(user) read it")
    }
    guard case .bytes(let bytes) = found else {
      guard case .refused(let why) = found else { return nil }
      throw Configuration.Failure("\(path): \(why)")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Configuration.Failure("\(path): is not UTF-8 text: write it anew")
    }
    self.path = path
    self.text = text
  }

  private enum Found {
    case refused(String)
    case bytes([UInt8])
  }

  private static func find(_ path: String, _ user: UInt32) throws(Errno) -> Found {
    guard let file = try RegularFile(path) else {
      return .refused("is no regular file: put one in its place, or remove it")
    }
    let ownership = file.ownership
    if let refusal = refusal(of: path, owner: ownership.uid, mode: ownership.mode, user: user) {
      return .refused(refusal)
    }
    guard file.bytes <= Limits.configurationBytes else {
      return .refused("has \(file.bytes) bytes; a configuration has 1 MiB at most: cut it down")
    }
    return .bytes(try file.read(most: Limits.configurationBytes))
  }

  /// Why a file or directory of settings is not trusted, or nil. Whoever can write one chooses who is an operator.
  static func refusal(of path: String, owner: UInt32, mode: UInt32, user: UInt32) -> String? {
    let danger = "whoever writes it chooses who is an operator"
    guard owner == 0 || owner == user else {
      return "belongs to uid \(owner), not to root or the daemon's uid \(user), and \(danger): "
        + "look what is in it, then run chown root \(path)"
    }
    guard mode & 0o002 == 0 else {
      return "can be written by anybody (mode \(String(mode, radix: 8))), and \(danger): "
        + "look what is in it, then run chmod o-w \(path)"
    }
    return nil
  }

  /// Takes the settings of every line: `key = value`, each key once; lines that begin with `#` or `;` are comments. A
  /// line that is wrong is a problem and sets nothing; the lines behind it are read.
  func apply(to settings: inout EffectiveSettings) {
    settings.noteFile(path)
    var lines: [Configuration.Key: Int] = [:]
    // By the line feed alone, as editors count.
    for (index, line) in text.utf8.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
      let origin = EffectiveSettings.Origin.file(path, line: index + 1)
      do throws(Configuration.Failure) {
        guard let (key, value) = try Self.read(Substring(line)) else { continue }
        if let first = lines[key] {
          throw Configuration.Failure("\(key.rawValue) is set a second time, after line \(first): leave one of them")
        }
        lines[key] = index + 1
        settings.set(key, to: value, from: origin)
      } catch {
        settings.note("\(origin): \(error)")
      }
    }
  }

  /// What a line sets; nil for a comment or a blank.
  private static func read(_ line: Substring) throws(Configuration.Failure) -> (Configuration.Key, String)? {
    let line = trimmed(line)
    guard let first = line.first, first != "#", first != ";" else { return nil }
    guard !line.unicodeScalars.contains(where: { $0.properties.generalCategory == .control && $0 != "\t" }) else {
      throw Configuration.Failure("there is a control character: remove it")
    }
    guard first != "[" else { throw Configuration.Failure("there are no sections: remove \(line)") }
    guard let equals = line.firstIndex(of: "=") else {
      throw Configuration.Failure("is not of the form 'key = value': give it that, or begin it with # as a comment")
    }
    let name = String(trimmed(line[..<equals]))
    guard let key = Configuration.Key(rawValue: name) else {
      let known = Configuration.Key.allCases.map(\.rawValue).joined(separator: ", ")
      throw Configuration.Failure("unknown key '\(name)': remove it; known are \(known)")
    }
    return (key, String(trimmed(line[line.index(after: equals)...])))
  }

  private static func trimmed(_ text: Substring) -> Substring {
    guard let first = text.firstIndex(where: { !$0.isWhitespace }),
      let last = text.lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return text[first...last]
  }
}
