// A service that asks for verdicts, several at a time.

import Tokens
import Wire

/// Asks about tokens that clients have been given, in the right place and in others, and about some that nobody has.
final class ValidationClient {
  private static let most = 4

  private let name: String
  private let mint = Mint(.standard)
  private var peer: Peer?
  private var stream: UInt32 = 1
  private var asked: [UInt32: Question] = [:]

  init(_ name: String) { self.name = name }

  var isIdle: Bool { asked.isEmpty }
  /// How many verdicts it has been given.
  private(set) var verdicts = 0

  /// Does one thing: connects, asks, sends some bytes or receives some.
  func act(_ daemon: SimulatedDaemon?, _ oracle: inout Oracle, at step: Int, _ chance: Chance, _ trace: inout Trace) {
    guard connects(to: daemon, at: step, &trace) else { return }
    if asked.count < Self.most, chance.strikes(oneIn: 3) {
      let token = oracle.tokens.isEmpty || chance.strikes(oneIn: 10) ? nil : chance.below(oracle.tokens.count)
      let known = token.map { oracle.tokens[$0] }
      let isElsewhere = chance.strikes(oneIn: 8)
      let tenant = isElsewhere ? chance.pick(Place.tenants) : known?.tenant ?? Place.tenants[0]
      let scope = chance.strikes(oneIn: 8) ? chance.pick(Place.scopes) : known?.scope ?? Place.scopes[0]
      return ask(
        known?.secret ?? stranger(chance),
        Question(token: token, tenant: tenant, scope: scope, begun: step), &trace)
    }
    goOn(&oracle, at: step, chance, &trace)
  }

  /// Asks about a token in its own place, whatever else is asked.
  func ask(about token: Int, _ oracle: Oracle, at step: Int, _ chance: Chance, _ trace: inout Trace) {
    let known = oracle.tokens[token]
    ask(
      known.secret,
      Question(token: token, tenant: known.tenant, scope: known.scope, begun: step), &trace)
  }

  /// Whether it is connected now.
  func connects(to daemon: SimulatedDaemon?, at step: Int, _ trace: inout Trace) -> Bool {
    if peer != nil { return true }
    guard let daemon else { return false }
    peer = try? Peer(connectingTo: daemon.validationSocket)
    stream = 1
    trace.add("\(step) \(name) connects: \(peer != nil)")
    return false
  }

  /// Sends or receives some bytes.
  func goOn(_ oracle: inout Oracle, at step: Int, _ chance: Chance, _ trace: inout Trace) {
    if peer?.hasUnsent == true, chance.strikes(oneIn: 2) {
      let sent = peer?.send(most: 1 + chance.below(300))
      trace.add("\(step) \(name) sends \(sent ?? -1)")
      if sent == nil { hangUp() }
      return
    }
    guard let received = peer?.receive(most: 1 + chance.below(600), &trace) else { return }
    switch received {
    case .nothing: return
    case .ended(let why):
      if !why.isEmpty { oracle.violated("step \(step): \(name) was sent \(why)") }
      trace.add("\(step) \(name) is cut off")
      hangUp()
    case .reply(let stream, let result):
      guard let question = asked.removeValue(forKey: stream) else {
        return oracle.violated("step \(step): \(name) was answered on stream \(stream), which it had not used")
      }
      take(result, question, &oracle, at: step, &trace)
    }
  }

  /// Closes its connection, whatever it waits for.
  func hangUp() {
    peer = nil
    asked = [:]
  }

  private func ask(_ secret: String, _ question: Question, _ trace: inout Trace) {
    trace.add("\(question.begun) \(name) asks about \(question.token ?? -1) in \(question.tenant), \(question.scope)")
    peer?.validate(
      ValidateRequest.encode(
        token: Array(secret.utf8).span, org: Place.org, tenant: question.tenant, scopes: [question.scope],
        minRevision: 0), stream: stream)
    asked[stream] = question
    stream += 2
  }

  private func take(
    _ result: Result<[UInt8], Status>, _ question: Question, _ oracle: inout Oracle, at step: Int,
    _ trace: inout Trace
  ) {
    switch result {
    case .failure(let status):
      trace.add("\(step) \(name): \(status.reason)")
      oracle.judge(status, to: name, asked: question.begun, at: step)
    case .success(let bytes):
      let reply = try? ValidateResponse(in: bytes.span, 0..<bytes.count)
      let reason = reply.flatMap { Reason(rawValue: UInt8(clamping: $0.reason)) }
      trace.add("\(step) \(name) is told \(reason?.name ?? "nonsense") of \(question.token ?? -1)")
      verdicts += 1
      oracle.judge(reason, of: question, at: step)
    }
  }

  private func stranger(_ chance: Chance) -> String {
    mint.mint(at: chance.now) { (span: inout MutableSpan<UInt8>) in
      for index in 0..<span.count { span[index] = UInt8(truncatingIfNeeded: chance.next()) }
    }.reveal { token in String(decoding: (0..<token.count).map { token[$0] }, as: UTF8.self) }
  }
}
