// A client that makes tokens and changes them, one call after the other.

import Tokens
import Wire

/// Has tokens of its own, which nobody else changes. What it asked and never heard of, it asks again if that is safe.
final class AdministrationClient {
  private enum Call {
    case create(CreateTokenRequest)
    case change(Int)
    case rotate(Int)
    /// Asks what it is now.
    case look(Int)
  }

  private let name: String
  private var peer: Peer?
  private var stream: UInt32 = 1
  private var pending: (call: Call, begun: Int)?
  /// Whether the deadline of what is pending has passed from the beginning.
  private var isLate = false
  /// A creation that is to be repeated, as its outcome is unknown or the daemon could not do it then.
  private var again: CreateTokenRequest?
  /// Whether one of its attempts may have made it.
  private var mayBeMade = false
  private var own: [Int] = []
  private var made = 0

  init(_ name: String) { self.name = name }

  var isIdle: Bool { pending == nil }
  /// Whether it has been given a token.
  var hasTokens: Bool { !own.isEmpty }

  /// Does one thing: connects, asks, sends some bytes or receives some.
  func act(_ daemon: SimulatedDaemon?, _ oracle: inout Oracle, at step: Int, _ chance: Chance, _ trace: inout Trace) {
    guard peer != nil else {
      guard let daemon else { return }
      peer = try? Peer(connectingTo: daemon.administrationSocket)
      stream = 1
      return trace.add("\(step) \(name) connects: \(peer != nil)")
    }
    if pending == nil { return ask(&oracle, at: step, chance, &trace) }
    if peer?.hasUnsent == true, !chance.strikes(oneIn: 3) {
      let sent = peer?.send(most: 1 + chance.below(200))
      trace.add("\(step) \(name) sends \(sent ?? -1)")
      if sent == nil { hangUp(&oracle) }
      return
    }
    receive(&oracle, at: step, chance, &trace)
  }

  /// Closes its connection, whatever it waits for.
  func hangUp(_ oracle: inout Oracle) {
    peer = nil
    guard let (call, _) = pending else { return }
    pending = nil
    switch call {
    case .create(let request): (again, mayBeMade) = (request, true)
    case .change(let token), .rotate(let token): oracle.maybeChanged(token)
    case .look: break
    }
  }

  private func ask(_ oracle: inout Oracle, at step: Int, _ chance: Chance, _ trace: inout Trace) {
    isLate = chance.strikes(oneIn: 12)
    let kind = own.isEmpty || again != nil ? 0 : chance.below(12)
    if kind < 4 {
      if again == nil { mayBeMade = false }
      let request = again ?? newRequest(chance)
      again = nil
      peer?.call(Methods.createToken, request, stream: stream, isLate: isLate)
      pending = (.create(request), step)
      return trace.add("\(step) \(name) creates \(request.name)")
    }
    let token = chance.pick(own)
    let id = oracle.tokens[token].id
    trace.add("\(step) \(name) \(kind) \(id)")
    if kind == 4 {
      var request = RotateTokenRequest()
      request.id = id
      peer?.call(Methods.rotateToken, request, stream: stream, isLate: isLate)
      pending = (.rotate(token), step)
      return oracle.began(.revoked, of: token, at: step)
    }
    if kind > 9 {
      var request = GetTokenRequest()
      request.id = id
      peer?.call(Methods.getToken, request, stream: stream, isLate: isLate)
      pending = (.look(token), step)
      return
    }
    pending = (.change(token), step)
    if kind < 7 {
      var request = RevokeTokenRequest()
      request.id = id
      peer?.call(Methods.revokeToken, request, stream: stream, isLate: isLate)
      return oracle.began(.revoked, of: token, at: step)
    }
    var request = ChangeTokenRequest()
    request.id = id
    peer?.call(kind == 7 ? Methods.enableToken : Methods.disableToken, request, stream: stream, isLate: isLate)
    oracle.began(kind == 7 ? .active : .disabled, of: token, at: step)
  }

  private func newRequest(_ chance: Chance) -> CreateTokenRequest {
    made += 1
    var request = CreateTokenRequest()
    (request.org, request.tenant) = (Place.org, chance.pick(Place.tenants))
    (request.name, request.requestId) = ("\(name)-\(made)", "\(name)-\(made)")
    request.scopes = [chance.pick(Place.scopes)]
    if chance.strikes(oneIn: 3) {
      request.expiresAt = chance.now.seconds + 1 + Int64(chance.below(60))
    } else {
      request.neverExpires = true
    }
    return request
  }

