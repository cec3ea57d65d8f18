// System calls of a running daemon that fail or dawdle.

import Foundation

/// Tampers with the daemon's system calls as long as the value lives.
package final class Tampering {
  private let strace: Strace
  private let record: String

  /// - Parameter injections: what strace's `--inject` takes, such as "fdatasync:error=EIO".
  package init(_ daemon: RunningDaemon, _ injections: String...) throws {
    let calls = injections.map { $0.prefix { $0 != ":" } }.joined(separator: ",")
    record = NSTemporaryDirectory() + "tampering-" + UUID().uuidString
    strace = try Strace(
      ["-f", "-p", String(daemon.pid), "-e", "trace=\(calls)", "-o", record]
        + injections.flatMap { ["-e", "inject=\($0)"] })
  }

  /// Lets go of the daemon.
  /// - Returns: how many calls were tampered with.
  @discardableResult
  package func end() -> Int {
    strace.end()
    defer { try? FileManager.default.removeItem(atPath: record) }
    // strace(1) marks each.
    let text = (try? String(contentsOfFile: record, encoding: .utf8)) ?? ""
    return text.components(separatedBy: "(INJECTED)").count - 1
  }
}
