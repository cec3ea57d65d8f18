// The library that services import: one call, one verdict.

private import Tokens
private import Wire

/// Validates tokens over tokend's validation socket.
///
/// Calls block until the verdict is there or the time is up. A client may be shared between threads, whose calls then
/// wait for each other; for parallel calls, make a client for each thread. The connection is made at the first call and
/// again whenever it has broken.
///
///     let client = TokenClient(socket: "/run/tokend/validate.sock")
///     let verdict = try client.validate(token, org: "acme", tenant: "prod", requiring: ["pipeline:read"])
///     guard verdict.isAllowed else { return deny(verdict.httpStatus) }
///
/// An error means that nothing was decided: fail closed (HTTP 503), never open, and never as 401.
public final class TokenClient: Sendable {
  private let channel: Channel
  private let timeout: Duration

  /// The longest `busyPoll` there is.
  public static let longestBusyPoll: Duration = .milliseconds(1)

  /// - Parameters:
  ///   - socket: the path of the daemon's validation socket.
  ///   - timeout: how long a call may take, connecting included.
  ///   - busyPoll: how long a call asks again and again for its reply before it sleeps; at most `longestBusyPoll`, more
  ///     is taken for that. Being woken often takes longer than the verdict itself, so 50 µs may make a call twice as
  ///     fast if the daemon, which has a setting of this name, spins too and both have a processor of their own. The
  ///     price is a whole processor for as long as the call waits, up to this bound. Zero, the default, costs nothing.
  public init(socket: String, timeout: Duration = .seconds(5), busyPoll: Duration = .zero) {
    channel = Channel(path: socket, busyPoll: min(busyPoll, Self.longestBusyPoll))
    self.timeout = timeout
  }

  /// What the daemon says of a token.
  public struct Verdict: Sendable, Equatable {
    /// Why. `ALLOWED` is the only reason that allows; see `tokend.v1.Reason` for the others.
    public let reason: String
    /// What an HTTP gateway should answer: 200, 400, 401 or 403.
    public let httpStatus: Int
    /// The token's public id and name; empty if no such token exists.
    public let tokenID: String
    public let tokenName: String
    /// What the token is bound to and holds; empty unless org and tenant matched.
    public let org: String
    public let tenant: String
    public let scopes: [String]
    /// Seconds since 1970, exclusive; nil for never.
    public let expiresAt: Int64?
    /// The last change that the verdict has seen.
    public let revision: UInt64
    /// The value for a WWW-Authenticate header; empty if there is none to send.
    public let wwwAuthenticate: String

    /// Whether the bearer may act.
    public var isAllowed: Bool { reason == "ALLOWED" }
  }

  /// Why there is no verdict.
  public enum Failure: Error, Sendable, Equatable {
    /// The daemon was not reached, or did not answer in time.
    case unavailable(String)
    /// The caller may not connect to the socket.
    case notPermitted(String)
    /// The daemon answered that it could not decide, with a gRPC status code and a text.
    case undecided(code: Int, String)
  }

  /// Asks whether the bearer of `token` may act in `org` and `tenant` with all of `scopes`.
  /// - Parameter minRevision: answer only from an index that has seen this change; 0 asks for nothing.
  /// - Throws: if nothing was decided.
  public func validate(
    _ token: String, org: String, tenant: String, requiring scopes: [String] = [], minRevision: UInt64 = 0
  ) throws(Failure) -> Verdict {
    var bytes = Array(token.utf8)
    defer { wipe(&bytes) }
    return try validate(
      bytes: bytes.span, org: org, tenant: tenant, requiring: scopes, minRevision: minRevision)
  }

  /// The same for a token that the caller holds as bytes, and can wipe. No copy of it is left behind here.
  public func validate(
    bytes token: Span<UInt8>, org: String, tenant: String, requiring scopes: [String] = [], minRevision: UInt64 = 0
  ) throws(Failure) -> Verdict {
    var payload = ValidateRequest.encode(
      token: token, org: org, tenant: tenant, scopes: scopes, minRevision: minRevision)
    defer { wipe(&payload) }
    let reply: [UInt8]
    do throws(Channel.Failure) {
      reply = try channel.call("tokend.v1.Validation", "Validate", payload, isChange: false, within: timeout)
    } catch {
      switch error {
      case .status(let status): throw .undecided(code: Int(status.code.rawValue), status.message)
      case .unavailable(let why), .notListening(let why), .outcomeUnknown(let why): throw .unavailable(why)
      case .notPermitted(let why): throw .notPermitted(why)
      }
    }
    do throws(FieldReader.Malformed) {
      return Verdict(try ValidateResponse(in: reply.span, 0..<reply.count))
    } catch {
      throw .unavailable("the daemon's reply could not be read")
    }
  }
}

extension TokenClient.Verdict {
  fileprivate init(_ response: ValidateResponse) {
    // A reason that this library does not know is not ALLOWED, and that is all that matters.
    reason = Reason(rawValue: UInt8(clamping: response.reason))?.name ?? "REASON_\(response.reason)"
    httpStatus = Int(clamping: response.httpStatus)
    tokenID = response.tokenID
    tokenName = response.tokenName
    org = response.org
    tenant = response.tenant
    scopes = response.scopes
    expiresAt = response.expiresAt == 0 ? nil : response.expiresAt
    revision = response.revision
    wwwAuthenticate = response.challenge
  }
}
