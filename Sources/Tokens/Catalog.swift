// The scopes and permission sets that a deployment has registered.

/// What tokens may be given. A scope keeps its number for ever; numbers are never used again.
package struct Catalog: Sendable {
  /// Registered scopes with their numbers, in order of registration.
  package private(set) var scopes: [(number: Int, scope: Scope)]
  /// Scopes that were registered once, with their numbers: they are not handed out, and allow nothing.
  package let retired: [(number: Int, scope: Scope)]
  package private(set) var permissionSets: [PermissionSet]
  private let numbers: [Scope: Int]
  private let retiredNumbers: [Scope: Int]

  package init(
    scopes: [(number: Int, scope: Scope)], retired: [(number: Int, scope: Scope)] = [], permissionSets: [PermissionSet]
  ) {
    self.scopes = scopes
    self.retired = retired
    self.permissionSets = permissionSets
    numbers = Dictionary(scopes.map { ($0.scope, $0.number) }, uniquingKeysWith: { first, _ in first })
    retiredNumbers = Dictionary(retired.map { ($0.scope, $0.number) }, uniquingKeysWith: { first, _ in first })
  }

  /// What a new deployment begins with.
  package static let initial: Catalog = {
    let resources = ["pipeline", "collector", "metrics", "organization", "tenant", "user", "alerts", "knowledge"]
    let scopes = resources.flatMap { ["\($0):read", "\($0):write"] }.compactMap { Scope($0) }
    let data = scopes.filter { ["pipeline", "collector", "metrics"].contains($0.resource) }
    let sets = [
      PermissionSet(name: "read-only", title: "Read only", members: .scopes(data.filter { $0.action == "read" })),
      PermissionSet(name: "data-access", title: "Data access", members: .scopes(data)),
      PermissionSet(name: "full-access", title: "Full access", members: .everything),
    ]
    return Catalog(scopes: scopes.enumerated().map { ($0.offset, $0.element) }, permissionSets: sets.compactMap { $0 })
  }()

  /// The number of a registered scope.
  package func number(of scope: Scope) -> Int? { numbers[scope] }

  /// The number of a scope that is registered or was.
  package func numberEver(of scope: Scope) -> Int? { numbers[scope] ?? retiredNumbers[scope] }

  /// Those of `scopes` that are registered or were, as bits.
  package func set(of scopes: [Scope]) -> ScopeSet {
    var set = ScopeSet()
    for scope in scopes { if let number = numberEver(of: scope) { set.insert(number) } }
    return set
  }

  /// The scopes of a set, those that were retired too, in order of registration.
  package func scopesEver(in set: ScopeSet) -> [Scope] {
    (scopes + retired).sorted { $0.number < $1.number }.filter { set.contains($0.number) }.map(\.scope)
  }

  /// The registered ones of a set, in order of registration.
  package func scopes(in set: ScopeSet) -> [Scope] {
    scopes.filter { set.contains($0.number) }.map(\.scope)
  }

  /// The permission set of that name, or nil.
  package func permissionSet(named name: String) -> PermissionSet? {
    permissionSets.first { $0.name == name }
  }

  /// The scopes that `set` stands for today.
  package func expand(_ set: PermissionSet) -> [Scope] {
    switch set.members {
    case .scopes(let scopes): scopes.filter { number(of: $0) != nil }
    case .everything: scopes.map(\.scope)
    }
  }

  /// The registered scopes by resource, in order of registration.
  package var byResource: [(resource: String, scopes: [Scope])] {
    var groups: [(resource: String, scopes: [Scope])] = []
    for (_, scope) in scopes {
      if let index = groups.firstIndex(where: { $0.resource == scope.resource }) {
        groups[index].scopes.append(scope)
      } else {
        groups.append((scope.resource, [scope]))
      }
    }
    return groups
  }
}
