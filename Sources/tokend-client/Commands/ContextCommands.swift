// context use, show, list.

import TokenClient
import Wire

enum ContextCommands {
  static let all = [
    Command(
      "context", "use", operands: "ORG/TENANT", summary: "choose the tenant that commands are for",
      details: """
        It is remembered for the user, in tokend/context in XDG_CONFIG_HOME (~/.config). --org and --tenant, and
        TOKEND_ORG and TOKEND_TENANT, win over it.
        """,
      examples: ["tokend-client context use acme/prod"], mostOperands: 1, run: use),
    Command(
      "context", "show", summary: "show the tenant that commands are for", examples: ["tokend-client context show"],
      run: show),
    Command(
      "context", "list", summary: "list the tenants that you may see, and mark the chosen one",
      options: Shared.page("tenants"), examples: ["tokend-client context list"], run: list),
  ]

  private static func use(_ invocation: Invocation) throws(Failure) {
    guard let word = invocation.operands.first else {
      throw Failure(.usage, "say which tenant, as in tokend-client context use acme/prod")
    }
    guard let context = Context(word) else {
      throw Failure(.usage, "'\(word)' is not of the form ORG/TENANT: name both, as in acme/prod")
    }
    // One that is not there, or may not be seen, is not chosen.
    var request = GetTenantRequest()
    (request.org, request.tenant) = (context.org, context.tenant)
    _ = try invocation.administer(Methods.getTenant, request)
    try context.save()
    if invocation.isJSON { return Terminal.write(json(context)) }
    Terminal.writeLine("commands are for \(context.text) from now on")
    let (org, tenant) = invocation.given
    if org.map({ $0 != context.org }) ?? false || tenant.map({ $0 != context.tenant }) ?? false {
      Terminal.writeErrorLine(
        "TOKEND_ORG and TOKEND_TENANT, or options, win over it: they name \(org ?? "its")/\(tenant ?? "its")")
    }
  }

  private static func show(_ invocation: Invocation) throws(Failure) {
    let (org, tenant) = try invocation.context()
    guard let context = Context("\(org)/\(tenant)") else { throw Failure(.usage, "'\(org)/\(tenant)' is no tenant") }
    if invocation.isJSON { return Terminal.write(json(context)) }
    Terminal.writeLine(context.text)
  }

  private static func list(_ invocation: Invocation) throws(Failure) {
    let chosen: Context?
    do throws(Failure) {
      let (org, tenant) = try invocation.context()
      chosen = Context("\(org)/\(tenant)")
    } catch {
      chosen = nil
    }
    var listing = try Listing(invocation)
    let tenants = try TenantCommands.tenants(invocation, &listing)
    func isChosen(_ tenant: TenantMessage) -> Bool { chosen?.org == tenant.org && chosen?.tenant == tenant.tenant }
    if invocation.isJSON {
      return Terminal.write(
        listing.json(
          "contexts",
          tenants.map {
            .object([
              ("org_id", .string($0.org)), ("tenant_id", .string($0.tenant)), ("chosen", .bool(isChosen($0))),
            ])
          }))
    }
    var table = Table(columns: [
      Table.Column(title: "", isRight: false, mayTruncate: false),
      Table.Column(title: "CONTEXT", isRight: false, mayTruncate: true),
    ])
    for tenant in tenants { table.add([isChosen(tenant) ? "*" : "", "\(tenant.org)/\(tenant.tenant)"]) }
    invocation.show(table)
    listing.sayMore("tenant that you may see", isEmpty: tenants.isEmpty)
  }

  private static func json(_ context: Context) -> String {
    JSON.object([("org_id", .string(context.org)), ("tenant_id", .string(context.tenant))]).text + "\n"
  }
}
