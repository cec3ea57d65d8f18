// System calls of a running daemon that fail or dawdle.

/// Tampers with the daemon's system calls as long as the value lives.
package final class Tampering {
  private let strace: Strace

  /// - Parameter injection: what strace's `--inject` takes, such as "fdatasync:error=EIO".
  package init(_ daemon: RunningDaemon, _ injection: String) throws {
    let call = injection.prefix { $0 != ":" }
    strace = try Strace([
      "-f", "-p", String(daemon.pid), "-e", "trace=\(call)", "-e", "inject=\(injection)", "-o", "/dev/null",
    ])
  }

  /// Lets go of the daemon.
  package func end() { strace.end() }
}
