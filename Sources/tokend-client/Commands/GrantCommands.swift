// grant add, remove, list, explain.

import Linux
import Options
import TokenClient
import Wire

enum GrantCommands {
  private static let cap = Option(
    name: "cap", argument: "SCOPE", help: "a scope that the holder may hand out (default: all); may be given again")
  private static let principal = Option(
    name: "principal", argument: "WHO", help: "only for user:NAME, group:NAME, uid:N or gid:N")

  static let all = [
    Command(
      "grant", "add", operands: "WHO ROLE", summary: "give a user or group a role",
      details: """
        The roles, each of which may do what those before it may: viewer lists and shows tokens, tenants and permissions;
        token-admin makes, rotates, disables and revokes tokens; org-admin, of a whole organization, adds and removes
        tenants, sets their policies, and gives grants there; operator does everything, everywhere. validator is no right
        but a limit: whoever has such grants gets verdicts for their tenants only. Where the role counts is said by --org
        and --tenant, by --org alone for all its tenants, or by --everywhere; the environment and the context do not say
        it.
        """,
      options: [cap, Option(name: "everywhere", help: "in every organization")],
      examples: [
        "tokend-client grant add user:alice token-admin --org acme --tenant prod",
        "tokend-client grant add group:ops org-admin --org acme",
        "tokend-client grant add uid:1003 token-admin --org acme --cap pipeline:read --cap metrics:read",
        "tokend-client grant add user:edge validator --org acme --tenant prod",
      ],
      mostOperands: 2, run: add),
    Command(
      "grant", "remove", operands: "NUMBER", summary: "take a grant away",
      examples: ["tokend-client grant remove 12"], mostOperands: 1, run: remove),
    Command(
      "grant", "list", summary: "list the grants that you may see",
      options: [principal] + Shared.page("grants"),
      examples: ["tokend-client grant list --org acme", "tokend-client grant list --principal user:alice --json"],
      run: list),
    Command(
      "grant", "explain", operands: "ROLE", summary: "say who may do what a role allows, and by which grant",
      options: [
        principal,
        Option(name: "scope", argument: "SCOPE", help: "only who may hand out this scope; may be given again"),
      ],
      examples: ["tokend-client grant explain token-admin --org acme --tenant prod --scope pipeline:write"],
      mostOperands: 1, run: explain),
  ]

  private static func add(_ invocation: Invocation) throws(Failure) {
    guard invocation.operands.count == 2 else {
      throw Failure(.usage, "say who gets which role, as in tokend-client grant add user:alice viewer --org acme")
    }
    var request = AddGrantRequest()
    request.principal = try Person.number(of: invocation.operands[0])
    request.role = invocation.operands[1]
    (request.org, request.tenant) = realm(invocation)
    let isEverywhere = invocation.has("everywhere") || request.role == "operator"
    guard isEverywhere == request.org.isEmpty || request.role == "operator" else {
      throw Failure(
        .usage,
        isEverywhere
          ? "--everywhere and --org contradict each other: give one of them"
          : "where is \(invocation.operands[0]) to be \(request.role)? Give --org ORG --tenant TENANT, --org ORG for all its "
            + "tenants, or --everywhere", field: "org_id")
    }
    request.cap = splitScopes(invocation.values("cap"))
    let reply = try invocation.administer(Methods.addGrant, request)
    if invocation.isJSON { return Terminal.write(changed(reply.grant, reply.revision)) }
    Terminal.writeLine("grant \(reply.grant.number): \(sentence(reply.grant))")
  }

  private static func remove(_ invocation: Invocation) throws(Failure) {
    guard let text = invocation.operands.first, let number = Int64(text) else {
      throw Failure(.usage, "say which grant by its number, as grant list shows it")
    }
    var request = RemoveGrantRequest()
    request.number = number
    let reply = try invocation.administer(Methods.removeGrant, request)
    if invocation.isJSON { return Terminal.write(changed(reply.grant, reply.revision)) }
    Terminal.writeLine("removed grant \(reply.grant.number): \(sentence(reply.grant))")
    guard reply.grant.role == "validator" else { return }
    var rest = ListGrantsRequest()
    rest.principal = reply.grant.principal
    rest.pageSize = 500
    if try !invocation.administer(Methods.listGrants, rest).grants.contains(where: { $0.role == "validator" }) {
      Terminal.writeErrorLine(
        "\(Person.named(reply.grant.principal)) is limited no more: whoever that is gets verdicts for every tenant")
    }
  }

