// Whether a daemon has kept what was acknowledged.

import Foundation
import Linux
import TokenClient
import Wire

/// Holds a running daemon against a ledger.
struct Witness {
  /// Revocations before it are forgotten, in seconds since 1970.
  private static var oldest: Int64 { Int64(Date().timeIntervalSince1970) - 30 * 86_400 }

  let adminSocket: String
  let validationSocket: String

  init(admin: String, validation: String) {
    adminSocket = admin
    validationSocket = validation
  }

  /// What it found.
  struct Testimony {
    /// What is not as it must be, each in a line.
    var violations: [String] = []
    /// Why the daemon could not be asked about everything; nil if it could.
    var failure: String?

    /// All of it, for a daemon that has to answer.
    var all: [String] { violations + (failure.map { ["the daemon could not be asked: \($0)"] } ?? []) }
  }

  /// Holds the daemon against `ledger`.
  /// - Parameter isCut: whether the ledger may lack its writers' last words.
  func testimony(on ledger: Ledger, isCut: Bool = false) -> Testimony {
    var testimony = Testimony()
    do {
      let listed = try listing(&testimony.violations)
      for name in listed.keys where ledger.fates[name] == nil && !(isCut && ledger.mayHaveBegun(name)) {
        testimony.violations.append("\(name) is there, and was never asked for")
      }
      let validator = TokenClient(socket: validationSocket, timeout: .seconds(20))
      for (name, fate) in ledger.fates {
        testimony.violations += try judge(name, fate, listed[name], validator)
      }
      testimony.violations += try trail()
    } catch {
      testimony.failure = "\(error)"
    }
    return testimony
  }

  private func judge(
    _ name: String, _ fate: Ledger.Fate, _ token: TokenMessage?, _ validator: TokenClient
  ) throws -> [String] {
    guard case .made(let id, let secret) = fate.creation else {
      return fate.creation == .refused && token != nil ? ["\(name) is there, and was refused"] : []
    }
    guard let token, token.id == id else { return ["\(name) was acknowledged and is missing"] }
    let reason = try validator.validate(secret, org: "acme", tenant: "prod", requiring: ["pipeline:read"]).reason
    // Of what was revoked long ago, by the clock of then, a daemon that has been restarted knows nothing any more.
    let isForgotten = reason == "UNKNOWN" && token.revokedAt != 0 && token.revokedAt < Self.oldest
    let isRevoked = reason == "REVOKED" || isForgotten
    guard isRevoked || reason == "ALLOWED" else { return ["\(name) was acknowledged, and its verdict is \(reason)"] }
    var found: [String] = []
    switch fate.revocation {
    case .never where isRevoked: found.append("\(name) was not revoked by anybody, and is")
    case .done where !isRevoked: found.append("\(name): its revocation was acknowledged, and it validates")
    default: break
    }
    if (token.revokedAt != 0) != isRevoked { found.append("\(name): the list and the verdict, \(reason), disagree") }
    return found
  }

  /// All tokens, by name. No name is asked for twice.
  private func listing(_ violations: inout [String]) throws -> [String: TokenMessage] {
    let administrator = Administrator(socket: adminSocket, timeout: .seconds(20))
    var request = ListTokensRequest()
    (request.org, request.tenant, request.pageSize) = ("acme", "prod", 500)
    var listed: [String: TokenMessage] = [:]
    while true {
      let reply = try administrator.call(Methods.listTokens, request)
      for token in reply.tokens where listed.updateValue(token, forKey: token.name) != nil {
        violations.append("there are two of \(token.name)")
      }
      guard !reply.nextPage.isEmpty else { return listed }
      request.pageToken = reply.nextPage
    }
  }

  /// What is wrong with the audit trail.
  private func trail() throws -> [String] {
    let administrator = Administrator(socket: adminSocket, timeout: .seconds(20))
    var request = VerifyEventsRequest()
    while true {
      let reply = try administrator.call(Methods.verifyEvents, request)
      if !reply.problem.isEmpty { return ["the audit trail: \(reply.problem)"] }
      if reply.done { return [] }
      (request.afterRevision, request.chain) = (reply.revision, reply.chain)
    }
  }
}
