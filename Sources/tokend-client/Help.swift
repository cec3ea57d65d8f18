// What --help prints, from the commands' own descriptions.

import Options

enum Help {
  static let exitCodes: [(code: Int, meaning: String)] = [
    (0, "done, or the token is allowed"), (1, "denied, invalid, or called off"), (2, "the command line is wrong"),
    (3, "not found"), (4, "not permitted"), (69, "the daemon is not available; nothing was changed"),
    (74, "an output could not be written"), (75, "whether a change was made is not known: look, then try again"),
  ]

  /// All commands, or those of one noun.
  static func overview(of noun: String?) -> String {
    let shown = Command.all.filter { noun == nil || $0.words[0] == noun }
    let heads = shown.map { "  \($0.name)" }
    let width = (heads.map(\.count).max() ?? 0) + 2
    let lines = zip(heads, shown).map { head, command in
      Options.hanging(head, command.summary, at: width)
    }
    return "Usage: tokend-client \(noun ?? "COMMAND")\(noun == nil ? "" : " COMMAND") [OPTION]...\n"
      + "Administers tokend, and asks it for verdicts.\n\nCommands:\n" + lines.joined()
      + "\nOptions of every command:\n" + Options.helpText(Invocation.common) + "\nExit codes:\n"
      + exitCodes.map { "  \(String(repeating: " ", count: $0.code < 10 ? 1 : 0))\($0.code)  \($0.meaning)\n" }.joined()
      + "\ntokend-client COMMAND --help says what each takes; tokend-client(1) says more.\n"
  }

  static func text(of command: Command) -> String {
    var text = "Usage: tokend-client \(command.name)"
    if !command.operands.isEmpty { text += " \(command.operands)" }
    text += " [OPTION]...\n\(command.summary.prefix(1).uppercased())\(command.summary.dropFirst()).\n"
    if !command.details.isEmpty {
      text +=
        "\n" + wrapped(command.details.split(separator: "\n").joined(separator: " "), to: 79).joined(separator: "\n")
        + "\n"
    }
    if !command.options.isEmpty { text += "\nOptions:\n" + Options.helpText(command.options) }
    text += "\nOptions of every command:\n" + Options.helpText(Invocation.common)
    text += "\nExamples:\n" + command.examples.map { "  \($0)\n" }.joined()
    return text
  }
}
