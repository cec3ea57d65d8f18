// strace(1), to make system calls of a running daemon fail or dawdle.

import Foundation

/// Tampers with the daemon's system calls as long as the value lives.
final class Tampering {
  private let process = Process()
  private let errors = Pipe()

  /// - Parameter injection: what strace's `--inject` takes, such as "fdatasync:error=EIO".
  init(_ daemon: RunningDaemon, _ injection: String) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/strace")
    let call = injection.prefix { $0 != ":" }
    process.arguments = [
      "-f", "-p", String(daemon.pid), "-e", "trace=\(call)", "-e", "inject=\(injection)", "-o", "/dev/null",
    ]
    process.standardError = errors
    try process.run()
    try errors.fileHandleForWriting.close()
    // It says so once it is attached to all threads.
    var text = ""
    while !text.contains("attached") {
      let data = errors.fileHandleForReading.availableData
      guard !data.isEmpty else { throw CannotAttach(text: text) }
      text += String(decoding: data, as: UTF8.self)
    }
  }

  struct CannotAttach: Error {
    let text: String
  }

  /// Lets go of the daemon.
  func end() {
    guard process.isRunning else { return }
    // Children of these threads have other signals blocked. The kernel lets go of what a dead tracer held.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  deinit { end() }
}
