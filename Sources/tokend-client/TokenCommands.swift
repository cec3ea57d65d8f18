// token create, list, show, revoke, validate.

import Linux
import Options
import TokenClient
import Tokens
import Wire

enum TokenCommands {
  static let all = [
    Command(
      words: ["token", "create"], operands: "NAME",
      summary: "make a token and print it, once",
      options: [
        Option(name: "name", argument: "NAME", help: "the token's name, instead of the operand"),
        Option(name: "permission-set", argument: "SET", help: "give it a permission set, such as read-only"),
        Option(
          name: "scope", argument: "SCOPE", help: "give it a scope; may be given again, or several joined by commas"),
        Option(
          name: "expires", argument: "WHEN", help: "90d, 12h, 2027-01-31, an RFC 3339 instant, or never (the default)"),
        Option(name: "description", argument: "TEXT", help: "what it is for"),
      ],
      examples: [
        "tokend-client token create ci-deploy-east --permission-set read-only --expires 90d",
        "tokend-client token create runbook --scope pipeline:read --scope pipeline:write > token",
      ], mostOperands: 1, run: create),
    Command(
      words: ["token", "list"], operands: "", summary: "list a tenant's tokens, newest first",
      options: [
        Option(name: "scope", argument: "SCOPE", help: "only tokens that hold this scope")
      ] + Page.options("tokens"),
      examples: [
        "tokend-client token list --org acme --tenant prod", "tokend-client token list --scope pipeline:write --json",
      ],
      mostOperands: 0, run: list),
    Command(
      words: ["token", "show"], operands: "ID", summary: "show everything that is known of a token",
      options: [], examples: ["tokend-client token show 3fJk29xQbLm"], mostOperands: 1, run: show),
    Command(
      words: ["token", "revoke"], operands: "ID", summary: "revoke a token, for ever",
      options: [
        Option(name: "yes", short: "y", help: "do not ask"),
        Option(name: "reason", argument: "TEXT", help: "why, for the record"),
      ],
      examples: ["tokend-client token revoke 3fJk29xQbLm --yes --reason leaked"], mostOperands: 1, run: revoke),
    Command(
      words: ["token", "validate"], operands: "", summary: "ask for the verdict on a token read from standard input",
      options: [
        Option(name: "require", argument: "SCOPE", help: "a scope that the token must hold; may be given again")
      ],
      examples: ["tokend-client token validate --org acme --tenant prod --require pipeline:read < token"],
      mostOperands: 0, run: validate),
  ]

  // MARK: create

  private static func create(_ invocation: Invocation) throws(Failure) {
    var request = CreateTokenRequest()
    (request.org, request.tenant) = try invocation.context()
    guard let name = invocation.operands.first ?? invocation.value("name") else {
      throw Failure(.usage, "no name: give the token one, as in tokend-client token create ci-deploy-east")
    }
    if let other = invocation.value("name"), other != name {
      throw Failure(.usage, "two names, '\(name)' and '\(other)': give one of them")
    }
    request.name = name
    request.description = invocation.value("description") ?? ""
    request.scopes = splitScopes(invocation.values("scope"))
    request.permissionSet = invocation.value("permission-set") ?? ""
    if let text = invocation.value("expires") {
      do throws(UsageError) {
        request.expiresAt = try Expiry.parse(text, now: System.secondsSinceEpoch())
      } catch {
        throw Failure(.usage, error.description)
      }
    }
    let reply = try invocation.administer(Methods.createToken, request)
    guard !reply.secret.isEmpty else {
      throw Failure(
        .outcomeUnknown, "the daemon's reply bears no token: whether one was made is not known: look, then try again")
    }
    let loss =
      "token \(reply.token.id) was made and could not be printed: revoke it with tokend-client token revoke \(reply.token.id)"
    if invocation.isJSON {
      Terminal.write(
        JSON.object([
          ("token", json(reply.token)), ("secret", .string(reply.secret)),
          ("revision", .integer(Int64(clamping: reply.revision))),
        ]).text + "\n", loss: loss)
    } else {
      Terminal.writeLine(reply.secret, loss: loss)
    }
    if Terminal.Stream.error.isTerminal {
      Terminal.writeErrorLine("This token is shown once: keep it in a secret manager. Its id is \(reply.token.id).")
    }
  }