  private func receive(_ oracle: inout Oracle, at step: Int, _ chance: Chance, _ trace: inout Trace) {
    guard let received = peer?.receive(most: 1 + chance.below(400), &trace) else { return }
    switch received {
    case .nothing: return
    case .ended(let why):
      if !why.isEmpty { oracle.violated("step \(step): \(name) was sent \(why)") }
      trace.add("\(step) \(name) is cut off")
      hangUp(&oracle)
    case .reply(let stream, let result):
      guard let (call, begun) = pending, stream == self.stream else {
        return oracle.violated("step \(step): \(name) was answered on stream \(stream), which it had not used")
      }
      pending = nil
      self.stream += 2
      take(result, call, begun, &oracle, at: step, &trace)
    }
  }

  private func take(
    _ result: Result<[UInt8], Status>, _ call: Call, _ begun: Int, _ oracle: inout Oracle, at step: Int,
    _ trace: inout Trace
  ) {
    let late: Set = isLate ? ["DEADLINE_PASSED"] : []
    switch (result, call) {
    case (.failure(let status), .create(let request)):
      trace.add("\(step) \(name): \(status.reason)")
      let isPast =
        !request.neverExpires
        && oracle.clocks(from: begun, to: step).contains { $0.seconds >= request.expiresAt }
      oracle.judge(status, to: name, or: late.union(isPast ? ["EXPIRY_IN_PAST"] : []), asked: begun, at: step)
      if status.code == .unavailable || status.code == .deadlineExceeded || status.code == .resourceExhausted {
        again = request
      }
      if status.isOutcomeUnknown { mayBeMade = true }
    case (.failure(let status), .change(let token)), (.failure(let status), .rotate(let token)):
      trace.add("\(step) \(name): \(status.reason)")
      let reasons = late.union(oracle.refusals(of: token, asked: begun, at: step))
      oracle.judge(status, to: name, or: reasons, asked: begun, at: step)
      if status.isOutcomeUnknown { oracle.maybeChanged(token) } else { oracle.didNotChange(token) }
    case (.failure(let status), .look):
      trace.add("\(step) \(name): \(status.reason)")
      oracle.judge(status, to: name, or: late, asked: begun, at: step)
    case (.success(let bytes), .look(let token)):
      guard let reply = try? GetTokenResponse(decoding: bytes.span, 0..<bytes.count) else {
        return oracle.violated("step \(step): a reply to GetToken can't be read")
      }
      trace.add("\(step) \(name) sees state \(reply.token.state)")
      oracle.judge(state: reply.token.state, of: token, asked: begun, at: step)
    case (.success(let bytes), .create):
      guard let reply = try? CreateTokenResponse(decoding: bytes.span, 0..<bytes.count) else {
        return oracle.violated("step \(step): a reply to CreateToken can't be read")
      }
      trace.add("\(step) \(name) has \(reply.token.id), again: \(reply.replayed)")
      if reply.replayed, !mayBeMade {
        oracle.violated("step \(step): \(reply.token.name) was made by a call that was told that nothing was done")
      }
      // Who has asked again is not told the secret.
      if !reply.replayed { keep(reply.token, reply.secret, from: begun, &oracle, at: step) }
    case (.success, .change(let token)):
      trace.add("\(step) \(name): done")
      oracle.didChange(token, at: step)
    case (.success(let bytes), .rotate(let token)):
      guard let reply = try? RotateTokenResponse(decoding: bytes.span, 0..<bytes.count) else {
        return oracle.violated("step \(step): a reply to RotateToken can't be read")
      }
      trace.add("\(step) \(name) rotated to \(reply.token.id)")
      oracle.didChange(token, at: step)
      keep(reply.token, reply.secret, from: begun, &oracle, at: step)
    }
  }

  private func keep(
    _ token: TokenMessage, _ secret: String, from begun: Int, _ oracle: inout Oracle, at step: Int
  ) {
    own.append(
      oracle.made(
        KnownToken(
          id: token.id, secret: secret, tenant: token.tenant,
          expiry: token.expiresAt == 0 ? .never : Instant(seconds: token.expiresAt), scope: token.scopes.first ?? "",
          changes: [Change(state: .active, begun: begun, ended: step)])))
  }
}
