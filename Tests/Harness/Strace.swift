// strace(1), attached to a running daemon or to one of its threads.

import Foundation

/// Follows system calls from when it is made until `end`, or as long as the value lives.
package final class Strace {
  private let child: Child
  /// What it says while it is attached, which nobody reads.
  private let errors = Pipe()

  /// - Parameter arguments: what strace takes, the process among it. When this returns it is attached.
  package init(_ arguments: [String]) throws {
    child = try Child("/usr/bin/strace", arguments, errors: errors.fileHandleForWriting)
    try errors.fileHandleForWriting.close()
    // It says so once it is attached to all threads.
    let (text, isAttached) = errors.fileHandleForReading.read(until: "attached")
    guard isAttached else { throw CannotAttach(text: text) }
  }

  package struct CannotAttach: Error {
    let text: String
  }

  /// Runs a program to its end.
  /// - Parameters:
  ///   - files: whose calls are meant; anything's if there are none.
  ///   - injections: what befalls calls, as strace's `--inject` takes it.
  package static func run(_ command: [String], of files: [String] = [], _ injections: [String]) throws -> Run {
    let calls = injections.map { $0.prefix { $0 != ":" } }.joined(separator: ",")
    return try Run(
      "/usr/bin/strace",
      ["-f", "-qq", "-e", "trace=\(calls)"] + files.flatMap { ["-P", $0] }
        + injections.flatMap { ["-e", "inject=\($0)"] } + ["-o", "/dev/null"] + command)
  }

  /// Lets go of the daemon.
  package func end() {
    // The kernel lets go of what a dead tracer held.
    child.send(SIGKILL)
    _ = child.wait()
  }

  deinit { end() }
}
