// A directory with configuration files, for a test.

import Foundation
import Linux

@testable import TokenDaemon

/// Stands for /etc/tokend, and goes with its files. What is written here is trusted, whatever the umask is.
final class ConfigurationHome {
  let path: String

  var file: String { path + "/tokend.conf" }

  init() throws {
    path = NSTemporaryDirectory() + "tokend-conf-" + UUID().uuidString.prefix(8)
    try makeDirectory("")
  }

  deinit {
    // What can't be removed is left to whoever clears the temporary directory.
    try? FileManager.default.removeItem(atPath: path)
  }

  func makeDirectory(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: true)
    try setMode(0o755, of: name)
  }

  func setMode(_ mode: Int, of name: String) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path + "/" + name)
  }

  /// Writes a file, in `conf.d` if its name says so.
  func write(_ text: String, to name: String = "tokend.conf") throws {
    if name.hasPrefix("conf.d/") { try makeDirectory("conf.d") }
    try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
    try setMode(0o644, of: name)
  }

  /// The sources of a daemon that is started with flags and environment, and, unless `isGiven` is false, with --config.
  func sources(
    flags: [Configuration.Key: String] = [:], environment: [String: String] = [:], isGiven: Bool = true
  ) -> ConfigurationSources {
    ConfigurationSources(
      flags: flags, variable: { environment[$0] }, file: isGiven ? file : nil, standardFile: file,
      user: System.effectiveUser)
  }

  /// What is wrong, with HOME in the place of the directory; empty if nothing is.
  func problems(
    flags: [Configuration.Key: String] = [.stateDirectory: "/s"], environment: [String: String] = [:],
    isGiven: Bool = true
  ) -> [String] {
    do throws(ConfigurationProblems) {
      _ = try sources(flags: flags, environment: environment, isGiven: isGiven).load()
      return []
    } catch {
      return error.list.map { $0.description.replacingOccurrences(of: path, with: "HOME") }
    }
  }
}