  private static func list(_ invocation: Invocation) throws(Failure) {
    var request = ListGrantsRequest()
    (request.org, request.tenant) = realm(invocation)
    request.principal = try invocation.value("principal").map(Person.number) ?? ""
    var listing = try Listing(invocation)
    let grants = try listing.collect { size, token throws(Failure) in
      request.pageSize = size
      request.pageToken = token
      let reply = try invocation.administer(Methods.listGrants, request)
      return (reply.grants, reply.nextPage)
    }
    if invocation.isJSON { return Terminal.write(listing.json("grants", grants.map(json))) }
    invocation.show(table(grants))
    listing.sayMore("grants that you may see", isEmpty: grants.isEmpty)
  }

  private static func explain(_ invocation: Invocation) throws(Failure) {
    guard let role = invocation.operands.first else {
      throw Failure(.usage, "say which role, as in tokend-client grant explain token-admin --org acme")
    }
    var request = ExplainGrantRequest()
    (request.org, request.tenant) = realm(invocation)
    request.role = role
    request.scopes = splitScopes(invocation.values("scope"))
    request.principal = try invocation.value("principal").map(Person.number) ?? ""
    let reply = try invocation.administer(Methods.explainGrant, request)
    if invocation.isJSON {
      return Terminal.write(
        JSON.object([
          ("grants", .array(reply.grants.map(json))), ("operators", .array(reply.operators.map { .string($0) })),
        ]).text + "\n")
    }
    for name in reply.operators {
      Terminal.writeLine("\(Person.named(name)): operator of this daemon, without a grant")
    }
    for grant in reply.grants { Terminal.writeLine("grant \(grant.number): \(sentence(grant))") }
    if reply.operators.isEmpty && reply.grants.isEmpty { Terminal.writeLine("nobody") }
  }

  /// The realm that the options name; the context of the user does not count, as it would narrow what is given unseen.
  private static func realm(_ invocation: Invocation) -> (String, String) {
    (invocation.value("org") ?? "", invocation.value("tenant") ?? "")
  }

  // MARK: A grant's face

  private static func realm(_ grant: GrantMessage) -> String {
    grant.org.isEmpty ? "*" : "\(grant.org)/\(grant.tenant.isEmpty ? "*" : grant.tenant)"
  }

  private static func sentence(_ grant: GrantMessage) -> String {
    let cap = grant.cap.isEmpty ? "" : ", may hand out \(grant.cap.joined(separator: " "))"
    return "\(Person.named(grant.principal)) is \(grant.role) of \(realm(grant))\(cap)"
  }

  private static func table(_ grants: [GrantMessage]) -> Table {
    var table = Table(columns: [
      Table.Column(title: "NUMBER", isRight: true, mayTruncate: false),
      Table.Column(title: "PRINCIPAL", isRight: false, mayTruncate: true),
      Table.Column(title: "ROLE", isRight: false, mayTruncate: false),
      Table.Column(title: "REALM", isRight: false, mayTruncate: true),
      Table.Column(title: "CAP", isRight: false, mayTruncate: true),
    ])
    for grant in grants {
      let cap = grant.cap.isEmpty ? "-" : grant.cap.joined(separator: " ")
      table.add([String(grant.number), Person.named(grant.principal), grant.role, realm(grant), cap])
    }
    return table
  }

  private static func changed(_ grant: GrantMessage, _ revision: UInt64) -> String {
    JSON.object([("grant", json(grant)), ("revision", .integer(Int64(clamping: revision)))]).text + "\n"
  }

  private static func json(_ grant: GrantMessage) -> JSON {
    .object([
      ("number", .integer(grant.number)), ("principal", .string(grant.principal)), ("role", .string(grant.role)),
      ("org_id", .orNull(grant.org)), ("tenant_id", .orNull(grant.tenant)),
      ("cap", grant.cap.isEmpty ? .null : .strings(grant.cap)), ("creator", .string(grant.creator)),
      ("created_at", .integer(grant.createdAt)),
    ])
  }
}
