// token revoke, disable, enable, rotate, surrender.

import Linux
import Options
import TokenClient
import Tokens
import Wire

enum TokenLifeCommands {
  static let all = [
    Command(
      "token", "revoke", operands: "[ID|NAME]...", summary: "revoke tokens, for ever",
      details: """
        One token is revoked by its id or name. Several are named, read from standard input one a line (--stdin), or meant
        by the options of token list; they are revoked in one transaction, at most 10,000 at once, after their number has
        been typed. --dry-run shows what would be hit. The exit code is 3 if a token that was named is not there, or none
        is meant.
        """,
      options: [
        Shared.yes, Shared.dryRun, Option(name: "stdin", help: "read ids or names from standard input, one a line"),
        Option(name: "reason", argument: "TEXT", help: "why, for the record"),
        Option(
          name: "reason-code", argument: "CODE",
          help: Revocation.Cause.codes.joined(separator: ", ")),
      ] + TokenCommands.filters,
      examples: [
        "tokend-client token revoke 3fJk29xQbLm --yes --reason-code leaked",
        "tokend-client token revoke --creator user:alice --reason-code departed --dry-run",
        "tokend-client token revoke --stdin --yes < ids",
      ], mostOperands: 500, run: revoke),
    Command(
      "token", "disable", operands: "ID|NAME", summary: "disable a token until it is enabled again",
      examples: ["tokend-client token disable 3fJk29xQbLm"], mostOperands: 1, run: disable),
    Command(
      "token", "enable", operands: "ID|NAME", summary: "enable a token that was disabled",
      examples: ["tokend-client token enable 3fJk29xQbLm"], mostOperands: 1, run: enable),
    Command(
      "token", "rotate", operands: "ID|NAME", summary: "put a new token in the place of an old one, and print it, once",
      details: """
        The new token inherits everything. The old one stays valid for the grace that is given, though not beyond its own
        expiry; with a grace of 0 it is revoked at once.
        """,
      options: [
        Option(name: "grace", argument: "TIME", help: "how long the old one stays valid, such as 24h, or 0"),
        Option(name: "expires", argument: "WHEN", help: "when the new one expires (default: as the old one)"),
        SecretDelivery.option,
      ],
      examples: [
        "tokend-client token rotate ci-deploy-east --grace 24h > token",
        "tokend-client token rotate 3fJk29xQbLm --grace 0",
      ], mostOperands: 1, run: rotate),
    Command(
      "token", "surrender", summary: "revoke the token that is read from standard input",
      details: """
        It takes no right but the token itself, and is asked on the validation socket: whoever finds a token can make it
        harmless. It asks first if the token is typed; a token that comes from a file or a pipe is revoked at once.
        """,
      options: [Shared.yes, Option(name: "reason", argument: "TEXT", help: "why, for the record")],
      examples: ["tokend-client token surrender --yes < token"], readsToken: true, run: surrender),
  ]

  // MARK: revoke

  private static func revoke(_ invocation: Invocation) throws(Failure) {
    let filter = try TokenCommands.filter(invocation)
    let ways = [!invocation.operands.isEmpty, invocation.has("stdin"), filter != TokenFilterMessage()]
    guard ways.count(where: { $0 }) == 1 else {
      throw Failure(
        .usage,
        "say which tokens in one way: by their ids, by --stdin, or by options such as --creator; "
          + "see tokend-client token revoke --help")
    }
    if invocation.operands.count == 1, !invocation.has("dry-run") { return try revokeOne(invocation) }
    var request = RevokeTokensRequest()
    (request.org, request.tenant) = try invocation.context()
    request.filter = filter
    var missing: [String] = []
    for name in try invocation.has("stdin") ? readNames() : invocation.operands.map(TokenName.init) {
      // Ids are left to the daemon, which says which are none; names are looked for.
      do throws(Failure) { request.ids.append(try name.id(invocation)) } catch {
        guard error.exit == .notFound else { throw error }
        missing.append(name.text)
      }
    }
    request.reason = invocation.value("reason") ?? ""
    request.reasonCode = invocation.value("reason-code") ?? ""
    if try !revokeMany(request, missing: missing, invocation) { System.exit(Exit.notFound.rawValue) }
  }

