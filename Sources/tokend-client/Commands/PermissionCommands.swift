// permission list, register, retire; permission-set list, define, remove.

import Options
import TokenClient
import Wire

enum PermissionCommands {
  static let all = [
    Command(
      "permission", "list", summary: "list the scopes that tokens may be given, by resource",
      examples: ["tokend-client permission list"], run: listPermissions),
    Command(
      "permission", "register", operands: "SCOPE...", summary: "register scopes that tokens may be given",
      options: [
        Option(name: "restore", help: "register again what was retired; tokens that held it then hold it again")
      ],
      examples: ["tokend-client permission register invoice:read invoice:write"], mostOperands: 500, run: register),
    Command(
      "permission", "retire", operands: "SCOPE", summary: "hand out a scope no more, and deny whoever requires it",
      options: [Shared.yes, Shared.dryRun],
      examples: ["tokend-client permission retire knowledge:write --dry-run"], mostOperands: 1, run: retire),
    Command(
      "permission-set", "list", summary: "list the permission sets and what each stands for today",
      examples: ["tokend-client permission-set list --json"], run: listSets),
    Command(
      "permission-set", "define", operands: "SET", summary: "define a permission set, or give one another meaning",
      details: "Tokens that were made from it stay as they are; token show tells how the set has changed since.",
      options: [
        Option(name: "title", argument: "TEXT", help: "what people see (default: its name)"),
        Option(
          name: "scope", argument: "SCOPE", help: "a scope of it; may be given again, or several joined by commas"),
        Option(name: "everything", help: "every scope that is registered, whichever those are"),
      ],
      examples: ["tokend-client permission-set define billing --title Billing --scope invoice:read,invoice:write"],
      mostOperands: 1, run: define),
    Command(
      "permission-set", "remove", operands: "SET", summary: "remove a permission set; its tokens stay as they are",
      options: [Shared.yes], examples: ["tokend-client permission-set remove billing"], mostOperands: 1, run: remove),
  ]

  private static func register(_ invocation: Invocation) throws(Failure) {
    var request = RegisterScopesRequest()
    request.scopes = splitScopes(invocation.operands)
    guard !request.scopes.isEmpty else {
      throw Failure(.usage, "say which scopes, as in tokend-client permission register invoice:read")
    }
    request.restore = invocation.has("restore")
    let reply = try invocation.administer(Methods.registerScopes, request)
    if invocation.isJSON {
      return Terminal.write(
        JSON.object([("added", .strings(reply.added)), ("revision", .integer(Int64(clamping: reply.revision)))]).text
          + "\n")
    }
    Terminal.writeLine(
      reply.added.isEmpty ? "all of them were registered already" : "registered \(reply.added.joined(separator: " "))")
  }

  private static func retire(_ invocation: Invocation) throws(Failure) {
    guard let scope = invocation.operands.first else { throw Failure(.usage, "say which scope, such as alerts:write") }
    var request = RetireScopeRequest()
    request.scope = scope
    request.dryRun = true
    let live = try invocation.administer(Methods.retireScope, request).liveTokens
    let isDryRun = invocation.has("dry-run")
    if !isDryRun {
      try Confirmation.demand(invocation, "Retire \(scope), which \(live) live tokens hold?")
      request.dryRun = false
      _ = try invocation.administer(Methods.retireScope, request)
    }
    if invocation.isJSON {
      return Terminal.write(
        JSON.object([("retired", .bool(!isDryRun)), ("live_tokens", .integer(Int64(live)))]).text + "\n")
    }
    Terminal.writeLine(
      isDryRun
        ? "\(live) live tokens hold \(scope)"
        : "retired \(scope): \(live) live tokens held it, and it allows nothing now")
  }

  private static func define(_ invocation: Invocation) throws(Failure) {
    guard let name = invocation.operands.first else { throw Failure(.usage, "say how it is called, such as billing") }
    var request = DefinePermissionSetRequest()
    request.name = name
    request.title = invocation.value("title") ?? ""
    request.scopes = splitScopes(invocation.values("scope"))
    request.everything = invocation.has("everything")
    let reply = try invocation.administer(Methods.definePermissionSet, request)
    if invocation.isJSON { return Terminal.write(json(reply.permissionSet).text + "\n") }
    Terminal.writeLine("\(reply.permissionSet.name) stands for \(reply.permissionSet.scopes.joined(separator: " "))")
  }

  private static func remove(_ invocation: Invocation) throws(Failure) {
    guard let name = invocation.operands.first else { throw Failure(.usage, "say which set, such as billing") }
    try Confirmation.demand(invocation, "Remove the permission set \(name)?")
    var request = RemovePermissionSetRequest()
    request.name = name
    let reply = try invocation.administer(Methods.removePermissionSet, request)
    if invocation.isJSON {
      return Terminal.write(JSON.object([("revision", .integer(Int64(clamping: reply.revision)))]).text + "\n")
    }
    Terminal.writeLine("removed \(name)")
  }

  private static func json(_ set: PermissionSetMessage) -> JSON {
    .object([
      ("name", .string(set.name)), ("title", .string(set.title)), ("everything", .bool(set.everything)),
      ("scopes", .strings(set.scopes)),
    ])
  }

  private static func listPermissions(_ invocation: Invocation) throws(Failure) {
    var request = ListPermissionsRequest()
    request.org = invocation.value("org") ?? ""
    let reply = try invocation.administer(Methods.listPermissions, request)
    if invocation.isJSON {
      let resources = reply.resources.map { resource in
        JSON.object([("resource", .string(resource.name)), ("scopes", .strings(resource.scopes))])
      }
      return Terminal.write(JSON.object([("permissions", .array(resources))]).text + "\n")
    }
    var table = Table(columns: [
      Table.Column(title: "RESOURCE", isRight: false, mayTruncate: false),
      Table.Column(title: "SCOPES", isRight: false, mayTruncate: false, mayWrap: true),
    ])
    for resource in reply.resources { table.add([resource.name, resource.scopes.joined(separator: " ")]) }
    invocation.show(table)
  }

  private static func listSets(_ invocation: Invocation) throws(Failure) {
    var request = ListPermissionSetsRequest()
    request.org = invocation.value("org") ?? ""
    let reply = try invocation.administer(Methods.listPermissionSets, request)
    if invocation.isJSON {
      let sets = reply.permissionSets.map(json)
      return Terminal.write(JSON.object([("permission_sets", .array(sets))]).text + "\n")
    }
    var table = Table(columns: [
      Table.Column(title: "NAME", isRight: false, mayTruncate: false),
      Table.Column(title: "TITLE", isRight: false, mayTruncate: false),
      Table.Column(title: "SCOPES", isRight: false, mayTruncate: false, mayWrap: true),
    ])
    for set in reply.permissionSets { table.add([set.name, set.title, set.scopes.joined(separator: " ")]) }
    invocation.show(table)
  }
}
