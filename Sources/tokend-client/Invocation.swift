// One run of the program: which command, with which options, against which daemon.

import Linux
import Options
import TokenClient
import Tokens
import Wire

/// A parsed command line.
struct Invocation {
  /// Options that every command takes.
  static let common = [
    Option(name: "socket", argument: "PATH", help: "the validation socket (TOKEND_SOCKET; /run/tokend/validate.sock)"),
    Option(
      name: "admin-socket", argument: "PATH",
      help: "the administration socket (TOKEND_ADMIN_SOCKET; /run/tokend/admin.sock)"),
    Option(name: "org", argument: "ORG", help: "the organization (TOKEND_ORG; that of the context)"),
    Option(name: "tenant", argument: "TENANT", help: "the tenant (TOKEND_TENANT; that of the context)"),
    Option(name: "timeout", argument: "SECONDS", help: "how long to wait for the daemon, 1 to 3600 (default 10)"),
    Option(name: "json", help: "print JSON, errors too"),
    Option(name: "no-input", help: "never ask"),
    Option(name: "version", help: "print the version and exit"),
    Option(name: "help", short: "h", help: "print help and exit"),
  ]

  let command: Command?
  private let options: Options
  private let words: [String]
  /// As they were given, for hints that repeat them.
  private let arguments: [String]

  /// Options may stand before, between and after the words of the command.
  init(_ arguments: [String]) throws(Failure) {
    self.arguments = arguments
    // A first look, with every option there is, finds the words; a second, with the command's own, is strict.
    let every = Command.all.flatMap(\.options).reduce(into: Self.common) { all, option in
      if !all.contains(where: { $0.name == option.name }) { all.append(option) }
    }
    // An option that no command has is a mistake in whichever command the words before it name.
    let plain = arguments.prefix { !$0.hasPrefix("-") }
    let guess = Command.all.first { plain.starts(with: $0.words) }
    let first = try Self.parse(arguments, every, guess.map { $0.name + " " } ?? "")
    let isHelp = first.operands.first == "help"
    // "help WORDS" means "WORDS --help".
    let words = isHelp ? Array(first.operands.dropFirst()) : first.operands
    let command = Command.all.first { words.starts(with: $0.words) }
    self.words = words
    self.command = command
    guard let command, !isHelp else {
      var options = first
      if isHelp { options.give("help") }
      self.options = options
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
      if words.isEmpty {
        // Help that was asked for is output; help instead of a command is a usage error.
        if options.has("help") { return Terminal.write(Help.overview(of: nil)) }
        Terminal.writeError(Help.overview(of: nil))
        System.exit(Exit.usage.rawValue)
      }
      if options.has("help"), words.count == 1, Command.nouns.contains(words[0]) {
        return Terminal.write(Help.overview(of: words[0]))
      }
      throw unknownCommand()
    }
    if options.has("help") { return Terminal.write(Help.text(of: command)) }
    if operands.count > command.mostOperands {
      // It may be a token, which must not end up in a log.
      let word = operands[command.mostOperands]
      let shown = word.utf8.count > 20 ? "\(word.prefix(10))…" : word
      let hint = command.readsToken ? "the token is read from standard input; " : ""
      throw Failure(.usage, "'\(shown)' is not expected: \(hint)see tokend-client \(command.name) --help")
    }
    try command.run(self)
  }

  private func unknownCommand() -> Failure {
    guard Command.nouns.contains(words[0]) else {
      let near = suggestion(for: words[0], among: Command.nouns)
      return Failure(
        .usage,
        "'\(words[0])' is not a command" + (near.map { " (did you mean '\($0)'?)" } ?? "")
          + "; see tokend-client --help")
    }
    let verbs = Command.all.filter { $0.words[0] == words[0] }.map { $0.words[1] }
    guard words.count > 1 else {
      return Failure(.usage, "\(words[0]): say what to do: \(verbs.joined(separator: ", "))")
    }
    // What other programs call it.
    let other = ["ls": "list", "get": "show", "describe": "show", "delete": "revoke", "rm": "remove", "new": "create"]
    let near = suggestion(for: words[1], among: verbs) ?? other[words[1]].flatMap { verbs.contains($0) ? $0 : nil }
    return Failure(
      .usage,
      "'\(words[0]) \(words[1])' is not a command" + (near.map { " (did you mean '\(words[0]) \($0)'?)" } ?? "")
        + "; see tokend-client \(words[0]) --help")
  }

  // MARK: What commands ask

  /// The words after the command's own.
  var operands: [String] { Array(options.operands.dropFirst(command?.words.count ?? 0)) }
  var isJSON: Bool { options.has("json") }
  /// Whether there is a person to ask.
  var isInteractive: Bool {
    Terminal.Stream.input.isTerminal && Terminal.Stream.error.isTerminal && !options.has("no-input")
  }

  func value(_ name: String) -> String? { options.value(name) }
  func values(_ name: String) -> [String] { options.values(name) }
  func has(_ name: String) -> Bool { options.has(name) }

