// What the daemon tells the person who runs it: records in the system's journal, or lines on standard error. Never a token.

private import Linux
private import Synchronization

/// The log. If standard error goes to the journal, it has records with fields; if not, lines. A reader that has stalled
/// loses some of them; it never holds up a thread of the daemon.
package enum Log {
  private static let journal = Journal()
  private static let least = Atomic(LogLevel.info.rank)

  /// The journal's socket, if there is one to write to.
  private struct Journal: ~Copyable, Sendable {
    let socket = JournalSocket()
    /// One line at a time: only then is there room for what there was room for.
    let turn = Mutex(())
  }

  /// What is said: events of this level and of those before it.
  package static var level: LogLevel {
    get { LogLevel.allCases[least.load(ordering: .relaxed)] }
    set { least.store(newValue.rank, ordering: .relaxed) }
  }

  /// Whether events of this kind are said.
  package static func tells(_ event: LogEvent) -> Bool { event.level <= level }

  /// Says that something has happened, in a line of at most 1,000 characters, with what programs read of it.
  package static func write(
    _ event: LogEvent, _ text: @autoclosure () -> String, _ fields: [LogField: String] = [:]
  ) {
    guard tells(event) else { return }
    let text = String(text().unicodeScalars.prefix(1000))
    if send(event, text, fields) { return }
    let mark = event.level <= .warning ? "\(event.level.rawValue): " : ""
    journal.turn.withLock { _ in System.writeWithoutWaiting("tokend: \(mark)\(text)\n", to: 2) }
  }

  /// - Returns: whether the journal has it.
  private static func send(_ event: LogEvent, _ text: String, _ fields: [LogField: String]) -> Bool {
    guard journal.socket != nil else { return false }
    let record =
      [
        ("MESSAGE", text), ("MESSAGE_ID", event.messageID), ("PRIORITY", "\(event.level.priority)"),
        ("SYSLOG_IDENTIFIER", "tokend"), ("TOKEND_EVENT", event.rawValue),
      ] + fields.map { ($0.key.rawValue, String($0.value.unicodeScalars.prefix(1000))) }
    return journal.socket?.send(record) ?? false
  }
}