  // MARK: list, show

  private static func list(_ invocation: Invocation) throws(Failure) {
    var request = ListTokensRequest()
    (request.org, request.tenant) = try invocation.context()
    request.filter.scope = invocation.value("scope") ?? ""
    request.pageSize = try invocation.limit()
    request.pageToken = invocation.value("page") ?? ""
    let reply = try invocation.administer(Methods.listTokens, request)
    if invocation.isJSON {
      let next: JSON = reply.nextPage.isEmpty ? .null : .string(reply.nextPage)
      return Terminal.write(JSON.object([("tokens", .array(reply.tokens.map(json))), ("next_page", next)]).text + "\n")
    }
    var table = Table(columns: [
      Table.Column(title: "ID", isRight: false, mayTruncate: false),
      Table.Column(title: "NAME", isRight: false, mayTruncate: true),
      Table.Column(title: "STATE", isRight: false, mayTruncate: false),
      Table.Column(title: "EXPIRES", isRight: false, mayTruncate: false),
      Table.Column(title: "SCOPES", isRight: false, mayTruncate: true),
    ])
    for token in reply.tokens {
      table.add([token.id, token.name, state(token), moment(token.expiresAt), token.scopes.joined(separator: " ")])
    }
    invocation.show(table)
    if !reply.nextPage.isEmpty { Terminal.writeErrorLine("more: tokend-client token list --page \(reply.nextPage)") }
  }

  private static func show(_ invocation: Invocation) throws(Failure) {
    var request = GetTokenRequest()
    request.id = try id(invocation)
    (request.org, request.tenant) = try optionalContext(invocation)
    let reply = try invocation.administer(Methods.getToken, request)
    let token = reply.token
    if invocation.isJSON { return Terminal.write(json(token).text + "\n") }
    var rows = [
      ("id", token.id), ("name", token.name), ("description", token.description), ("org", token.org),
      ("tenant", token.tenant), ("state", state(token)), ("scopes", token.scopes.joined(separator: " ")),
      ("permission set", token.permissionSet), ("creator", token.creator), ("created", moment(token.createdAt)),
      ("expires", moment(token.expiresAt)),
    ]
    if token.revokedAt != 0 {
      rows += [
        ("revoked", moment(token.revokedAt)), ("revoked by", token.revokedBy), ("reason", token.revocationReason),
      ]
    }
    for (label, value) in rows where !value.isEmpty {
      Terminal.writeLine("\(label):\(String(repeating: " ", count: 15 - label.count))\(value)")
    }
  }

  // MARK: revoke

  private static func revoke(_ invocation: Invocation) throws(Failure) {
    var request = RevokeTokenRequest()
    request.id = try id(invocation)
    (request.org, request.tenant) = try optionalContext(invocation)
    request.reason = invocation.value("reason") ?? ""
    if !invocation.has("yes") {
      guard Terminal.Stream.input.isTerminal else {
        throw Failure(.usage, "revoking is for ever: give --yes where nobody can be asked")
      }
      guard Terminal.confirm("Revoke token \(request.id) for ever?") else {
        throw Failure(.denied, "nothing was changed")
      }
    }
    let reply = try invocation.administer(Methods.revokeToken, request)
    if invocation.isJSON {
      return Terminal.write(
        JSON.object([("token", json(reply.token)), ("revision", .integer(Int64(clamping: reply.revision)))]).text + "\n"
      )
    }
    Terminal.writeLine("revoked \(reply.token.id) (\(reply.token.name))")
  }

  private static func id(_ invocation: Invocation) throws(Failure) -> String {
    guard let id = invocation.operands.first else {
      throw Failure(.usage, "no id: give the token's public id, as token list shows it")
    }
    return id
  }

