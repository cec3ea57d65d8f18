// What the daemon tells the person who runs it: one line on standard error each, never a token.

private import Linux
private import Synchronization

/// Lines on standard error. A reader that has stalled loses lines; it never holds up a thread of the daemon.
package enum Log {
  /// One line at a time: only then is there room for what there was room for.
  private static let turn = Mutex(())

  private static let least = Atomic(LogLevel.info.rank)

  /// What is said: lines of this level and of those before it.
  package static var level: LogLevel {
    get { LogLevel.allCases[least.load(ordering: .relaxed)] }
    set { least.store(newValue.rank, ordering: .relaxed) }
  }

  /// Says what is going on, in a line of at most 1,000 characters.
  package static func info(_ line: String) {
    if level >= .info { write("tokend: \(line)") }
  }
  /// Says what went wrong, and what to do.
  package static func error(_ line: String) { write("tokend: error: \(line)") }

  private static func write(_ line: String) {
    turn.withLock { _ in System.writeWithoutWaiting(String(line.unicodeScalars.prefix(1000)) + "\n", to: 2) }
  }
}
