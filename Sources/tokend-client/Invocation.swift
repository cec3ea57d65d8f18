// One run of the program: which command, with which options, against which daemon.

import Linux
import Options
import TokenClient
import Tokens
import Wire

/// A command: its words, what it takes, what it does.
struct Command: Sendable {
  /// Such as ["token", "create"].
  let words: [String]
  /// What follows the words in the usage line.
  let operands: String
  let summary: String
  let options: [Option]
  let examples: [String]
  /// The most operands it takes.
  let mostOperands: Int
  let run: @Sendable (Invocation) throws(Failure) -> Void

  var name: String { words.joined(separator: " ") }

  static let all = TenantCommands.all + TokenCommands.all + PermissionCommands.all + GrantCommands.all
}

/// A parsed command line.
struct Invocation {
  /// Options that every command takes.
  static let common = [
    Option(name: "socket", argument: "PATH", help: "the validation socket (TOKEND_SOCKET; /run/tokend/validate.sock)"),
    Option(
      name: "admin-socket", argument: "PATH",
      help: "the administration socket (TOKEND_ADMIN_SOCKET; /run/tokend/admin.sock)"),
    Option(name: "org", argument: "ORG", help: "the organization (TOKEND_ORG)"),
    Option(name: "tenant", argument: "TENANT", help: "the tenant (TOKEND_TENANT)"),
    Option(name: "timeout", argument: "SECONDS", help: "how long to wait for the daemon, 1 to 3600 (default 10)"),
    Option(name: "json", help: "print JSON"),
    Option(name: "version", help: "print the version and exit"),
    Option(name: "help", short: "h", help: "print help and exit"),
  ]

  private let command: Command?
  private let options: Options
  private let words: [String]

  /// Options may stand before, between and after the words of the command.
  init(_ arguments: [String]) throws(Failure) {
    // A first look, with every option there is, finds the words; a second, with the command's own, is strict.
    let every = Command.all.flatMap(\.options).reduce(into: Self.common) { all, option in
      if !all.contains(where: { $0.name == option.name }) { all.append(option) }
    }
    let first = try Self.parse(arguments, every, "")
    let words = first.operands
    let command = Command.all.first { words.starts(with: $0.words) }
    self.words = words
    self.command = command
    guard let command else {
      options = first
      return
    }
    options = try Self.parse(arguments, Self.common + command.options, command.name + " ")
  }

  private static func parse(_ arguments: [String], _ options: [Option], _ command: String) throws(Failure) -> Options {
    do throws(UsageError) {
      return try Options.parse(arguments, accepting: options, stopAtFirstOperand: false)
    } catch {
      throw Failure(error, in: command)
    }
  }

  func run() throws(Failure) {
    if options.has("version") { return Terminal.write("tokend-client \(Version.text)\n") }
    guard let command else {
      if options.has("help") || words.isEmpty {
        // Help that was asked for is output; help instead of a command is a usage error.
        if options.has("help") { return Terminal.write(Help.overview(of: words.first)) }
        Terminal.writeError(Help.overview(of: nil))
        System.exit(Exit.usage.rawValue)
      }
      throw unknownCommand()
    }
    if options.has("help") { return Terminal.write(Help.text(of: command)) }
    if operands.count > command.mostOperands {
      // It may be a token, which must not end up in a log.
      let word = operands[command.mostOperands]
      let shown = word.utf8.count > 20 ? "\(word.prefix(10))…" : word
      let hint = command.words == ["token", "validate"] ? "the token is read from standard input; " : ""
      throw Failure(.usage, "'\(shown)' is not expected: \(hint)see tokend-client \(command.name) --help")
    }
    try command.run(self)
  }

  private func unknownCommand() -> Failure {
    let nouns = Array(Set(Command.all.map { $0.words[0] })).sorted()
    guard nouns.contains(words[0]) else {
      let near = suggestion(for: words[0], among: nouns)
      return Failure(
        .usage,
        "'\(words[0])' is not a command" + (near.map { " (did you mean '\($0)'?)" } ?? "")
          + "; see tokend-client --help")
    }
    let verbs = Command.all.filter { $0.words[0] == words[0] }.map { $0.words[1] }
    guard words.count > 1 else {
      return Failure(.usage, "\(words[0]): say what to do: \(verbs.joined(separator: ", "))")
    }
    let near = suggestion(for: words[1], among: verbs)
    return Failure(
      .usage,
      "'\(words[0]) \(words[1])' is not a command" + (near.map { " (did you mean '\(words[0]) \($0)'?)" } ?? "")
        + "; see tokend-client \(words[0]) --help")
  }

  // MARK: What commands ask

  /// The words after the command's own.
  var operands: [String] { Array(options.operands.dropFirst(command?.words.count ?? 0)) }
  var isJSON: Bool { options.has("json") }

  func value(_ name: String) -> String? { options.value(name) }
  func values(_ name: String) -> [String] { options.values(name) }
  func has(_ name: String) -> Bool { options.has(name) }

  /// An option, or an environment variable, or nil.
  func setting(_ name: String, _ variable: String) -> String? {
    options.value(name) ?? System.variable(variable).flatMap { $0.isEmpty ? nil : $0 }
  }

  var org: String? { setting("org", "TOKEND_ORG") }
  var tenant: String? { setting("tenant", "TOKEND_TENANT") }

  /// The org and tenant that a command needs.
  func context() throws(Failure) -> (org: String, tenant: String) {
    guard let org else { throw Failure(.usage, "no organization: give --org ORG, or set TOKEND_ORG") }
    guard let tenant else { throw Failure(.usage, "no tenant: give --tenant TENANT, or set TOKEND_TENANT") }
    return (org, tenant)
  }

  /// Calls the administration socket.
  func administer<Request, Reply>(_ method: Method<Request, Reply>, _ request: Request) throws(Failure) -> Reply {
    let administrator = Administrator(
      socket: setting("admin-socket", "TOKEND_ADMIN_SOCKET") ?? "/run/tokend/admin.sock", timeout: try timeout)
    do throws(Channel.Failure) { return try administrator.call(method, request) } catch { throw Failure(error) }
  }

  var validator: TokenClient {
    get throws(Failure) {
      TokenClient(socket: setting("socket", "TOKEND_SOCKET") ?? "/run/tokend/validate.sock", timeout: try timeout)
    }
  }

  private var timeout: Duration {
    get throws(Failure) {
      guard let text = options.value("timeout") else { return .seconds(10) }
      guard let seconds = Int(text), (1...3600).contains(seconds) else {
        throw Failure(.usage, "--timeout is '\(text)': give whole seconds, 1 to 3600")
      }
      return .seconds(seconds)
    }
  }

  /// A number of items for --limit.
  func limit() throws(Failure) -> UInt32 {
    guard let text = options.value("limit") else { return 0 }
    guard let number = UInt32(text), (1...500).contains(number) else {
      throw Failure(.usage, "--limit is '\(text)': give a number from 1 to 500")
    }
    return number
  }

  /// Prints a table, as wide as the terminal if there is one.
  func show(_ table: Table) {
    Terminal.write(table.text(width: Terminal.Stream.output.isTerminal ? Terminal.width : nil))
  }
}

/// The options of every listing.
enum Page {
  static func options(_ items: String) -> [Option] {
    [
      Option(name: "limit", argument: "N", help: "\(items) of one page, 1 to 500 (default 100)"),
      Option(name: "page", argument: "TOKEN", help: "go on where a page before ended"),
    ]
  }
}

/// Scopes that were given one by one, joined by commas, or both.
func splitScopes(_ values: [String]) -> [String] {
  values.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
}
