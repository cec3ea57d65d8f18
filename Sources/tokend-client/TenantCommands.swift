// tenant add, tenant list.

import Options
import TokenClient
import Wire

enum TenantCommands {
  static let all = [
    Command(
      words: ["tenant", "add"], operands: "[ORG/TENANT]", summary: "register a tenant, and its organization if new",
      options: [],
      examples: ["tokend-client tenant add acme/prod", "tokend-client tenant add --org acme --tenant prod"],
      mostOperands: 2, run: add),
    Command(
      words: ["tenant", "list"], operands: "", summary: "list the registered tenants",
      options: Page.options("tenants"),
      examples: ["tokend-client tenant list", "tokend-client tenant list --org acme --json"], mostOperands: 0, run: list
    ),
  ]

  private static func add(_ invocation: Invocation) throws(Failure) {
    var request = AddTenantRequest()
    (request.org, request.tenant) = try named(invocation)
    let reply = try invocation.administer(Methods.addTenant, request)
    if invocation.isJSON {
      return Terminal.write(
        JSON.object([("tenant", json(reply.tenant)), ("revision", .integer(Int64(clamping: reply.revision)))]).text
          + "\n")
    }
    Terminal.writeLine("registered \(reply.tenant.org)/\(reply.tenant.tenant)")
  }

  /// ORG/TENANT, or ORG TENANT, or the options.
  private static func named(_ invocation: Invocation) throws(Failure) -> (String, String) {
    let operands = invocation.operands
    if operands.isEmpty { return try invocation.context() }
    let ids =
      operands.count == 2
      ? operands : operands[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard ids.count == 2 else { throw Failure(.usage, "'\(operands[0])' is not of the form ORG/TENANT") }
    return (ids[0], ids[1])
  }

  private static func list(_ invocation: Invocation) throws(Failure) {
    var request = ListTenantsRequest()
    request.org = invocation.org ?? ""
    request.pageSize = try invocation.limit()
    request.pageToken = invocation.value("page") ?? ""
    let reply = try invocation.administer(Methods.listTenants, request)
    if invocation.isJSON {
      let next: JSON = reply.nextPage.isEmpty ? .null : .string(reply.nextPage)
      return Terminal.write(
        JSON.object([("tenants", .array(reply.tenants.map(json))), ("next_page", next)]).text + "\n")
    }
    var table = Table(columns: [
      Table.Column(title: "ORG", isRight: false, mayTruncate: true),
      Table.Column(title: "TENANT", isRight: false, mayTruncate: true),
      Table.Column(title: "CREATED", isRight: false, mayTruncate: false),
    ])
    for tenant in reply.tenants { table.add([tenant.org, tenant.tenant, formatInstant(tenant.createdAt)]) }
    invocation.show(table)
    if !reply.nextPage.isEmpty { Terminal.writeErrorLine("more: tokend-client tenant list --page \(reply.nextPage)") }
  }

  private static func json(_ tenant: TenantMessage) -> JSON {
    .object([
      ("org_id", .string(tenant.org)), ("tenant_id", .string(tenant.tenant)),
      ("created_at", .integer(tenant.createdAt)),
    ])
  }
}
