// The verb that shows every check a token and a request go through.

internal import Index
internal import Store
internal import Tokens
internal import Wire

struct ExplainToken: Operation {
  static let method = Methods.explainToken

  /// What the request gives of the token.
  private enum Given {
    case nothing
    case malformed
    case token(Digest)
    case id(String)
  }

  private let given: Given
  private let org: String
  private let tenant: String
  private let required: [String]

  init(_ request: consuming ExplainTokenRequest, _ arrival: Arrival) throws(Refusal) {
    defer { wipe(&request.token) }
    guard request.token.isEmpty || request.id.isEmpty else {
      throw Refusal(.invalid, "TOKEN_AND_ID", "id", "token and id are both given: give one of them")
    }
    if !request.id.isEmpty {
      given = .id(request.id)
    } else if request.token.isEmpty {
      given = .nothing
    } else {
      given = arrival.format.accepts(request.token.span) ? .token(Digest(hashing: request.token.span)) : .malformed
    }
    guard request.requiredScopes.count <= ValidateRequest.mostScopes else {
      throw Refusal(
        .invalid, "TOO_MANY_SCOPES", "required_scopes",
        "required_scopes has \(request.requiredScopes.count) entries; at most \(ValidateRequest.mostScopes) are "
          + "checked at once: ask for fewer")
    }
    org = request.org
    tenant = request.tenant
    required = request.requiredScopes
  }

  var demand: Demand { .anyRole }

  func run(_ work: Work) throws(SQLiteError) -> Result<ExplainTokenResponse, Refusal> {
    let token: Token?
    let digest: Digest?
    switch given {
    case .nothing, .malformed: (token, digest) = (nil, nil)
    case .token(let given): (token, digest) = (try work.store.token(digest: given), given)
    case .id(let id):
      digest = try work.store.digest(ofToken: id)
      token = try digest.flatMap { digest throws(SQLiteError) in try work.store.token(digest: digest) }
    }
    if let token, !work.rights.include(.viewer, in: .tenant(token.tenant)) {
      // Whoever shows the token knows that it is one; an id may be anybody's guess.
      if case .id(let id) = given { return .failure(.unknownToken(id)) }
      return .failure(
        Refusal(
          .notPermitted, "NOT_PERMITTED", "token",
          "\(work.caller.name) may not see the tenant that this token is bound to: ask an operator for a grant"))
    }
    if case .id(let id) = given, token == nil { return .failure(.unknownToken(id)) }
    // What a worker would find, from the very index that workers read.
    let reader = IndexReader(work.index.published)
    let entry = digest.flatMap { reader[$0] }
    var explanation = Explanation()
    if case .nothing = given {
      explanation.check(.missingCredential, passes: false, "no token is given")
    } else {
      explanation.check(.missingCredential, passes: true, "a token is given")
    }
    explanation.check(
      .missingContext, passes: !org.isEmpty && !tenant.isEmpty,
      org.isEmpty ? "no organization is given" : tenant.isEmpty ? "no tenant is given" : "\(org)/\(tenant) is given")
    switch given {
    case .malformed: explanation.check(.malformed, passes: false, "shape or checksum is wrong")
    case .token: explanation.check(.malformed, passes: true, "shape and checksum are right")
    case .id, .nothing: explanation.skip(.malformed, "the token itself is not given")
    }
    explain(entry, token, reader, work, &explanation)
    var reply = ExplainTokenResponse()
    reply.reason = explanation.reason.name
    reply.httpStatus = UInt32(explanation.reason.httpStatus)
    reply.checks = explanation.checks
    if let token { reply.token = TokenMessage(token, at: work.now) }
    reply.revision = reader.revision
    return .success(reply)
  }

  private func explain(
    _ entry: IndexReader.Entry?, _ token: Token?, _ reader: borrowing IndexReader, _ work: Work,
    _ explanation: inout Explanation
  ) {
    guard let entry else {
      switch given {
      case .nothing: explanation.skip(.unknown, "no token is given")
      case .malformed: explanation.skip(.unknown, "what is no token is not looked up")
      case .token, .id:
        let isKept = token.map { "token \($0.id) was revoked so long ago that the index has let go of it" }
        explanation.check(.unknown, passes: false, isKept ?? "no token has this digest")
      }
      for reason in [Reason.revoked, .disabled, .expired, .bindingMismatch, .insufficientScope] {
        explanation.skip(reason, "")
      }
      return
    }
    explanation.check(.unknown, passes: true, "token \(token?.id ?? "") is in the index")
    explanation.check(.revoked, passes: entry.state != .revoked, "its state is \(entry.state)")
    explanation.check(.disabled, passes: entry.state != .disabled, "its state is \(entry.state)")
    explanation.check(
      .expired, passes: work.now < entry.expiry,
      entry.expiry == .never
        ? "it never expires"
        : "it expires \(formatInstant(entry.expiry.seconds)), now is \(formatInstant(work.now.seconds))")
    explanation.check(
      .bindingMismatch,
      passes: reader.isBound(entry, org: Array(org.utf8).span, tenant: Array(tenant.utf8).span),
      "it is bound to \(token.map { "\($0.tenant)" } ?? "another tenant")")
    let missing = required.filter { name in
      guard let number = reader.scope(named: Array(name.utf8).span) else { return true }
      return reader.place(of: number, in: entry) == nil
    }
    let said = missing.map { name in
      guard let scope = Scope(name), let _ = work.store.catalog.numberEver(of: scope) else {
        return "\(PrintableText.cut(name, to: Scope.mostBytes)) (is not registered)"
      }
      return work.store.catalog.number(of: scope) == nil ? "\(name) (was retired)" : "\(name) (is not held)"
    }
    explanation.check(
      .insufficientScope, passes: missing.isEmpty,
      required.isEmpty
        ? "no scope is required"
        : missing.isEmpty ? "all required scopes are held" : "missing: \(said.joined(separator: ", "))")
  }
}

/// Checks in order; the first that fails is the reason.
private struct Explanation {
  private(set) var checks: [CheckMessage] = []
  private(set) var reason = Reason.allowed

  /// Adds a check. After one that has failed, those that follow are told too, but decide nothing.
  mutating func check(_ reason: Reason, passes: Bool, _ detail: String) {
    var check = CheckMessage()
    check.reason = reason.name
    check.outcome = passes ? "passed" : "failed"
    check.detail = detail
    checks.append(check)
    if !passes, self.reason == .allowed { self.reason = reason }
  }

  mutating func skip(_ reason: Reason, _ detail: String) {
    var check = CheckMessage()
    check.reason = reason.name
    check.outcome = "skipped"
    check.detail = detail
    checks.append(check)
  }
}