  private static func revokeOne(_ invocation: Invocation) throws(Failure) {
    let token = try TokenName(invocation).find(invocation, .onlyOne).token
    var request = RevokeTokenRequest()
    (request.org, request.tenant, request.id) = (token.org, token.tenant, token.id)
    request.reason = invocation.value("reason") ?? ""
    request.reasonCode = invocation.value("reason-code") ?? ""
    if token.stateName != "revoked" {
      let used = formatDistance(token.lastUsedAt, from: System.secondsSinceEpoch())
      try Confirmation.demand(
        invocation, "Revoke '\(token.name)' (\(token.id)) of \(token.org)/\(token.tenant), last used \(used), for ever?"
      )
    }
    let reply = try invocation.administer(Methods.revokeToken, request)
    if invocation.isJSON { return Terminal.write(changed(reply)) }
    guard reply.changed else {
      return Terminal.writeLine(
        "\(reply.token.id) (\(reply.token.name)) was revoked already, \(formatInstant(reply.token.revokedAt)): "
          + "nothing was changed")
    }
    Terminal.writeLine("revoked \(reply.token.id) (\(reply.token.name))")
  }

  /// - Parameter missing: names that are no live token's.
  /// - Returns: whether there was something to revoke, and all that was named is there.
  private static func revokeMany(
    _ wanted: RevokeTokensRequest, missing: [String], _ invocation: Invocation
  ) throws(Failure) -> Bool {
    var request = wanted
    request.dryRun = true
    var blast = RevokeTokensResponse()
    if !request.ids.isEmpty || request.filter != TokenFilterMessage() {
      blast = try invocation.administer(Methods.revokeTokens, request)
    }
    let isDryRun = invocation.has("dry-run")
    // What could be an id may be a name.
    var named: [String: String] = [:]
    for word in blast.unknown { named[word] = try TokenName(word).idOfName(invocation) }
    if !named.isEmpty {
      request.ids = request.ids.map { named[$0] ?? $0 }
      blast = try invocation.administer(Methods.revokeTokens, request)
    }
    blast.unknown += missing
    // Who goes on when this succeeds believes that what was named is revoked.
    let isComplete = blast.unknown.isEmpty && (blast.count > 0 || blast.revokedBefore > 0)
    if isDryRun, invocation.isJSON {
      Terminal.write(json(blast))
      return isComplete
    }
    if !invocation.isJSON {
      let now = System.secondsSinceEpoch()
      if isDryRun {
        invocation.show(TokenColumn.table(blast.tokens, [.id, .name, .state, .used, .creator], now: now))
      }
      let rest = Int(blast.count) - blast.tokens.count
      if isDryRun, rest > 0 { Terminal.writeErrorLine("and \(rest) more") }
      for id in blast.unknown { Terminal.writeErrorLine("no token of \(request.org)/\(request.tenant): \(id)") }
      let line =
        "\(counted(Int(blast.count), "token")) of \(request.org)/\(request.tenant), \(blast.usedLately) used in the last 24 hours, "
        + "last use \(formatDistance(blast.lastUsedAt, from: now)); \(blast.revokedBefore) more are revoked already"
      if isDryRun {
        Terminal.writeLine("would revoke \(line)")
        return isComplete
      }
      Terminal.writeErrorLine("This revokes \(line).")
    }
    guard blast.count > 0 else {
      if invocation.isJSON { Terminal.write(json(blast)) } else { Terminal.writeLine("revoked 0 tokens") }
      return isComplete
    }
    try Confirmation.demand(invocation, "It can't be undone.", typed: String(blast.count))
    request.dryRun = false
    request.expectedCount = blast.count
    var reply = try invocation.administer(Methods.revokeTokens, request)
    reply.unknown = blast.unknown
    if invocation.isJSON {
      Terminal.write(json(reply))
    } else {
      Terminal.writeLine("revoked \(counted(Int(reply.count), "token"))")
    }
    return isComplete
  }

  private static func readNames() throws(Failure) -> [TokenName] {
    var names: [TokenName] = []
    var tokenLine: Int?
    do throws(Terminal.InputFailure) {
      var lines = LineReader()
      var number = 0
      while let line = try lines.next() {
        number += 1
        if line.isEmpty { continue }
        if let name = TokenName(listed: String(decoding: line, as: UTF8.self)) {
          names.append(name)
        } else {
          tokenLine = tokenLine ?? number
        }
      }
    } catch {
      throw Failure(.usage, "\(error)")
    }
    if let tokenLine {
      throw Failure(
        .usage,
        "standard input: line \(tokenLine) is a whole token: give ids, or give tokens to "
          + "tokend-client token leak-check --revoke", code: "SECRET_IN_LIST", field: "id")
    }
    guard !names.isEmpty else { throw Failure(.usage, "standard input: no ids: give one a line") }
    return names
  }