  /// The context, or none: an id stands for itself. Half of one is a mistake that must not widen what the command does.
  private static func optionalContext(_ invocation: Invocation) throws(Failure) -> (String, String) {
    invocation.org == nil && invocation.tenant == nil ? ("", "") : try invocation.context()
  }

  // MARK: validate

  private static func validate(_ invocation: Invocation) throws(Failure) {
    var token: [UInt8] = []
    defer { wipe(&token) }
    do throws(Terminal.InputFailure) {
      token = try Terminal.readSecret(prompt: "Token: ")
    } catch {
      switch error {
      // Nothing at all is a question too, and its answer is MISSING_CREDENTIAL.
      case .ended: break
      default: throw Failure(.usage, "\(error)")
      }
    }
    let validator = try invocation.validator
    let verdict: TokenClient.Verdict
    do throws(TokenClient.Failure) {
      verdict = try validator.validate(
        bytes: token.span, org: invocation.org ?? "", tenant: invocation.tenant ?? "",
        requiring: splitScopes(invocation.values("require")))
    } catch {
      switch error {
      case .unavailable(let why): throw Failure(.unavailable, why)
      case .notPermitted(let why): throw Failure(.notPermitted, why)
      case .undecided(3, let why): throw Failure(.denied, why)
      case .undecided(7, let why): throw Failure(.notPermitted, why)
      case .undecided(_, let why): throw Failure(.unavailable, why)
      }
    }
    if invocation.isJSON {
      Terminal.write(json(verdict).text + "\n")
    } else {
      for line in lines(verdict) { Terminal.writeLine(line) }
    }
    if !verdict.isAllowed { System.exit(Exit.denied.rawValue) }
  }

  private static func lines(_ verdict: TokenClient.Verdict) -> [String] {
    let who = verdict.tokenID.isEmpty ? "" : " \(verdict.tokenID) (\(verdict.tokenName))"
    guard verdict.isAllowed else {
      let challenge = verdict.wwwAuthenticate.isEmpty ? [] : ["WWW-Authenticate: \(verdict.wwwAuthenticate)"]
      return ["denied: \(verdict.reason), HTTP \(verdict.httpStatus)\(who)"] + challenge
    }
    return [
      "allowed:\(who) in \(verdict.org)/\(verdict.tenant), expires \(moment(verdict.expiresAt ?? 0)), "
        + "holds \(verdict.scopes.joined(separator: " "))"
    ]
  }

  private static func json(_ verdict: TokenClient.Verdict) -> JSON {
    .object([
      ("reason", .string(verdict.reason)), ("http_status", .integer(Int64(verdict.httpStatus))),
      ("token_id", .string(verdict.tokenID)), ("token_name", .string(verdict.tokenName)),
      ("org_id", .string(verdict.org)), ("tenant_id", .string(verdict.tenant)),
      ("scopes", .strings(verdict.scopes)),
      ("expires_at", verdict.expiresAt.map { .integer($0) } ?? .null),
      ("revision", .integer(Int64(clamping: verdict.revision))),
      ("www_authenticate", .string(verdict.wwwAuthenticate)),
    ])
  }

  // MARK: A token's face

  private static func state(_ token: TokenMessage) -> String {
    switch token.state {
    case 1: "active"
    case 2: "disabled"
    case 3: "revoked"
    case 4: "expired"
    default: "unknown"
    }
  }

  private static func moment(_ seconds: Int64) -> String { seconds == 0 ? "never" : formatInstant(seconds) }

  private static func json(_ token: TokenMessage) -> JSON {
    .object([
      ("id", .string(token.id)), ("name", .string(token.name)), ("description", .string(token.description)),
      ("org_id", .string(token.org)), ("tenant_id", .string(token.tenant)), ("state", .string(state(token))),
      ("scopes", .strings(token.scopes)), ("permission_set", .orNull(token.permissionSet)),
      ("creator", .string(token.creator)), ("created_at", .integer(token.createdAt)),
      ("expires_at", .orNull(token.expiresAt)), ("revoked_at", .orNull(token.revokedAt)),
      ("revoked_by", .orNull(token.revokedBy)), ("revocation_reason", .orNull(token.revocationReason)),
    ])
  }
}
