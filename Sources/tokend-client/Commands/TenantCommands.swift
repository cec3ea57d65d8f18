// tenant add, list, show, policy, remove.

import Options
import TokenClient
import Wire
import Tokens

enum TenantCommands {
  static let all = [
    Command(
      "tenant", "add", operands: "ORG/TENANT", summary: "register a tenant, and its organization if new",
      examples: ["tokend-client tenant add acme/prod", "tokend-client tenant add --org acme --tenant prod"],
      mostOperands: 1, run: add),
    Command(
      "tenant", "list", summary: "list the registered tenants that you may see",
      details: "--org narrows it to an organization; TOKEND_ORG and the context do not.",
      options: Shared.page("tenants"),
      examples: ["tokend-client tenant list", "tokend-client tenant list --org acme --json"], run: list),
    Command(
      "tenant", "show", operands: "[ORG/TENANT]", summary: "show a tenant and its policy",
      examples: ["tokend-client tenant show acme/prod"], mostOperands: 1, run: show),
    Command(
      "tenant", "policy", operands: "[ORG/TENANT]", summary: "bound the tokens that are made in a tenant from now on",
      details: "What is not given stays as it is.",
      options: [
        Option(name: "max-lifetime", argument: "TIME", help: "the longest that a token may live, such as 90d, or none"),
        Option(
          name: "default-lifetime", argument: "TIME", help: "how long a token lives if its maker does not say, or none"),
        Option(name: "max-tokens", argument: "N", help: "the most live tokens, or none"),
      ],
      examples: ["tokend-client tenant policy acme/prod --max-lifetime 90d --default-lifetime 30d --max-tokens 500"],
      mostOperands: 1, run: policy),
    Command(
      "tenant", "remove", operands: "ORG/TENANT", summary: "revoke all tokens of a tenant, and remove it",
      options: [Shared.yes, Shared.dryRun],
      examples: ["tokend-client tenant remove acme/old --dry-run", "tokend-client tenant remove acme/old"],
      mostOperands: 1, run: remove),
  ]

  private static func add(_ invocation: Invocation) throws(Failure) {
    var request = AddTenantRequest()
    (request.org, request.tenant) = try named(invocation)
    let reply = try invocation.administer(Methods.addTenant, request)
    if invocation.isJSON { return Terminal.write(changed(reply.tenant, reply.revision)) }
    Terminal.writeLine("registered \(reply.tenant.org)/\(reply.tenant.tenant)")
  }

  /// The tenant that a command is about: its operand, or the options; both only if they agree.
  private static func named(_ invocation: Invocation) throws(Failure) -> (org: String, tenant: String) {
    guard let word = invocation.operands.first else { return try invocation.context() }
    guard let named = Context(word) else {
      throw Failure(.usage, "'\(word)' is not of the form ORG/TENANT: name both, as in acme/prod")
    }
    let (org, tenant) = (invocation.value("org"), invocation.value("tenant"))
    guard org == nil || org == named.org, tenant == nil || tenant == named.tenant else {
      throw Failure(.usage, "'\(word)' and the options name two tenants: give one of them")
    }
    return (named.org, named.tenant)
  }

  /// All the tenants that a listing asks for.
  static func tenants(_ invocation: Invocation, _ listing: inout Listing) throws(Failure) -> [TenantMessage] {
    var request = ListTenantsRequest()
    request.org = invocation.value("org") ?? ""
    return try listing.collect { size, token throws(Failure) in
      request.pageSize = size
      request.pageToken = token
      let reply = try invocation.administer(Methods.listTenants, request)
      return (reply.tenants, reply.nextPage)
    }
  }

  private static func list(_ invocation: Invocation) throws(Failure) {
    if invocation.has("tenant") { throw Failure(.usage, "--tenant: one tenant is shown by tenant show ORG/TENANT") }
    var listing = try Listing(invocation)
    let tenants = try tenants(invocation, &listing)
    if invocation.isJSON { return Terminal.write(listing.json("tenants", tenants.map(json))) }
    var table = Table(columns: [
      Table.Column(title: "ORG", isRight: false, mayTruncate: true),
      Table.Column(title: "TENANT", isRight: false, mayTruncate: true),
      Table.Column(title: "CREATED", isRight: false, mayTruncate: false),
    ])
    for tenant in tenants { table.add([tenant.org, tenant.tenant, formatInstant(tenant.createdAt)]) }
    invocation.show(table)
    listing.sayMore("tenants", isEmpty: tenants.isEmpty)
  }

  private static func show(_ invocation: Invocation) throws(Failure) {
    show(try get(named(invocation), invocation), invocation)
  }

