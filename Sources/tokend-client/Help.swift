// What --help prints, from the commands' own descriptions.

import Options

enum Help {
  /// All commands, or those of one noun.
  static func overview(of noun: String?) -> String {
    let commands = Command.all.filter { noun == nil || $0.words[0] == noun }
    let shown = commands.isEmpty ? Command.all : commands
    let heads = shown.map { "  \($0.name)\($0.operands.isEmpty ? "" : " ")\($0.operands)" }
    let width = (heads.map(\.count).max() ?? 0) + 2
    let lines = zip(heads, shown).map { head, command in
      head + String(repeating: " ", count: width - head.count) + command.summary + "\n"
    }
    return "Usage: tokend-client COMMAND [OPTION]...\nAdministers tokend, and asks it for verdicts.\n\nCommands:\n"
      + lines.joined() + "\nOptions of every command:\n" + Options.helpText(Invocation.common)
      + "\nExit codes: 0 done or allowed, 1 denied or invalid, 2 usage, 3 not found, 4 not permitted,\n"
      + "69 daemon unavailable, 74 output failed, 75 outcome unknown.\n"
  }

  static func text(of command: Command) -> String {
    var text = "Usage: tokend-client \(command.name)"
    if !command.operands.isEmpty { text += " \(command.operands)" }
    text += " [OPTION]...\n\(command.summary.prefix(1).uppercased())\(command.summary.dropFirst()).\n"
    if !command.options.isEmpty { text += "\nOptions:\n" + Options.helpText(command.options) }
    text += "\nOptions of every command:\n" + Options.helpText(Invocation.common)
    text += "\nExamples:\n" + command.examples.map { "  \($0)\n" }.joined()
    return text
  }
}
