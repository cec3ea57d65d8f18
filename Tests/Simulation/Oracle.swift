// What must be true of every verdict, by what clients were told.

import Tokens
import Wire

/// A change of a token's state, from when it was asked for.
struct Change {
  let state: TokenState
  let begun: Int
  /// When its reply came; nil if none has yet.
  var ended: Int?
  /// Whether it may or may not have happened, and for how long that is open: until the daemon ends.
  var isUnknown = false
  /// When a daemon that may still have been at it had ended.
  var settled: Int?
}

/// A token that a client has been given, and all that was asked to be done to it. One client alone changes it, one change
/// after the other.
struct KnownToken {
  let id: String
  let secret: String
  let tenant: String
  let expiry: Instant
  let scope: String
  var changes: [Change]
  /// What it was seen to be when nothing could change it any more but what is asked for later, and since when it was so.
  var known: (state: TokenState, since: Int)?

  /// The states that it can have been in at some time from `begin` to `end`.
  func states(from begin: Int, to end: Int) -> Set<TokenState> {
    let known = known.flatMap { $0.since <= begin ? $0 : nil }
    if known?.state == .revoked { return [.revoked] }
    var states = Set([known?.state].compactMap { $0 })
    // What may be carried out late, after what was asked later.
    var lingering: [Change] = []
    for change in changes where change.begun <= end && change.begun > known?.since ?? -1 {
      if !change.isUnknown, let ended = change.ended, ended <= begin {
        // What a daemon that has ended did not do by then is never done.
        lingering.removeAll { $0.settled.map { $0 < change.begun } ?? false }
        states = [change.state]
        if change.state == .revoked { return states }
        states.formUnion(lingering.map(\.state))
      } else {
        states.insert(change.state)
        if change.isUnknown { lingering.append(change) }
      }
    }
    return states
  }
}

extension KnownToken {
  /// It was seen in a state by an answer of `end` to a question of `begin`.
  mutating func seen(_ state: TokenState, from begin: Int, to end: Int) {
    // What has been seen to be revoked stays so, whoever asked for it.
    if state == .revoked {
      if known?.state != .revoked { known = (state, end) }
    } else if changes.allSatisfy({ $0.isOver(at: begin) }), known?.since ?? -1 < begin {
      known = (state, begin)
    }
  }
}

extension Change {
  /// Whether it has been done at `step`, or never will be.
  fileprivate func isOver(at step: Int) -> Bool {
    (isUnknown ? settled : ended).map { $0 < step } ?? false
  }
}

/// A question, and when it was asked.
struct Question {
  let token: Int?
  let tenant: String
  let scope: String
  let begun: Int
}

/// Remembers what was promised, and says what breaks it.
struct Oracle {
  private(set) var tokens: [KnownToken] = []
  private(set) var violations: [String] = []
  private(set) var acknowledged = 0
  /// How many revocations were acknowledged.
  private(set) var revocations = 0
  /// All that the clock has shown, by step.
  private var clock: [(step: Int, now: Instant)] = []

  /// For what else calls may be refused.
  var troubles = Troubles()

  mutating func sets(clock now: Instant, at step: Int) { clock.append((step, now)) }

  mutating func violated(_ what: String) { violations.append(what) }

  mutating func made(_ token: KnownToken) -> Int {
    acknowledged += 1
    tokens.append(token)
    return tokens.count - 1
  }

  mutating func began(_ state: TokenState, of token: Int, at step: Int) {
    tokens[token].changes.append(Change(state: state, begun: step))
  }

  /// The last change of `token` was acknowledged.
  mutating func didChange(_ token: Int, at step: Int) {
    acknowledged += 1
    let last = tokens[token].changes.count - 1
    tokens[token].changes[last].ended = step
    if tokens[token].changes[last].state == .revoked { revocations += 1 }
  }

  /// The last change of `token` was refused: it has not happened.
  mutating func didNotChange(_ token: Int) { tokens[token].changes.removeLast() }

  /// Nobody knows of the last change of `token`.
  mutating func maybeChanged(_ token: Int) { tokens[token].changes[tokens[token].changes.count - 1].isUnknown = true }

  /// The daemon has ended: what it was at has been done by now, or never will be.
  mutating func daemonEnded(at step: Int) {
    for token in tokens.indices {
      for change in tokens[token].changes.indices where tokens[token].changes[change].settled == nil {
        tokens[token].changes[change].settled = step
      }
    }
  }

