// Configuration files.

internal import Foundation
@testable internal import TokenDaemon

/// A whole file. Whatever is in it is a setting or a problem that names its line.
enum Settings: FuzzTarget {
  static let name = "configuration"
  private static let path = NSTemporaryDirectory() + "tokend-fuzz-\(getpid()).conf"

  static func play(_ input: [UInt8]) {
    guard FileManager.default.createFile(atPath: path, contents: Data(input), attributes: [.posixPermissions: 0o600])
    else { fatalError("\(path) can't be written") }
    defer { unsafe unlink(path) }
    do throws(Configuration.Failure) {
      guard let file = try ConfigurationFile(path, user: geteuid()) else { fatalError("\(path) is not there") }
      var settings = EffectiveSettings()
      file.apply(to: &settings)
      for problem in settings.problems.list where !problem.description.hasPrefix(path + ":") {
        fatalError("'\(problem)' does not say where: \(input)")
      }
    } catch {
      guard error.description.hasPrefix(path) else { fatalError("'\(error)' does not say where: \(input)") }
    }
  }
}
