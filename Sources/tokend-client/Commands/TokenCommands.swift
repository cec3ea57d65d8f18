// token create, list, expiring, show, validate.

import Linux
import Options
import TokenClient
import Tokens
import Wire

enum TokenCommands {
  static let all = [
    Command(
      "token", "create", operands: "NAME", summary: "make a token and print it, once",
      details: """
        On a terminal, and without a name, it asks for everything. Without --expires a token expires as the tenant's
        policy has it, or never.
        """,
      options: [
        Option(name: "name", argument: "NAME", help: "the token's name, instead of the operand"),
        Option(name: "permission-set", argument: "SET", help: "give it a permission set, such as read-only"),
        Option(
          name: "scope", argument: "SCOPE", help: "give it a scope; may be given again, or several joined by commas"),
        Option(name: "expires", argument: "WHEN", help: "90d, 12h, 2027-01-31 (its beginning, UTC), or never"),
        Option(name: "description", argument: "TEXT", help: "what it is for"),
        Option(
          name: "request-id", argument: "ID", help: "a name for this request: given again, it makes no second token"),
        SecretDelivery.option,
      ],
      examples: [
        "tokend-client token create",
        "tokend-client token create ci-deploy-east --permission-set read-only --expires 90d",
        "tokend-client token create runbook --scope pipeline:read,pipeline:write > token",
        "tokend-client token create edge --permission-set read-only --secret-file /etc/edge/token",
      ], mostOperands: 1, run: create),
    Command(
      "token", "list", summary: "list a tenant's tokens",
      details: """
        Newest first, unless --sort says otherwise. What never expires sorts after everything that does; what was never
        used, before everything that was. A listing stays in order while tokens are added and revoked.
        """,
      options: filters + [
        Option(name: "sort", argument: "KEY", help: "created, expires, last-used, name or state, rising"),
        Option(name: "reverse", help: "falling"),
        Option(
          name: "columns", argument: "LIST",
          help: TokenColumn.allCases.map(\.rawValue).joined(separator: ", ") + " (several joined by commas)"),
      ] + Shared.page("tokens"),
      examples: [
        "tokend-client token list --org acme --tenant prod", "tokend-client token list --scope pipeline:write --json",
        "tokend-client token list --state active --unused-since 90d --sort last-used",
        "tokend-client token list --all --columns id,name,creator",
      ], run: list),
    Command(
      "token", "expiring", summary: "list the live tokens that expire soon, soonest first",
      options: [Option(name: "within", argument: "TIME", help: "how soon (default 30d)")] + Shared.page("tokens"),
      examples: ["tokend-client token expiring --within 14d"], run: expiring),
    Command(
      "token", "show", operands: "ID|NAME", summary: "show everything that is known of a token",
      details: "A name is looked for among the live tokens of the context.",
      examples: ["tokend-client token show 3fJk29xQbLm", "tokend-client token show ci-deploy-east"], mostOperands: 1,
      run: show),
    Command(
      "token", "validate", summary: "ask for the verdict on a token read from standard input",
      options: [
        Option(
          name: "require", argument: "SCOPE",
          help: "a scope that the token must hold; may be given again, or several joined by commas")
      ],
      examples: ["tokend-client token validate --org acme --tenant prod --require pipeline:read < token"],
      readsToken: true, run: validate),
  ]

  /// The options that say which tokens are meant.
  static let filters = [
    Option(name: "state", argument: "STATE", help: "active, disabled, revoked or expired; may be given again"),
    Option(name: "name-prefix", argument: "TEXT", help: "whose names begin so"),
    Option(name: "name-contains", argument: "TEXT", help: "in whose names this stands"),
    Option(name: "creator", argument: "WHO", help: "made by uid:N or user:NAME"),
    Option(name: "scope", argument: "SCOPE", help: "that hold this scope"),
    Option(name: "permission-set", argument: "SET", help: "made from this permission set"),
    Option(name: "expiring-before", argument: "WHEN", help: "live ones that expire before 30d from now, or a date"),
    Option(name: "unused-since", argument: "WHEN", help: "older than 90d, or a date, and not used since"),
  ]

