// The tokens, of every state, that verdicts of every kind are asked about.

import Linux
import TokenClient
import Tokens
import Wire

/// A tenant with tokens of each state, and another one without any. Tokens are made from their numbers, so that filling
/// and asking need no file between them.
struct Estate {
  /// What has become of a token. A name is the beginning of the names of its tokens.
  enum Fate: String, CaseIterable {
    case live, revoked, disabled
    /// Made live, as nobody may make an expired one: whoever fills a daemon sets the expiry while it is down.
    case expired
    /// Never issued.
    case absent
  }

  static let org = "steady"
  static let tenant = "prod"
  static let otherTenant = "test"
  static let scopes = ["metrics:read", "metrics:write"]
  /// A registered scope that none of the tokens has.
  static let missingScope = "alerts:write"
  /// Tokens of each fate.
  static let count = 64

  static func token(_ fate: Fate, _ number: Int) -> Secret {
    let place = Fate.allCases.firstIndex(of: fate) ?? 0
    return TokenSample.token(UInt64(1 << 41 + place * count + number % count))
  }

  /// Makes the tenants and tokens on a new daemon.
  static func fill(administration socket: String) throws {
    let administrator = Administrator(socket: socket, timeout: .seconds(60))
    for tenant in [tenant, otherTenant] {
      var add = AddTenantRequest()
      (add.org, add.tenant) = (org, tenant)
      _ = try administrator.call(Methods.addTenant, add)
    }
    var request = ImportTokensRequest()
    (request.org, request.tenant) = (org, tenant)
    for fate in Fate.allCases where fate != .absent {
      for number in 0..<count {
        let token = token(fate, number)
        var item = ImportItemMessage()
        item.name = "\(fate.rawValue)-\(number)"
        item.scopes = scopes
        item.expiresAt = System.secondsSinceEpoch() + 86_400
        item.id = token.id
        item.digestHex = hexadecimal(token.reveal { Digest(hashing: $0) }.bytes)
        request.items.append(item)
      }
    }
    let results = try administrator.call(Methods.importTokens, request).results
    if let failed = results.first(where: { !$0.code.isEmpty }) {
      throw BenchFailure("\(failed.code): \(failed.message)")
    }
    for number in 0..<count {
      var disable = ChangeTokenRequest()
      (disable.org, disable.tenant, disable.id) = (org, tenant, token(.disabled, number).id)
      _ = try administrator.call(Methods.disableToken, disable)
      var revoke = RevokeTokenRequest()
      (revoke.org, revoke.tenant, revoke.id) = (org, tenant, token(.revoked, number).id)
      _ = try administrator.call(Methods.revokeToken, revoke)
    }
  }
}
