// permission list; permission-set list.

import Options
import TokenClient
import Wire

enum PermissionCommands {
  static let all = [
    Command(
      "permission", "list", summary: "list the scopes that tokens may be given, by resource",
      examples: ["tokend-client permission list"], run: listPermissions),
    Command(
      "permission-set", "list", summary: "list the permission sets and what each stands for today",
      examples: ["tokend-client permission-set list --json"], run: listSets),
  ]

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
      let sets = reply.permissionSets.map { set in
        JSON.object([
          ("name", .string(set.name)), ("title", .string(set.title)), ("everything", .bool(set.everything)),
          ("scopes", .strings(set.scopes)),
        ])
      }
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