  /// What the filter options say.
  static func filter(_ invocation: Invocation) throws(Failure) -> TokenFilterMessage {
    var filter = TokenFilterMessage()
    filter.states = splitScopes(invocation.values("state"))
    filter.namePrefix = invocation.value("name-prefix") ?? ""
    filter.nameContains = invocation.value("name-contains") ?? ""
    if let creator = invocation.value("creator") { filter.creator = try Person.number(of: creator) }
    filter.scope = invocation.value("scope") ?? ""
    filter.permissionSet = invocation.value("permission-set") ?? ""
    filter.expiringBefore = try invocation.moment("expiring-before", .future)
    filter.unusedSince = try invocation.moment("unused-since", .past)
    return filter
  }

  // MARK: create

  private static func create(_ invocation: Invocation) throws(Failure) {
    var request = CreateTokenRequest()
    (request.org, request.tenant) = try invocation.context()
    let name = invocation.operands.first ?? invocation.value("name")
    let isDialogue = name == nil && invocation.isInteractive && !invocation.isJSON
    if let other = invocation.value("name"), let name, other != name {
      throw Failure(.usage, "two names, '\(name)' and '\(other)': give one of them")
    }
    request.name = name ?? ""
    request.description = invocation.value("description") ?? ""
    request.scopes = splitScopes(invocation.values("scope"))
    request.permissionSet = invocation.value("permission-set") ?? ""
    request.requestId = invocation.value("request-id") ?? ""
    if let expires = invocation.value("expires") {
      request.expiresAt = try invocation.moment("expires", .future)
      request.neverExpires = expires == "never"
    }
    if isDialogue {
      request = try CreateDialogue(invocation).complete(request)
    } else if name == nil {
      throw Failure(
        .usage, "no name: give the token one, as in tokend-client token create ci-deploy-east", field: "name")
    }
    let delivery = try SecretDelivery(invocation)
    let reply: CreateTokenResponse
    do throws(Failure) { reply = try invocation.administer(Methods.createToken, request) } catch {
      delivery.giveUp()
      throw error
    }
    guard !reply.replayed else {
      delivery.giveUp()
      throw Failure(
        .denied,
        "request '\(request.requestId)' was carried out before, and made token \(reply.token.id): its secret was shown "
          + "then and is not kept; if it is lost, revoke that token and create another", code: "REQUEST_REPLAYED",
        field: "request_id")
    }
    guard !reply.secret.isEmpty else {
      throw Failure(
        .outcomeUnknown, "the daemon's reply bears no token: whether one was made is not known: look, then try again")
    }
    try delivery.deliver(reply.secret, of: reply.token, revision: reply.revision, isBoxed: isDialogue)
  }

  // MARK: list, expiring, show

  private static func list(_ invocation: Invocation) throws(Failure) {
    var request = ListTokensRequest()
    request.filter = try filter(invocation)
    request.sort = invocation.value("sort") ?? ""
    request.descending = invocation.has("reverse")
    if request.sort.isEmpty, request.descending {
      // Newest first is what there is without a sort: its reverse is oldest first.
      request.sort = "created"
      request.descending = false
    }
    let columns = try invocation.value("columns").map(TokenColumn.parse) ?? TokenColumn.standard
    try list(request, columns, invocation)
  }

  private static func expiring(_ invocation: Invocation) throws(Failure) {
    var request = ListTokensRequest()
    let within = try invocation.duration("within") ?? 30 * 86_400
    let (end, isTooFar) = System.secondsSinceEpoch().addingReportingOverflow(within)
    request.filter.expiringBefore = isTooFar ? .max : end
    request.sort = "expires"
    try list(request, [.id, .name, .expires, .used, .creator], invocation)
  }

  private static func list(
    _ request: ListTokensRequest, _ columns: [TokenColumn], _ invocation: Invocation
  ) throws(Failure) {
    var request = request
    (request.org, request.tenant) = try invocation.context()
    var listing = try Listing(invocation)
    let tokens = try listing.collect { size, token throws(Failure) in
      request.pageSize = size
      request.pageToken = token
      let reply = try invocation.administer(Methods.listTokens, request)
      return (reply.tokens, reply.nextPage)
    }
    if invocation.isJSON { return Terminal.write(listing.json("tokens", tokens.map(\.json))) }
    invocation.show(TokenColumn.table(tokens, columns, now: System.secondsSinceEpoch()))
    listing.sayMore("tokens", isEmpty: tokens.isEmpty)
  }

