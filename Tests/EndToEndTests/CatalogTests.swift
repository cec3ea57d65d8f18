// Scopes and permission sets that change under tokens that are there.

import Harness
import Foundation
import Testing
import TokenClient
import Wire

@Suite struct CatalogTests {
  private let daemon: RunningDaemon

  init() throws {
    daemon = try RunningDaemon()
    try daemon.addTenant()
  }

  private func run(_ words: String...) throws -> Run {
    let run = try Run(
      RunningDaemon.programs + "/tokend-client", words,
      environment: [
        "TOKEND_ADMIN_SOCKET": daemon.adminSocket, "TOKEND_SOCKET": daemon.validationSocket, "TOKEND_ORG": "acme",
        "TOKEND_TENANT": "prod",
      ])
    return run
  }

  @Test func `a scope that was registered can be given, and is checked at once`() throws {
    #expect(try run("token", "create", "a", "--scope", "invoice:read").errors.contains("'invoice:read'"))
    #expect(
      try run("permission", "register", "invoice:read", "invoice:write").output.contains("registered invoice:read"))
    #expect(try run("permission", "list").output.contains("invoice "))
    let made = try daemon.create("a", scopes: ["invoice:read"])
    #expect(try daemon.reason(made.secret, "acme", "prod", ["invoice:read"]) == "ALLOWED")
    #expect(try daemon.reason(made.secret, "acme", "prod", ["invoice:write"]) == "INSUFFICIENT_SCOPE")
    #expect(try run("permission", "register", "invoice:read").output.contains("registered already"))
    daemon.kill()
    let again = try RunningDaemon(home: daemon.home)
    #expect(try again.reason(made.secret, "acme", "prod", ["invoice:read"]) == "ALLOWED")
  }

  @Test(arguments: ["Invoice:read", "invoice", "invoice:", ":read", "a:b:c", "1a:b", "a: b"])
  func `a name that is no scope is refused, and none of the others is registered`(name: String) throws {
    let run = try run("permission", "register", "good:one", name)
    #expect(run.status == 1 && run.errors.contains("must be resource:action"))
    #expect(try !self.run("permission", "list").output.contains("good"))
  }

  @Test func `a retired scope is denied to whoever holds it, is shown in no verdict, and is given to nobody`() throws {
    let made = try daemon.create("a", scopes: ["alerts:write", "alerts:read"])
    #expect(try run("permission", "retire", "alerts:write", "--dry-run").output == "1 live tokens hold alerts:write\n")
    #expect(try daemon.reason(made.secret, "acme", "prod", ["alerts:write"]) == "ALLOWED")
    #expect(try run("permission", "retire", "alerts:write", "--yes").status == 0)
    func expectRetired() throws {
      let verdict = try daemon.validator.validate(made.secret, org: "acme", tenant: "prod", requiring: ["alerts:write"])
      #expect(verdict.reason == "INSUFFICIENT_SCOPE" && verdict.scopes == ["alerts:read"])
      #expect(try daemon.reason(made.secret, "acme", "prod", ["alerts:read"]) == "ALLOWED")
    }
    try expectRetired()
    daemon.kill()
    let again = try RunningDaemon(home: daemon.home)
    try expectRetired()
    #expect(try run("token", "create", "b", "--scope", "alerts:write").status == 1)
    #expect(try run("permission-set", "list", "--json").output.contains("alerts:write") == false)
    #expect(try run("token", "show", "a").output.contains("alerts:write: no longer registered, allows nothing"))
    // It comes back only on purpose, and then for the tokens that hold it too.
    let refused = try run("permission", "register", "alerts:write")
    #expect(refused.status == 1 && refused.errors.contains("was retired"))
    #expect(try run("permission", "register", "alerts:write", "--restore").status == 0)
    #expect(try again.reason(made.secret, "acme", "prod", ["alerts:write"]) == "ALLOWED")
  }

  @Test func `a permission set is frozen in the tokens made from it, and drift is shown`() throws {
    let made = try daemon.create("full", scopes: [], set: "full-access")
    #expect(try !run("token", "show", "full").output.contains("drift"))
    #expect(try run("permission", "register", "invoice:read").status == 0)
    #expect(try run("token", "show", "full").output.contains("full-access has grown by invoice:read since"))
    #expect(try daemon.reason(made.secret, "acme", "prod", ["invoice:read"]) == "INSUFFICIENT_SCOPE")
    #expect(try run("permission-set", "define", "billing", "--scope", "invoice:read,alerts:read").status == 0)
    let billing = try daemon.create("billing", scopes: [], set: "billing")
    #expect(try run("permission-set", "define", "billing", "--scope", "invoice:read").status == 0)
    #expect(try run("token", "show", "billing").output.contains("billing has lost alerts:read since"))
    #expect(try daemon.reason(billing.secret, "acme", "prod", ["alerts:read"]) == "ALLOWED")
    #expect(try run("permission-set", "remove", "billing", "--yes").status == 0)
    #expect(try run("token", "create", "x", "--permission-set", "billing").errors.contains("none of those defined"))
  }

  @Test func `a set that is called a read set may not write`() throws {
    let run = try run("permission-set", "define", "read-more", "--scope", "alerts:read,alerts:write")
    #expect(run.status == 1 && run.errors.contains("may only have scopes that read"))
  }

  @Test func `more scopes than there is room for are refused`() throws {
    let names = (0..<497).map { "r\($0):read" }
    let run = try Run(
      RunningDaemon.programs + "/tokend-client", ["permission", "register", "--json"] + names,
      environment: ["TOKEND_ADMIN_SOCKET": daemon.adminSocket])
    #expect(run.status == 1 && run.errors.contains("CATALOG_FULL"))
    let fitting = try Run(
      RunningDaemon.programs + "/tokend-client", ["permission", "register"] + names.prefix(496),
      environment: ["TOKEND_ADMIN_SOCKET": daemon.adminSocket])
    #expect(fitting.status == 0)
    let made = try daemon.create("last", scopes: ["r495:read"])
    #expect(try daemon.reason(made.secret, "acme", "prod", ["r495:read"]) == "ALLOWED")
    #expect(try daemon.reason(made.secret, "acme", "prod", ["r494:read"]) == "INSUFFICIENT_SCOPE")
  }
}
