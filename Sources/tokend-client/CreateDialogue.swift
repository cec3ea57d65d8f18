// Making a token by answering questions.

import Linux
import Options
import Tokens
import Wire

/// The dialogue of `token create` on a terminal.
struct CreateDialogue {
  private let invocation: Invocation

  init(_ invocation: Invocation) { self.invocation = invocation }

  /// Asks for what is missing in `request`, shows what is to be made, and goes on only after a yes.
  func complete(_ request: CreateTokenRequest) throws(Failure) -> CreateTokenRequest {
    var request = request
    Terminal.writeErrorLine("A new token for \(request.org)/\(request.tenant). Ctrl-C gives up.")
    request.name = try ask("Name: ") { $0.isEmpty ? "a token needs a name" : nil }
    if request.description.isEmpty { request.description = try ask("What is it for (may be empty)? ") { _ in nil } }
    if request.scopes.isEmpty, request.permissionSet.isEmpty { try askForScopes(&request) }
    if request.expiresAt == 0, !request.neverExpires { try askForExpiry(&request) }
    summarize(request)
    guard Terminal.confirm("Create it?") else { throw Failure(.denied, "nothing was created", code: "CANCELLED") }
    return request
  }

  /// Asks until there is an answer with which nothing is wrong.
  private func ask(_ prompt: String, _ problem: (String) -> String?) throws(Failure) -> String {
    while true {
      guard let answer = Terminal.ask(prompt) else {
        throw Failure(.denied, "nothing was created", code: "CANCELLED")
      }
      guard let problem = problem(answer) else { return answer }
      Terminal.writeErrorLine("  \(problem)")
    }
  }

  private func askForScopes(_ request: inout CreateTokenRequest) throws(Failure) {
    var ask = ListPermissionSetsRequest()
    ask.org = request.org
    let sets = try invocation.administer(Methods.listPermissionSets, ask).permissionSets
    for (index, set) in sets.enumerated() {
      Terminal.writeErrorLine("  \(index + 1)) \(set.title): \(set.scopes.joined(separator: " "))")
    }
    Terminal.writeErrorLine("  \(sets.count + 1)) Custom: choose scopes")
    let answer = try self.ask("Permissions [1-\(sets.count + 1)]: ") { text in
      guard let number = Int(text), (1...sets.count + 1).contains(number) else {
        return "give a number from 1 to \(sets.count + 1)"
      }
      return nil
    }
    let choice = Int(answer) ?? 1
    if choice <= sets.count {
      request.permissionSet = sets[choice - 1].name
    } else {
      request.scopes = try chooseScopes(request.org)
    }
  }

  private func chooseScopes(_ org: String) throws(Failure) -> [String] {
    var request = ListPermissionsRequest()
    request.org = org
    let resources = try invocation.administer(Methods.listPermissions, request).resources
    var scopes: [String] = []
    for resource in resources {
      let shown = resource.scopes.map { scope in
        scopes.append(scope)
        return "\(scopes.count) \(scope)"
      }
      Terminal.writeErrorLine("  \(resource.name): \(shown.joined(separator: ", "))")
    }
    let answer = try ask("Scopes, by number or name, such as 1,3-5: ") { text in
      Self.choice(text, of: scopes) == nil ? "give numbers from 1 to \(scopes.count), ranges of them, or names" : nil
    }
    return Self.choice(answer, of: scopes) ?? []
  }

  /// Reads "1,3-5,alerts:read"; nil if any of it is none of `scopes`, or there is none.
  static func choice(_ text: String, of scopes: [String]) -> [String]? {
    var chosen: [String] = []
    for part in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
      if scopes.contains(String(part)) {
        chosen.append(String(part))
        continue
      }
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first >= 1, first <= last,
        last <= scopes.count
      else { return nil }
      chosen += scopes[first - 1..<last]
    }
    var seen: Set<String> = []
    return chosen.isEmpty ? nil : chosen.filter { seen.insert($0).inserted }
  }

  private func askForExpiry(_ request: inout CreateTokenRequest) throws(Failure) {
    let now = System.secondsSinceEpoch()
    var get = GetTenantRequest()
    (get.org, get.tenant) = (request.org, request.tenant)
    let tenant = try invocation.administer(Methods.getTenant, get).tenant
    let lifetime = tenant.defaultLifetime == 0 ? tenant.maxLifetime : tenant.defaultLifetime
    let standard = lifetime == 0 ? "never" : formatDuration(lifetime)
    let answer = try ask("Expires, such as 90d, 2027-01-31 or never [\(standard)]: ") { text in
      if text.isEmpty { return nil }
      do throws(UsageError) {
        _ = try Moment.parse(text, .future, option: "expires", now: now)
        return nil
      } catch {
        return error.description
      }
    }
    if answer.isEmpty { return }
    request.neverExpires = answer == "never"
    // It was read without fault just now.
    request.expiresAt = (try? Moment.parse(answer, .future, option: "expires", now: now)) ?? 0
  }

  private func summarize(_ request: CreateTokenRequest) {
    let holds = request.permissionSet.isEmpty ? request.scopes.joined(separator: " ") : request.permissionSet
    let expires =
      request.expiresAt != 0
      ? formatInstant(request.expiresAt) : request.neverExpires ? "never" : "as the tenant's policy has it"
    Terminal.writeErrorLine("  \(request.name) in \(request.org)/\(request.tenant), holds \(holds), expires \(expires)")
  }
}
