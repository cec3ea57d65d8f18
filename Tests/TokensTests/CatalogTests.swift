// Registered scopes and permission sets.

import Testing
import Tokens

@Suite struct CatalogTests {
  private static let resources = [
    "pipeline", "collector", "metrics", "organization", "tenant", "user", "alerts", "knowledge",
  ]

  @Test func `a new deployment has read and write for eight resources`() {
    let groups = Catalog.initial.byResource
    #expect(groups.map(\.resource) == Self.resources)
    for group in groups {
      #expect(group.scopes.map(\.description) == ["\(group.resource):read", "\(group.resource):write"])
    }
  }

  @Test func `scopes are numbered from 0 in order of registration`() throws {
    #expect(Catalog.initial.scopes.map(\.number) == Array(0..<16))
    for (number, scope) in Catalog.initial.scopes { #expect(Catalog.initial.number(of: scope) == number) }
    let unknown = try #require(Scope("pipeline:delete"))
    #expect(Catalog.initial.number(of: unknown) == nil)
  }

  @Test(arguments: [
    ("read-only", "Read only", ["pipeline:read", "collector:read", "metrics:read"]),
    (
      "data-access", "Data access",
      ["pipeline:read", "pipeline:write", "collector:read", "collector:write", "metrics:read", "metrics:write"]
    ),
    ("full-access", "Full access", resources.flatMap { ["\($0):read", "\($0):write"] }),
  ])
  func `a permission set stands for its scopes`(name: String, title: String, scopes: [String]) throws {
    let set = try #require(Catalog.initial.permissionSet(named: name))
    #expect(set.title == title)
    #expect(Catalog.initial.expand(set).map(\.description) == scopes)
  }

  @Test func `there are three permission sets, and no other name is found`() {
    #expect(Catalog.initial.permissionSets.count == 3)
    for name in ["", "Read only", "READ-ONLY", "admin"] { #expect(Catalog.initial.permissionSet(named: name) == nil) }
  }

  @Test func `full access grows with the catalog, the other sets do not`() throws {
    let added = try #require(Scope("billing:read"))
    let catalog = Catalog(
      scopes: Catalog.initial.scopes + [(40, added)], permissionSets: Catalog.initial.permissionSets)
    let full = try #require(catalog.permissionSet(named: "full-access"))
    let data = try #require(catalog.permissionSet(named: "data-access"))
    #expect(catalog.expand(full).last == added)
    #expect(catalog.expand(full).count == 17)
    #expect(catalog.expand(data).count == 6)
    #expect(catalog.number(of: added) == 40)
    #expect(catalog.byResource.last?.resource == "billing")
  }

  @Test(arguments: [
    ("read-only", ["pipeline:read"], true), ("read-all", ["pipeline:read", "user:read"], true), ("read", [], true),
    ("read-only", ["pipeline:read", "pipeline:write"], false), ("read-only", ["pipeline:delete"], false),
    ("writers", ["pipeline:write"], true),
  ])
  func `a set whose name promises reading holds no other action`(name: String, scopes: [String], good: Bool) {
    let set = PermissionSet(name: name, title: name, members: .scopes(scopes.compactMap { Scope($0) }))
    #expect((set != nil) == good)
  }

  @Test func `a set whose name promises reading can't stand for everything`() {
    #expect(PermissionSet(name: "read-only", title: "Read only", members: .everything) == nil)
    #expect(PermissionSet(name: "full-access", title: "Full access", members: .everything) != nil)
  }
}
