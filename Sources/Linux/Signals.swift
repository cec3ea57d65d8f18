// The signals that end or reload a program, taken by waiting for them.

private import CLinux
private import Glibc

/// SIGTERM, SIGINT and SIGHUP, blocked everywhere and waited for in one thread, so that no code runs in a handler.
package enum Signals {
  /// What a signal asks for.
  package enum Request: Equatable {
    case stop, reload
  }

  /// Must be called before any thread is started. SIGPIPE is ignored from then on.
  /// - Parameter ignored: whether to take those, too, that whoever started this has had ignored, as nohup(1) does.
  package static func block(ignored: Bool) throws(Errno) {
    try check("pthread_sigmask") { clinux_block_signals(ignored ? 1 : 0) }
  }

  /// Waits for the next one, at most for `time`; nil waits for ever. The call is sigtimedwait(2).
  /// - Returns: nil if none came, or, perhaps earlier, if the process was stopped and goes on.
  package static func wait(_ time: Duration?) -> Request? {
    var nanoseconds = -1
    if let (seconds, attoseconds) = time?.components {
      nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    }
    return switch clinux_wait_signal(nanoseconds) {
    case SIGHUP: .reload
    case SIGTERM, SIGINT: .stop
    default: nil
    }
  }
}
