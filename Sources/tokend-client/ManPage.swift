// tokend-client(1), from the commands' own descriptions.

import Options
import Tokens

/// The man page in troff's man macros. docs/man/tokend-client.1 is what `text` says; a test compares them.
enum ManPage {
  /// A hidden first word that prints the page.
  static let word = "__man"

  static var text: String {
    """
    .\\" Made by scripts/generate-man from the commands' own descriptions: change those.
    .TH TOKEND\\-CLIENT 1 "" "tokend \(Version.text)" "User Commands"
    .SH NAME
    tokend\\-client \\- administer tokend, and ask it for verdicts
    .SH SYNOPSIS
    .B tokend\\-client
    .I COMMAND
    .RI [ OPTION ]...
    .SH DESCRIPTION
    Administers
    .BR tokend (8),
    the daemon that issues and validates API tokens for the services on this machine.
    A command is for the tenant that \\fB\\-\\-org\\fR and \\fB\\-\\-tenant\\fR name, or the environment, or
    \\fBcontext use\\fR has chosen. Who calls is known by the kernel; what that user may do is set by grants.
    .PP
    Results go to standard output, everything else to standard error. Where standard output is no terminal, nothing is
    coloured, cut or wrapped.
    .SH COMMANDS
    \(Command.all.map(section).joined(separator: "\n"))
    .SH OPTIONS
    These are taken by every command.
    \(entries(Invocation.common))
    .SH ENVIRONMENT
    \(pairs(environment))
    .SH FILES
    \(pairs([("$XDG_CONFIG_HOME/tokend/context", "the tenant that context use has chosen; ~/.config if not set")]))
    .SH EXIT STATUS
    \(pairs(Help.exitCodes.map { (String($0.code), $0.meaning) }))
    .PP
    With \\fB\\-\\-json\\fR an error is an object on standard error, with its code, its field, its message and the exit
    status; errors.md in /usr/share/doc/tokend-client lists the codes.
    .SH SEE ALSO
    .BR tokend (8),
    .BR tokend.conf (5)

    """
  }

  private static let environment = [
    ("TOKEND_SOCKET, TOKEND_ADMIN_SOCKET", "where the daemon is"),
    ("TOKEND_ORG, TOKEND_TENANT", "the organization and the tenant"),
    ("NO_COLOR", "if set, and not empty, nothing is coloured"),
  ]

  private static func section(_ command: Command) -> String {
    var lines = [".SS \(escaped(command.name))"]
    let operands = command.operands.isEmpty ? "" : " \\fI\(escaped(command.operands))\\fR"
    lines.append("\\fBtokend\\-client \(escaped(command.name))\\fR\(operands) [\\fIOPTION\\fR]...")
    lines.append(".PP")
    lines.append(escaped(command.summary.prefix(1).uppercased() + command.summary.dropFirst()) + ".")
    if !command.details.isEmpty {
      lines.append(escaped(command.details.split(separator: "\n").joined(separator: " ")))
    }
    if !command.options.isEmpty { lines.append(entries(command.options)) }
    lines.append(".PP\nExamples:\n.PP\n.nf\n.RS")
    lines += command.examples.map(escaped)
    lines.append(".RE\n.fi")
    return lines.joined(separator: "\n")
  }

  private static func entries(_ options: [Option]) -> String {
    options.map { option in
      let short = option.short.map { "\\fB\\-\($0)\\fR, " } ?? ""
      let argument = option.argument.map { " \\fI\(escaped($0))\\fR" } ?? ""
      return ".TP\n\(short)\\fB\\-\\-\(escaped(option.name))\\fR\(argument)\n\(escaped(option.help))"
    }.joined(separator: "\n")
  }

  private static func pairs(_ pairs: [(String, String)]) -> String {
    pairs.map { ".TP\n.B \(escaped($0.0))\n\(escaped($0.1))" }.joined(separator: "\n")
  }

  /// A text that troff prints as it is.
  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "\\": escaped += "\\e"
      case "-": escaped += "\\-"
      case "'": escaped += "\\(aq"
      case "…": escaped += "..."
      default: escaped.append(character)
      }
    }
    return escaped.hasPrefix(".") ? "\\&" + escaped : escaped
  }
}