  /// Judges a verdict that came at `step`.
  mutating func judge(_ reason: Reason?, of question: Question, at step: Int) {
    guard let reason else { return violated("step \(step): a verdict without a reason") }
    acknowledged += 1
    guard let place = question.token else {
      if reason != .unknown { violated("step \(step): a token that was never issued is \(reason.name)") }
      return
    }
    let token = tokens[place]
    let states = token.states(from: question.begun, to: step)
    let possible = reasons(for: token, states, question, at: step)
    if !possible.contains(reason) {
      violated(
        "step \(step): token \(token.id), asked about at step \(question.begun), is \(reason.name); can be "
          + possible.map(\.name).sorted().joined(separator: ", ") + "; changes \(token.changes)")
    }
    switch reason {
    case .revoked: tokens[place].seen(.revoked, from: question.begun, to: step)
    case .disabled: tokens[place].seen(.disabled, from: question.begun, to: step)
    // The order of reasons has the state before these.
    case .expired, .bindingMismatch, .insufficientScope, .allowed:
      tokens[place].seen(.active, from: question.begun, to: step)
    default: break
    }
  }

  /// All that the clock has shown from `begin` to `end`.
  func clocks(from begin: Int, to end: Int) -> [Instant] {
    let first = clock.lastIndex { $0.step <= begin } ?? 0
    return clock[first...].prefix { $0.step <= end }.map(\.now)
  }

  /// Judges the state that an administrator was told of at `step`.
  mutating func judge(state: UInt32, of token: Int, asked begun: Int, at step: Int) {
    acknowledged += 1
    let known = tokens[token]
    var possible: Set<UInt32> = []
    for state in known.states(from: begun, to: step) {
      for now in clocks(from: begun, to: step) {
        // STATE_EXPIRED of proto/tokend/v1/tokens.proto is 4; the others are as they are here.
        possible.insert(state == .active && now >= known.expiry ? 4 : UInt32(state.rawValue))
      }
    }
    if !possible.contains(state) {
      violated(
        "step \(step): token \(known.id), asked for at step \(begun), has state \(state); can be "
          + "\(possible.sorted()); changes \(known.changes)")
    }
    // STATE_EXPIRED is an active one's.
    if let seen = TokenState(rawValue: state == 4 ? 1 : UInt8(clamping: state)) {
      tokens[token].seen(seen, from: begun, to: step)
    }
  }

  /// Judges a refusal, of what was asked at `begun`, that came at `step`.
  /// - Parameter reasons: those that this call may have besides what may befall any.
  mutating func judge(
    _ refusal: Status, to caller: String, or reasons: Set<String> = [], asked begun: Int, at step: Int
  ) {
    guard !reasons.union(troubles.reasons(from: begun, to: step)).contains(refusal.reason) else { return }
    violated("step \(step): \(caller) is refused: \(refusal.reason), \(refusal.message)")
  }

  /// For what reasons a change of `token` that was asked for at `begun` may be refused.
  func refusals(of token: Int, asked begun: Int, at step: Int) -> Set<String> {
    let known = tokens[token]
    let states = known.states(from: begun, to: step)
    var reasons: Set<String> = []
    if states.contains(.revoked) { reasons.insert("TOKEN_REVOKED") }
    if states.contains(.disabled) { reasons.insert("TOKEN_DISABLED") }
    if clocks(from: begun, to: step).contains(where: { $0 >= known.expiry }) { reasons.insert("TOKEN_EXPIRED") }
    return reasons
  }

  /// The order of reasons, from proto/tokend/v1/validation.proto, written down once more.
  private func reasons(
    for token: KnownToken, _ states: Set<TokenState>, _ question: Question, at step: Int
  ) -> Set<Reason> {
    var reasons: Set<Reason> = []
    let clocks = clocks(from: question.begun, to: step)
    for state in states {
      for now in clocks {
        let reason: Reason =
          switch state {
          case .revoked: .revoked
          case .disabled: .disabled
          case .active where now >= token.expiry: .expired
          case .active where token.tenant != question.tenant: .bindingMismatch
          case .active where token.scope != question.scope: .insufficientScope
          case .active: .allowed
          }
        reasons.insert(reason)
      }
    }
    return reasons
  }
}
