// What a command is: help, man page and completion are all made from this.

import Options

/// A command: its words, what it takes, what it does.
struct Command: Sendable {
  /// Such as ["token", "create"].
  let words: [String]
  /// What follows the words in the usage line.
  let operands: String
  /// One line, without a full stop.
  let summary: String
  /// What the man page says beyond that; paragraphs are joined by an empty line.
  let details: String
  let options: [Option]
  let examples: [String]
  /// The most operands it takes.
  let mostOperands: Int
  /// Whether a token is read from standard input, and so has no place among the operands.
  let readsToken: Bool
  let run: @Sendable (Invocation) throws(Failure) -> Void

  init(
    _ words: String..., operands: String = "", summary: String, details: String = "", options: [Option] = [],
    examples: [String], mostOperands: Int = 0, readsToken: Bool = false,
    run: @escaping @Sendable (Invocation) throws(Failure) -> Void
  ) {
    self.words = words
    self.operands = operands
    self.summary = summary
    self.details = details
    self.options = options
    self.examples = examples
    self.mostOperands = mostOperands
    self.readsToken = readsToken
    self.run = run
  }

  var name: String { words.joined(separator: " ") }

  static let all =
    ContextCommands.all + TenantCommands.all + TokenCommands.all + TokenLifeCommands.all + TokenTransferCommands.all
    + PermissionCommands.all + GrantCommands.all + AuditCommands.all + BackupCommands.all + StatusCommands.all
    + [TopCommand.command, Completion.command]

  /// The first words there are, in the order of the list.
  static let nouns = all.map { $0.words[0] }.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
}

/// Options that several commands share.
enum Shared {
  static let yes = Option(name: "yes", short: "y", help: "do not ask")
  static let dryRun = Option(name: "dry-run", help: "say what would be done, and do nothing")

  /// Those of every listing.
  static func page(_ items: String) -> [Option] {
    [
      Option(name: "limit", argument: "N", help: "\(items) to list, 1 to 500 (default 100)"),
      Option(name: "page", argument: "TOKEN", help: "go on where a page before ended"),
      Option(name: "all", help: "list all pages"),
    ]
  }
}

/// A listing, page by page.
struct Listing {
  private let invocation: Invocation
  private let isAll: Bool
  private let limit: Int
  private(set) var pageToken: String

  /// - Throws: a usage error if the page options are wrong.
  init(_ invocation: Invocation) throws(Failure) {
    self.invocation = invocation
    isAll = invocation.has("all")
    pageToken = invocation.value("page") ?? ""
    guard let text = invocation.value("limit") else {
      limit = 100
      return
    }
    guard let number = Int(text), (1...500).contains(number) else {
      throw Failure(.usage, "--limit is '\(text)': give a number from 1 to 500")
    }
    limit = number
  }

  /// Asks for pages until there are as many items as were wanted. The daemon may give fewer at a time.
  mutating func collect<Item>(
    _ ask: (_ size: UInt32, _ token: String) throws(Failure) -> (items: [Item], next: String)
  ) throws(Failure) -> [Item] {
    var items: [Item] = []
    repeat {
      let page = try ask(UInt32(isAll ? 500 : limit - items.count), pageToken)
      items += page.items
      pageToken = page.next
    } while !pageToken.isEmpty && (isAll || items.count < limit)
    return items
  }

  /// Says on standard error how to go on, or that there is nothing.
  func sayMore(_ noun: String, isEmpty: Bool) {
    if !pageToken.isEmpty {
      Terminal.writeErrorCommand("more: \(invocation.continuation(pageToken))")
    } else if isEmpty {
      Terminal.writeErrorLine("no \(noun)")
    }
  }

  /// The JSON document of a listing.
  func json(_ name: String, _ items: [JSON]) -> String {
    JSON.object([(name, .array(items)), ("next_page", .orNull(pageToken))]).text + "\n"
  }
}