  /// An option, or an environment variable, or nil.
  func setting(_ name: String, _ variable: String) -> String? {
    options.value(name) ?? System.variable(variable).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The org and tenant that options and environment give.
  var given: (org: String?, tenant: String?) { (setting("org", "TOKEND_ORG"), setting("tenant", "TOKEND_TENANT")) }

  /// The org and tenant that a command needs. A tenant alone is one of the context's organization; an organization alone
  /// is a mistake, as the context's tenant is another's.
  func context() throws(Failure) -> (org: String, tenant: String) {
    let (org, tenant) = given
    if let org, let tenant { return (org, tenant) }
    if org != nil { throw Failure(.usage, "no tenant: give --tenant TENANT, or set TOKEND_TENANT", field: "tenant_id") }
    guard let chosen = try Context.load() else {
      let what = tenant == nil ? "no organization and tenant" : "no organization"
      throw Failure(
        .usage,
        "\(what): give --org ORG --tenant TENANT, set TOKEND_ORG and TOKEND_TENANT, or choose one with "
          + "tokend-client context use ORG/TENANT (tokend-client context list shows those you may see)",
        code: "NO_CONTEXT", field: "org_id")
    }
    return (chosen.org, tenant ?? chosen.tenant)
  }

  /// The org and tenant that options and environment give, or none: an id stands for itself. Half of one is a mistake
  /// that must not widen what the command does.
  func optionalContext() throws(Failure) -> (org: String, tenant: String) {
    given == (nil, nil) ? ("", "") : try context()
  }

  /// Calls the administration socket.
  /// - Parameter patience: how long to wait if --timeout does not say.
  func administer<Request, Reply>(
    _ method: Method<Request, Reply>, _ request: Request, within patience: Duration = .seconds(10)
  ) throws(Failure) -> Reply {
    try call(method, request, on: administrationSocket, within: patience)
  }

  var administrationSocket: String { setting("admin-socket", "TOKEND_ADMIN_SOCKET") ?? "/run/tokend/admin.sock" }

  /// Calls the validation socket.
  func ask<Request, Reply>(_ method: Method<Request, Reply>, _ request: Request) throws(Failure) -> Reply {
    try call(method, request, on: validationSocket, within: .seconds(10))
  }

  private func call<Request, Reply>(
    _ method: Method<Request, Reply>, _ request: Request, on socket: String, within patience: Duration
  ) throws(Failure) -> Reply {
    let administrator = Administrator(socket: socket, timeout: try timeout ?? patience)
    do throws(Channel.Failure) { return try administrator.call(method, request) } catch { throw Failure(error) }
  }

  var validator: TokenClient {
    get throws(Failure) { TokenClient(socket: validationSocket, timeout: try timeout ?? .seconds(10)) }
  }

  private var validationSocket: String { setting("socket", "TOKEND_SOCKET") ?? "/run/tokend/validate.sock" }

  private var timeout: Duration? {
    get throws(Failure) {
      guard let text = options.value("timeout") else { return nil }
      guard let seconds = Int(text), (1...3600).contains(seconds) else {
        throw Failure(.usage, "--timeout is '\(text)': give whole seconds, 1 to 3600")
      }
      return .seconds(seconds)
    }
  }

  /// A moment that an option names, in seconds since 1970; 0 if it was not given.
  func moment(_ name: String, _ tense: Moment.Tense) throws(Failure) -> Int64 {
    guard let text = options.value(name) else { return 0 }
    do throws(UsageError) {
      return try Moment.parse(text, tense, option: name, now: System.secondsSinceEpoch())
    } catch {
      throw Failure(.usage, error.description)
    }
  }

  /// A length of time that an option names, in seconds; nil if it was not given.
  func duration(_ name: String) throws(Failure) -> Int64? {
    guard let text = options.value(name) else { return nil }
    guard let seconds = Moment.seconds(of: text) else {
      throw Failure(.usage, "--\(name): \(text): use a number and a unit, such as 90d, 12h, 30m, 45s, 2w or 1y")
    }
    return seconds
  }

  /// Prints a table, as wide as the terminal if there is one.
  func show(_ table: Table) {
    Terminal.write(table.text(width: Terminal.Stream.output.isTerminal ? Terminal.width : nil))
  }

  /// The command that goes on with a listing, as a person would type it.
  func continuation(_ page: String) -> String {
    var words: [String] = []
    var isSkipping = false
    for argument in arguments {
      if isSkipping {
        isSkipping = false
      } else if argument == "--page" {
        isSkipping = true
      } else if !argument.hasPrefix("--page=") {
        words.append(Self.quoted(argument))
      }
    }
    return (["tokend-client"] + words + ["--page", page]).joined(separator: " ")
  }

  /// A word that a shell reads as it is.
  private static func quoted(_ word: String) -> String {
    let isPlain = !word.isEmpty && word.utf8.allSatisfy { Base62.isCharacter($0) || "-_./:=,@+".utf8.contains($0) }
    return isPlain
      ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}

/// Scopes that were given one by one, joined by commas, or both.
func splitScopes(_ values: [String]) -> [String] {
  values.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
}