  // MARK: disable, enable

  private static func disable(_ invocation: Invocation) throws(Failure) {
    try change(Methods.disableToken, "disabled", invocation)
  }

  private static func enable(_ invocation: Invocation) throws(Failure) {
    try change(Methods.enableToken, "enabled", invocation)
  }

  private static func change(
    _ method: Method<ChangeTokenRequest, ChangeTokenResponse>, _ done: String, _ invocation: Invocation
  ) throws(Failure) {
    // To enable is to disable taken back: the same one is meant.
    let token = try TokenName(invocation).find(invocation, .onlyOne).token
    var request = ChangeTokenRequest()
    (request.org, request.tenant, request.id) = (token.org, token.tenant, token.id)
    let reply = try invocation.administer(method, request)
    if invocation.isJSON { return Terminal.write(changed(reply)) }
    let how = reply.changed ? done : "was \(done) already:"
    Terminal.writeLine("\(how) \(reply.token.id) (\(reply.token.name))")
  }

  // MARK: rotate, surrender

  private static func rotate(_ invocation: Invocation) throws(Failure) {
    guard let text = invocation.value("grace") else {
      throw Failure(
        .usage, "say how long the old token stays valid: --grace 24h, or --grace 0 to revoke it at once",
        field: "grace_seconds")
    }
    var request = RotateTokenRequest()
    request.graceSeconds = try text == "0" ? 0 : invocation.duration("grace") ?? 0
    request.expiresAt = try invocation.moment("expires", .future)
    request.neverExpires = invocation.value("expires") == "never"
    let token = try TokenName(invocation).find(invocation, .newest).token
    (request.org, request.tenant, request.id) = (token.org, token.tenant, token.id)
    let delivery = try SecretDelivery(invocation)
    let reply: RotateTokenResponse
    do throws(Failure) { reply = try invocation.administer(Methods.rotateToken, request) } catch {
      delivery.giveUp()
      throw error
    }
    try delivery.deliver(
      reply.secret, of: reply.token, revision: reply.revision, fields: [("old", reply.old.json)])
    guard Terminal.Stream.error.isTerminal else { return }
    let end =
      reply.old.stateName == "revoked" ? "is revoked" : "stays valid until \(formatInstant(reply.old.expiresAt))"
    Terminal.writeErrorLine("The old token, \(reply.old.id), \(end).")
  }

  private static func surrender(_ invocation: Invocation) throws(Failure) {
    var request = SurrenderTokenRequest()
    request.reason = invocation.value("reason") ?? ""
    do throws(Terminal.InputFailure) {
      request.token = try Terminal.readSecret(prompt: "Token: ")
    } catch {
      throw Failure(.usage, "\(error)")
    }
    defer { wipe(&request.token) }
    if Terminal.Stream.input.isTerminal { try Confirmation.demand(invocation, "Revoke this token for ever?") }
    let reply = try invocation.ask(Methods.surrenderToken, request)
    if invocation.isJSON { return Terminal.write(changed(reply)) }
    Terminal.writeLine("\(reply.changed ? "revoked" : "was revoked already:") \(reply.token.id) (\(reply.token.name))")
  }

  // MARK: JSON

  private static func changed(_ reply: ChangeTokenResponse) -> String {
    JSON.object([
      ("token", reply.token.json), ("changed", .bool(reply.changed)),
      ("revision", .integer(Int64(clamping: reply.revision))),
    ]).text + "\n"
  }

  private static func json(_ blast: RevokeTokensResponse) -> String {
    JSON.object([
      ("count", .integer(Int64(blast.count))), ("tokens", .array(blast.tokens.map(\.json))),
      ("last_used_at", .orNull(blast.lastUsedAt)), ("used_lately", .integer(Int64(blast.usedLately))),
      ("revoked_before", .integer(Int64(blast.revokedBefore))), ("unknown", .strings(blast.unknown)),
      ("revision", .integer(Int64(clamping: blast.revision))),
    ]).text + "\n"
  }
}
