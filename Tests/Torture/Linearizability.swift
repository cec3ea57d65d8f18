// Whether a revocation holds from the moment that it is acknowledged, for everybody.

import Harness
import Linux
import Seeded
import Synchronization
import TokenClient
import Wire

/// Validators and revokers on connections of their own, at the same tokens. What one has learnt before a call begins, by
/// whatever way, must hold for the call: that is what a linearizable revocation means, and it is checked at once, by what
/// threads tell each other through memory.
enum Linearizability {
  private static let (validators, revokers, slots) = (3, 4, 32)
  /// Somewhat fewer tokens than the first region of an index has room for.
  private static let beforeGrowth = 600

  /// A token that is revoked while others ask about it.
  private final class Subject: Sendable {
    let id: String
    let secret: String
    /// Set before the call to revoke it begins, and once it was acknowledged.
    let isBegun = Atomic(false)
    let isAcknowledged = Atomic(false)
    /// Set once a verdict has said that it is revoked.
    let isSeen = Atomic(false)

    init(id: String, secret: String) { (self.id, self.secret) = (id, secret) }
  }

  /// What all threads share.
  private final class Stage: Sendable {
    let subjects = Mutex<[Subject?]>(Array(repeating: nil, count: slots))
    let verdicts = Atomic(0)
    let revocations = Atomic(0)
    let isOver = Atomic(false)
    /// Whether revocations count as acknowledged before they are sent.
    let isEarly: Bool
    /// Whether a call may fail, as the daemon is being restarted.
    let mayFail: Bool
    private let violations = Mutex<[String]>([])
    /// How many violations were found by what was acknowledged, and by what was seen.
    let byAcknowledgement = Atomic(0)
    let bySight = Atomic(0)

    init(isEarly: Bool, mayFail: Bool) { (self.isEarly, self.mayFail) = (isEarly, mayFail) }

    /// Takes a call that failed, for a reason that a restart is, or is not.
    func failed(_ call: String, _ why: String, isRestart: Bool) {
      if !mayFail || !isRestart { report("\(call) failed: \(why)") }
      System.pause(milliseconds: 2)
    }

    func report(_ violation: String) { violations.withLock { $0.append(violation) } }
    var found: [String] { violations.withLock { $0 } }
  }

  /// What happens meanwhile.
  private enum Kind: String {
    case calm = "linearizability: of revocation, two workers"
    case restarts = "linearizability: of revocation, through restarts"
    /// A revocation counts as acknowledged, and as seen, before it is sent: verdicts in between must be found, by both.
    case control = "linearizability: control, acknowledged before it is sent"
  }

  /// How long nothing at all may be answered.
  private static let patience = Duration.seconds(60)

  /// - Parameter verdicts: how many are asked for, in all but the control.
  static func run(_ verdicts: Int, seed: UInt64) throws -> [Outcome] {
    [
      try run(.calm, verdicts / 2, seed: seed), try run(.restarts, verdicts / 2, seed: seed),
      try run(.control, verdicts / 50, seed: seed),
    ]
  }

  private static func run(_ kind: Kind, _ verdicts: Int, seed: UInt64) throws -> Outcome {
    var outcome = Outcome(
      kind.rawValue, seed: seed, injects: kind == .restarts, proof: kind == .control ? "was allowed after" : nil)
    let stage = Stage(isEarly: kind == .control, mayFail: kind == .restarts)
    var daemon = try RunningDaemon(["--workers", "2"])
    try daemon.addTenant()
    // The index grows with the next few.
    for number in 0..<beforeGrowth { _ = try daemon.create("filler\(number)") }
    let room = try indexBytes(daemon)
    var threads: [Linux.Thread] = []
    for number in 0..<revokers {
      let socket = daemon.adminSocket
      threads.append(try Linux.Thread(named: "revoker") { revoke(stage, socket, number, seed: seed &+ UInt64(number)) })
    }
    for number in 0..<validators {
      let socket = daemon.validationSocket
      threads.append(
        try Linux.Thread(named: "validator") { validate(stage, socket, seed: seed &+ 100 &+ UInt64(number)) })
    }
    var random = SeededRandom(seed: seed)
    var last = (verdicts: 0, at: ContinuousClock.now)
    while stage.verdicts.load(ordering: .relaxed) < verdicts, kind == .control || stage.found.count < 100 {
      System.pause(milliseconds: Int32(200 + random.below(800)))
      let verdicts = stage.verdicts.load(ordering: .relaxed)
      if verdicts > last.verdicts { last = (verdicts, .now) }
      if .now - last.at > patience {
        outcome.add(["no verdict was given any more"], in: kind.rawValue)
        break
      }
      guard kind == .restarts else { continue }
      // In order and out of order, by turns.
      let isStop = outcome.faults % 2 == 0
      if isStop { _ = daemon.stop() } else { daemon.kill() }
      if daemon.ending != (isStop ? "exit 0" : "signal 9") {
        outcome.add(["the daemon ended with \(daemon.ending)"], in: kind.rawValue)
      }
      daemon = try RunningDaemon(home: daemon.home, ["--workers", "2"])
      outcome.faults += 1
    }
    stage.isOver.store(true, ordering: .relaxed)
    for thread in threads { thread.join() }
    let grown = try indexBytes(daemon)
    if kind == .calm, grown <= room { outcome.add(["the index has not grown"], in: kind.rawValue) }
    outcome.runs = stage.verdicts.load(ordering: .relaxed)
    outcome.acknowledged = stage.revocations.load(ordering: .relaxed)
    if kind == .control {
      // Whatever else goes wrong is no proof that these two are found.
      let isProof = stage.byAcknowledgement.load(ordering: .relaxed) > 0 && stage.bySight.load(ordering: .relaxed) > 0
      if isProof { outcome.add(stage.found, in: kind.rawValue) }
    } else {
      outcome.add(stage.found, in: kind.rawValue)
    }
    outcome.remark =
      "\(validators) validators, \(revokers) revokers; the index grew from \(room >> 10) to \(grown >> 10) KiB"
    return outcome
  }

