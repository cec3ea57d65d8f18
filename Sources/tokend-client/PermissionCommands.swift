// permission list, permission-set list.

import Options
import TokenClient
import Wire

enum PermissionCommands {
  static let all = [
    Command(
      words: ["permission", "list"], operands: "", summary: "list the scopes that tokens may be given, by resource",
      options: [], examples: ["tokend-client permission list"], mostOperands: 0, run: listPermissions),
    Command(
      words: ["permission-set", "list"], operands: "",
      summary: "list the permission sets and what each stands for today",
      options: [], examples: ["tokend-client permission-set list --json"], mostOperands: 0, run: listSets),
  ]

  private static func listPermissions(_ invocation: Invocation) throws(Failure) {
    var request = ListPermissionsRequest()
    request.org = invocation.org ?? ""
    let reply = try invocation.administer(Methods.listPermissions, request)
    if invocation.isJSON {
      let resources = reply.resources.map { resource in
        JSON.object([("resource", .string(resource.name)), ("scopes", .strings(resource.scopes))])
      }
      return Terminal.write(JSON.object([("permissions", .array(resources))]).text + "\n")
    }
    var table = Table(columns: [
      Table.Column(title: "RESOURCE", isRight: false, mayTruncate: false),
      Table.Column(title: "SCOPES", isRight: false, mayTruncate: true),
    ])
    for resource in reply.resources { table.add([resource.name, resource.scopes.joined(separator: " ")]) }
    invocation.show(table)
  }

  private static func listSets(_ invocation: Invocation) throws(Failure) {
    var request = ListPermissionSetsRequest()
    request.org = invocation.org ?? ""
    let reply = try invocation.administer(Methods.listPermissionSets, request)
    if invocation.isJSON {
      let sets = reply.permissionSets.map { set in
        JSON.object([
          ("name", .string(set.name)), ("title", .string(set.title)),
          ("scopes", .strings(set.scopes)),
        ])
      }
      return Terminal.write(JSON.object([("permission_sets", .array(sets))]).text + "\n")
    }
    var table = Table(columns: [
      Table.Column(title: "NAME", isRight: false, mayTruncate: false),
      Table.Column(title: "TITLE", isRight: false, mayTruncate: false),
      Table.Column(title: "SCOPES", isRight: false, mayTruncate: true),
    ])
    for set in reply.permissionSets { table.add([set.name, set.title, set.scopes.joined(separator: " ")]) }
    invocation.show(table)
  }
}
