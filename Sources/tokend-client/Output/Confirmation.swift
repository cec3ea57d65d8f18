// Asking before what can't be undone.

/// The questions that `--yes` answers in advance.
enum Confirmation {
  /// Goes on only if the person says yes, or has said so by `--yes`.
  static func demand(_ invocation: Invocation, _ question: String) throws(Failure) {
    if invocation.has("yes") { return }
    guard invocation.isInteractive else { throw nobodyToAsk }
    guard Terminal.confirm(question) else { throw Failure(.denied, "nothing was changed", code: "CANCELLED") }
  }

  /// The same for what touches much: `word` must be typed.
  static func demand(_ invocation: Invocation, _ warning: String, typed word: String) throws(Failure) {
    if invocation.has("yes") { return }
    guard invocation.isInteractive else { throw nobodyToAsk }
    Terminal.writeErrorLine(warning)
    guard Terminal.ask("Type \(word) to go on: ") == word else {
      throw Failure(.denied, "nothing was changed", code: "CANCELLED")
    }
  }

  private static let nobodyToAsk = Failure(
    .usage, "this asks before it is done: give --yes where nobody can be asked", code: "CONFIRMATION_NEEDED")
}

/// A number of things: "1 token", "2 tokens".
func counted(_ number: Int, _ thing: String) -> String { "\(number) \(thing)\(number == 1 ? "" : "s")" }