  private static func indexBytes(_ daemon: RunningDaemon) throws -> UInt64 {
    try daemon.administrator.call(Methods.getStatus, GetStatusRequest()).indexBytes
  }

  private static func revoke(_ stage: Stage, _ socket: String, _ number: Int, seed: UInt64) {
    let administrator = Administrator(socket: socket, timeout: .seconds(10))
    var random = SeededRandom(seed: seed)
    var count = 0
    while !stage.isOver.load(ordering: .relaxed) {
      count += 1
      do throws(Channel.Failure) {
        var request = CreateTokenRequest()
        (request.org, request.tenant, request.scopes) = ("acme", "prod", ["pipeline:read"])
        request.name = "r\(number)-\(count)"
        let made = try administrator.call(Methods.createToken, request)
        let subject = Subject(id: made.token.id, secret: made.secret)
        // Each revoker has slots of its own; who is replaced has been asked about for long enough.
        let slot = random.below(slots / revokers) * revokers + number
        stage.subjects.withLock { $0[slot] = subject }
        // While others ask about it, the index grows by a few more.
        for extra in 0..<random.below(3) {
          request.name = "r\(number)-\(count)-\(extra)"
          _ = try administrator.call(Methods.createToken, request)
        }
        var revocation = RevokeTokenRequest()
        revocation.id = subject.id
        subject.isBegun.store(true, ordering: .sequentiallyConsistent)
        if stage.isEarly {
          subject.isAcknowledged.store(true, ordering: .sequentiallyConsistent)
          subject.isSeen.store(true, ordering: .sequentiallyConsistent)
        }
        _ = try administrator.call(Methods.revokeToken, revocation)
        subject.isAcknowledged.store(true, ordering: .sequentiallyConsistent)
        stage.revocations.add(1, ordering: .relaxed)
      } catch {
        // Whether it was revoked is not known then.
        stage.failed("a change", "\(error)", isRestart: isRestart(error))
      }
    }
  }

  private static func validate(_ stage: Stage, _ socket: String, seed: UInt64) {
    let client = TokenClient(socket: socket, timeout: .seconds(10))
    var random = SeededRandom(seed: seed)
    while !stage.isOver.load(ordering: .relaxed) {
      let slot = random.below(slots)
      guard let subject = stage.subjects.withLock({ $0[slot] }) else { continue }
      let wasAcknowledged = subject.isAcknowledged.load(ordering: .sequentiallyConsistent)
      let wasSeen = subject.isSeen.load(ordering: .sequentiallyConsistent)
      do throws(TokenClient.Failure) {
        let verdict = try client.validate(
          subject.secret, org: "acme", tenant: "prod", requiring: ["pipeline:read"])
        stage.verdicts.add(1, ordering: .relaxed)
        switch verdict.reason {
        case "ALLOWED":
          if wasAcknowledged {
            stage.byAcknowledgement.add(1, ordering: .relaxed)
            stage.report("\(subject.id) was allowed after its revocation was acknowledged")
          }
          if wasSeen {
            stage.bySight.add(1, ordering: .relaxed)
            stage.report("\(subject.id) was allowed after another verdict had said REVOKED")
          }
        case "REVOKED":
          subject.isSeen.store(true, ordering: .sequentiallyConsistent)
          if !subject.isBegun.load(ordering: .sequentiallyConsistent) {
            stage.report("\(subject.id) is revoked, and nobody has revoked it")
          }
        default: stage.report("\(subject.id): \(verdict.reason)")
        }
      } catch {
        let isRestart =
          switch error {
          case .unavailable: true
          // Whoever is let in has a verdict.
          case .undecided, .notPermitted: false
          }
        stage.failed("a question", "\(error)", isRestart: isRestart)
      }
    }
  }

  /// Whether a change may fail so because the daemon ends, has ended, or is killed.
  private static func isRestart(_ failure: Channel.Failure) -> Bool {
    switch failure {
    case .notListening, .unavailable, .outcomeUnknown: true
    case .status(let status): ["DRAINING", "STOPPING"].contains(status.reason)
    case .notPermitted: false
    }
  }
}
