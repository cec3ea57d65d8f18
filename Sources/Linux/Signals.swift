// The signals that end or reload the daemon, taken by waiting for them.

private import CLinux
private import Glibc

/// SIGTERM, SIGINT and SIGHUP, blocked everywhere and waited for in one thread, so that no code runs in a handler.
package enum Signals {
  /// What a signal asks for.
  package enum Request: Equatable {
    case stop, reload
  }

  /// Must be called before any thread is started. SIGPIPE is ignored from then on.
  package static func block() throws(Errno) {
    try check("pthread_sigmask") { clinux_block_signals() }
  }

  /// Waits for the next one. The call is sigwait(3).
  package static func wait() -> Request {
    clinux_wait_signal() == SIGHUP ? .reload : .stop
  }
}
