// System calls of a running daemon that fail or dawdle.

/// Tampers with the daemon's system calls as long as the value lives.
package final class Tampering {
  private let strace: Strace

  /// - Parameter injections: what strace's `--inject` takes, such as "fdatasync:error=EIO".
  package init(_ daemon: RunningDaemon, _ injections: String...) throws {
    let calls = injections.map { $0.prefix { $0 != ":" } }.joined(separator: ",")
    strace = try Strace(
      ["-f", "-p", String(daemon.pid), "-e", "trace=\(calls)", "-o", "/dev/null"]
        + injections.flatMap { ["-e", "inject=\($0)"] })
  }

  /// Lets go of the daemon.
  package func end() { strace.end() }
}
