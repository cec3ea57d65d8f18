// Administration as a worker sees it: requests become operations, outcomes become replies.

internal import Linux
internal import Store
internal import Tokens
internal import Wire

/// Reads requests and mints secrets. Owned by one worker.
struct Administration {
  /// Every verb there is.
  static let operations: [any Operation.Type] = [
    CreateToken.self, RotateToken.self, ListTokens.self, GetToken.self,
    RevokeToken.self, DisableToken.self, EnableToken.self, RevokeTokens.self, CheckLeaks.self, SurrenderToken.self,
    ImportTokens.self, ExplainToken.self, BeginBackup.self, ReadBackup.self, EndBackup.self,
    AddTenant.self, ListTenants.self, GetTenant.self, SetTenantPolicy.self, RemoveTenant.self,
    ListPermissions.self, ListPermissionSets.self, RegisterScopes.self, RetireScope.self, DefinePermissionSet.self,
    RemovePermissionSet.self,
    AddGrant.self, RemoveGrant.self, ListGrants.self, ExplainGrant.self,
    ListEvents.self, VerifyEvents.self, ListDenials.self,
  ]

  private let mint: Mint
  private let environment: Environment

  init(mint: Mint, environment: Environment) {
    self.mint = mint
    self.environment = environment
  }

  /// A call that was understood: what the journal is to do, and the secret that only its reply may bear.
  struct Call: ~Copyable {
    let operation: any Operation
    var secret: Secret?
  }

  /// Reads the request that fills `range` of `span`.
  func read<Verb: Operation>(_ verb: Verb.Type, _ span: Span<UInt8>, _ range: Range<Int>) throws(Status) -> Call {
    guard Verb.mintsSecret else {
      return Call(operation: try make(verb, Verb.Request(decoding: span, range), minted: nil), secret: nil)
    }
    let secret = try newSecret()
    let digest = secret.reveal { Digest(hashing: $0) }
    let credential = TokenStore.Credential(id: secret.id, digest: digest)
    return Call(operation: try make(verb, Verb.Request(decoding: span, range), minted: credential), secret: secret)
  }

  private func make<Verb: Operation>(
    _ verb: Verb.Type, _ request: consuming Verb.Request, minted: TokenStore.Credential?
  ) throws(Status) -> any Operation {
    do throws(Refusal) {
      // It is handed over, not copied, so that an operation can wipe a secret in it.
      return try Verb(consume request, Arrival(now: environment.now(), format: mint.format, minted: minted))
    } catch {
      throw Status(error)
    }
  }

  private func newSecret() throws(Status) -> Secret {
    try mint.mint(at: environment.now()) { (span: inout MutableSpan<UInt8>) throws(Status) in
      guard environment.fillRandom(&span) else {
        throw Status(.unavailable, "NO_RANDOMNESS", "the system gave no random bytes: no token was made; try again")
      }
    }
  }

  /// Writes the reply that an outcome calls for; `secret` was minted for the call.
  func answer(_ outcome: Outcome, secret: borrowing Secret?, stream: UInt32, to out: inout OutBuffer) {
    switch outcome {
    case .refused(let refusal): ResponseEnvelope.append(Status(refusal), stream: stream, to: &out)
    case .unknown: ResponseEnvelope.append(.outcomeUnknown, stream: stream, to: &out)
    case .reply(let bytes, bearsSecret: false): ResponseEnvelope.append(bytes.span, stream: stream, to: &out)
    case .reply(let bytes, bearsSecret: true):
      switch secret {
      case .none: ResponseEnvelope.append(bytes.span, stream: stream, to: &out)
      case .some(let secret):
        // The secret goes from where it was minted straight into the out-buffer, as field 2.
        secret.reveal { text in
          ResponseEnvelope.open(payloadBytes: bytes.count + 2 + text.count, stream: stream, to: &out)
          out.append(bytes.span)
          out.append(field: 2, text)
        }
      }
    }
  }
}

/// What became of an operation.
enum Outcome: Sendable {
  /// The reply's bytes, and whether the secret that was minted for it goes with them.
  case reply([UInt8], bearsSecret: Bool)
  case refused(Refusal)
  /// It can't be said whether the change was made; the daemon is about to restart and will know.
  case unknown

  /// OK, or why it was not done.
  var code: String {
    switch self {
    case .reply: "OK"
    case .refused(let refusal): refusal.code
    case .unknown: Status.outcomeUnknown.reason
    }
  }
}

extension Status {
  /// A refusal as the wire says it.
  init(_ refusal: Refusal) {
    let code: Status.Code =
      switch refusal.kind {
      case .invalid: .invalidArgument
      case .notFound: .notFound
      case .alreadyExists: .alreadyExists
      case .notPermitted: .permissionDenied
      case .exhausted: .resourceExhausted
      case .unavailable: .unavailable
      case .deadline: .deadlineExceeded
      case .failed: .failedPrecondition
      }
    self.init(code, refusal.code, field: refusal.field, refusal.message)
  }

  static let draining = Status(.unavailable, "DRAINING", "tokend is stopping: nothing was done; try again")
}