  private static func show(_ invocation: Invocation) throws(Failure) {
    let reply = try TokenName(invocation).find(invocation, .newest)
    let token = reply.token
    if invocation.isJSON {
      guard case .object(let members) = token.json else { return }
      return Terminal.write(
        JSON.object(
          members + [
            ("set_grew", .strings(reply.setGrew)), ("set_lost", .strings(reply.setLost)),
            ("retired_scopes", .strings(reply.retiredScopes)),
          ]
        ).text + "\n")
    }
    func moment(_ seconds: Int64) -> String {
      seconds == 0
        ? "never" : "\(formatInstant(seconds)) (\(formatDistance(seconds, from: System.secondsSinceEpoch())))"
    }
    var rows = [
      ("id", token.id), ("name", token.name), ("description", token.description), ("org", token.org),
      ("tenant", token.tenant), ("state", token.stateName), ("scopes", token.scopes.joined(separator: " ")),
      ("permission set", token.permissionSet), ("creator", Person.named(token.creator)),
      ("created", moment(token.createdAt)), ("expires", moment(token.expiresAt)),
      ("last used", moment(token.lastUsedAt)),
      ("exercised", token.exercisedScopes.joined(separator: " ")), ("rotated from", token.predecessor),
      ("rotated to", token.successor),
    ]
    if token.revokedAt != 0 {
      let reason = [token.revocationCode, token.revocationReason].filter { !$0.isEmpty }.joined(separator: ": ")
      rows += [("revoked", moment(token.revokedAt)), ("revoked by", Person.named(token.revokedBy)), ("reason", reason)]
    }
    if !reply.setGrew.isEmpty {
      rows.append(("drift", "\(token.permissionSet) has grown by \(reply.setGrew.joined(separator: " ")) since"))
    }
    if !reply.setLost.isEmpty {
      rows.append(("drift", "\(token.permissionSet) has lost \(reply.setLost.joined(separator: " ")) since"))
    }
    if !reply.retiredScopes.isEmpty {
      rows.append(("retired", "\(reply.retiredScopes.joined(separator: " ")): no longer registered, allows nothing"))
    }
    Terminal.writeFields(rows.filter { !$0.1.isEmpty })
  }

  // MARK: validate

  private static func validate(_ invocation: Invocation) throws(Failure) {
    let required = splitScopes(invocation.values("require"))
    if required.contains("") { throw Failure(.usage, "--require is empty: name a scope, such as pipeline:read") }
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
    // Without a context the answer is MISSING_CONTEXT, which is an answer.
    let context = (try? invocation.context()) ?? (org: "", tenant: "")
    let validator = try invocation.validator
    let verdict: TokenClient.Verdict
    do throws(TokenClient.Failure) {
      verdict = try validator.validate(
        bytes: token.span, org: context.org, tenant: context.tenant, requiring: required)
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
    let expires = verdict.expiresAt.map(formatInstant) ?? "never"
    return [
      "allowed:\(who) in \(verdict.org)/\(verdict.tenant), expires \(expires), "
        + "holds \(verdict.scopes.joined(separator: " "))"
    ]
  }

  private static func json(_ verdict: TokenClient.Verdict) -> JSON {
    .object([
      ("reason", .string(verdict.reason)), ("http_status", .integer(Int64(verdict.httpStatus))),
      ("token_id", .string(verdict.tokenID)), ("token_name", .string(verdict.tokenName)),
      ("org_id", .string(verdict.org)), ("tenant_id", .string(verdict.tenant)), ("scopes", .strings(verdict.scopes)),
      ("expires_at", verdict.expiresAt.map { .integer($0) } ?? .null),
      ("revision", .integer(Int64(clamping: verdict.revision))),
      ("www_authenticate", .string(verdict.wwwAuthenticate)),
    ])
  }
}