  private static func get(
    _ name: (org: String, tenant: String), _ invocation: Invocation
  ) throws(Failure) -> TenantMessage {
    var request = GetTenantRequest()
    (request.org, request.tenant) = name
    return try invocation.administer(Methods.getTenant, request).tenant
  }

  private static func show(_ tenant: TenantMessage, _ invocation: Invocation) {
    if invocation.isJSON { return Terminal.write(json(tenant).text + "\n") }
    func lifetime(_ seconds: Int64, _ none: String) -> String { seconds == 0 ? none : formatDuration(seconds) }
    Terminal.writeFields([
      ("org", tenant.org), ("tenant", tenant.tenant), ("created", formatInstant(tenant.createdAt)),
      ("max lifetime", lifetime(tenant.maxLifetime, "none")),
      ("default lifetime", lifetime(tenant.defaultLifetime, tenant.maxLifetime == 0 ? "for ever" : "the longest")),
      ("max tokens", tenant.maxTokens == 0 ? "none" : String(tenant.maxTokens)),
    ])
  }

  private static func policy(_ invocation: Invocation) throws(Failure) {
    guard ["max-lifetime", "default-lifetime", "max-tokens"].contains(where: invocation.has) else {
      throw Failure(.usage, "give --max-lifetime, --default-lifetime or --max-tokens; tenant show prints the policy")
    }
    let old = try get(named(invocation), invocation)
    var request = SetTenantPolicyRequest()
    (request.org, request.tenant) = (old.org, old.tenant)
    request.maxLifetime = try lifetime("max-lifetime", invocation) ?? old.maxLifetime
    request.defaultLifetime = try lifetime("default-lifetime", invocation) ?? old.defaultLifetime
    request.maxTokens = old.maxTokens
    if let text = invocation.value("max-tokens") {
      guard let number = text == "none" ? 0 : UInt32(text), number > 0 || text == "none" else {
        throw Failure(.usage, "--max-tokens is '\(text)': give a number, or none")
      }
      request.maxTokens = number
    }
    let reply = try invocation.administer(Methods.setTenantPolicy, request)
    show(reply.tenant, invocation)
  }

  private static func lifetime(_ option: String, _ invocation: Invocation) throws(Failure) -> Int64? {
    if invocation.value(option) == "none" { return 0 }
    let seconds = try invocation.duration(option)
    guard seconds != 0 else { throw Failure(.usage, "--\(option) is no time at all: give one, or none for no bound") }
    return seconds
  }

  private static func remove(_ invocation: Invocation) throws(Failure) {
    guard !invocation.operands.isEmpty else {
      // Never what a context or an environment happens to say.
      throw Failure(.usage, "say which tenant, as in tokend-client tenant remove acme/old")
    }
    var request = RemoveTenantRequest()
    (request.org, request.tenant) = try named(invocation)
    request.dryRun = true
    let name = "\(request.org)/\(request.tenant)"
    let live = try invocation.administer(Methods.removeTenant, request).liveTokens
    if invocation.has("dry-run") {
      if invocation.isJSON {
        return Terminal.write(JSON.object([("live_tokens", .integer(Int64(live)))]).text + "\n")
      }
      return Terminal.writeLine("removing \(name) would revoke \(counted(Int(live), "live token"))")
    }
    try Confirmation.demand(
      invocation, "Removing \(name) revokes \(counted(Int(live), "live token")), for ever.", typed: name)
    request.dryRun = false
    let reply = try invocation.administer(Methods.removeTenant, request)
    if invocation.isJSON {
      return Terminal.write(
        JSON.object([
          ("live_tokens", .integer(Int64(reply.liveTokens))), ("revision", .integer(Int64(clamping: reply.revision))),
        ]).text + "\n")
    }
    Terminal.writeLine("removed \(name), with \(reply.liveTokens) live tokens")
  }

  private static func changed(_ tenant: TenantMessage, _ revision: UInt64) -> String {
    JSON.object([("tenant", json(tenant)), ("revision", .integer(Int64(clamping: revision)))]).text + "\n"
  }

  private static func json(_ tenant: TenantMessage) -> JSON {
    .object([
      ("org_id", .string(tenant.org)), ("tenant_id", .string(tenant.tenant)),
      ("created_at", .integer(tenant.createdAt)), ("max_lifetime", .orNull(tenant.maxLifetime)),
      ("default_lifetime", .orNull(tenant.defaultLifetime)), ("max_tokens", .orNull(Int64(tenant.maxTokens))),
    ])
  }
}
