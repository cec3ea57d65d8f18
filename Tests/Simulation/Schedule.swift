// One run of everything, in an order that a seed gives.

import FaultyDisk
import Foundation
import Store
import Tokens

/// Clients, faults and restarts of one daemon, one step after the other: the same seed gives the same steps and the same
/// bytes.
struct Schedule {
  private static let steps = 600
  /// Steps until all that was asked must have been answered, at the end.
  private static let patience = 20_000

  let seed: UInt64
  /// Where sockets are.
  let directory: String

  struct Report {
    var faults = 0
    var acknowledged = 0
    /// How many of the changes that were acknowledged are revocations.
    var revocations = 0
    var violations: [String] = []
    var trace: Trace
  }

  /// Makes the disk that every schedule begins with.
  static func lay() throws {
    faulty_disk_wipe()
    faulty_disk_arm(.max, FAULTY_DISK_ERROR)
    let store = try TokenStore(path: SimulatedDaemon.diskPath, vfs: "faulty")
    try store.begin()
    for tenant in Place.tenants {
      _ = try store.add(TenantName(org: Place.org, tenant: tenant), actor: "uid:0", at: Instant(seconds: 1)).get()
    }
    try store.commit()
    try store.finish()
    faulty_disk_keep()
  }

  /// - Parameter keepsLines: whether the report has every step.
  func run(keepsLines: Bool = false) throws -> Report {
    var run = Run(self, keepsLines)
    faulty_disk_recall()
    faulty_disk_arm(.max, FAULTY_DISK_ERROR)
    for _ in 0..<Self.steps { try run.step() }
    try run.conclude(patience: Self.patience)
    return run.report
  }

  private struct Run {
    private let directory: String
    private let chance: Chance
    private let administrators = (0..<3).map { AdministrationClient("a\($0)") }
    private let validators = (0..<3).map { ValidationClient("v\($0)") }
    private var daemon: SimulatedDaemon?
    private var oracle = Oracle()
    private var trace: Trace
    private var number = 0
    /// How often the daemon was ended.
    private var ends = 0
    /// What the disk had done to all schedules before this one.
    private let struckBefore = faulty_disk_struck()

    init(_ schedule: Schedule, _ keepsLines: Bool) {
      directory = schedule.directory
      chance = Chance(seed: schedule.seed)
      trace = Trace(keepsLines: keepsLines)
      oracle.sets(clock: chance.now, at: 0)
    }

    var report: Report {
      Report(
        faults: ends + Int(faulty_disk_struck() - struckBefore), acknowledged: oracle.acknowledged,
        revocations: oracle.revocations,
        violations: oracle.violations, trace: trace)
    }

    mutating func step() throws {
      number += 1
      switch chance.below(100) {
      case 0..<30:
        chance.pick(administrators).act(daemon, &oracle, at: number, chance, &trace)
      case 30..<60: chance.pick(validators).act(daemon, &oracle, at: number, chance, &trace)
      case 60..<78: try daemon?.turn(chance.below(SimulatedDaemon.workers))
      case 78..<92: journal()
      case 92..<95: moveClock()
      case 95: hangUp()
      case 96 where chance.strikes(oneIn: 3): spoilDisk()
      case 97 where chance.strikes(oneIn: 4): end(gracefully: chance.strikes(oneIn: 2))
      default: break
      }
      if daemon?.failure != nil, chance.strikes(oneIn: 12) { end(gracefully: false) }
      if daemon == nil, chance.strikes(oneIn: 4) { start(whole: !chance.strikes(oneIn: 4)) }
    }

    private mutating func journal() {
      daemon?.step()
      if daemon?.failure != nil { oracle.troubles.began(.ending, at: number) }
    }

    private mutating func moveClock() {
      // Now and then by a day, forth or back.
      let day: Int64 = 86_400
      chance.moveClock(
        by: chance.strikes(oneIn: 10) ? (chance.strikes(oneIn: 2) ? day : -day) : Int64(chance.below(20)))
      oracle.sets(clock: chance.now, at: number)
      trace.add("\(number) the clock shows \(chance.now.seconds)")
    }

    private mutating func hangUp() {
      if chance.strikes(oneIn: 2) {
        chance.pick(administrators).hangUp(&oracle)
      } else {
        chance.pick(validators).hangUp()
      }
      trace.add("\(number) one hangs up")
    }

    /// Lets an operation of the disk fail soon, whatever befell it before, or makes it well again.
    private mutating func spoilDisk() {
      let faults = [
        FAULTY_DISK_ERROR, FAULTY_DISK_SHORT_WRITE, FAULTY_DISK_FULL, FAULTY_DISK_DEATH, FAULTY_DISK_READ_ERROR,
      ]
      let fault = chance.pick(faults)
      let after = chance.strikes(oneIn: 4) ? UInt64.max : UInt64(chance.below(40))
      trace.add("\(number) fault \(fault.rawValue) after \(after)")
      guard after != .max else {
        mendDisk()
        return
      }
      faulty_disk_arm(after, fault)
      // What was armed before and has not come is not armed any more. A disk that is full stays so.
      if faulty_disk_is_full() == 0 { oracle.troubles.diskStaysRoomy(at: number) }
      oracle.troubles.began(fault == FAULTY_DISK_FULL ? .fullDisk : .spoiltDisk, at: number)
    }

    /// Makes the disk well. What is asked from here on has no reason to be refused for it: the simulated daemon holds no
    /// reserve, and so learns with each change anew whether there is room. One that holds a reserve refuses on until its next
    /// look, by the monotonic clock; FaultTests holds it to that.
    /// - Returns: whether it could be made well; if not, the daemon must end first.
    @discardableResult
    private mutating func mendDisk() -> Bool {
      guard faulty_disk_mend() == 1 else { return false }
      oracle.troubles.diskMended(at: number)
      return true
    }

    /// Ends the daemon: as at SIGTERM, or at once and perhaps with the machine.
    private mutating func end(gracefully: Bool) {
      guard let daemon else { return }
      ends += 1
      oracle.troubles.began(.ending, at: number)
      let presses = gracefully && chance.strikes(oneIn: 2)
      if gracefully, daemon.failure == nil, stops(daemon, presses) {
        trace.add("\(number) stopped, in haste: \(presses)")
        self.daemon = nil
        // A fault that the daemon's end has come upon is over.
        faulty_disk_restart()
        oracle.troubles.ended(at: number)
      } else {
        let losesPower = chance.strikes(oneIn: 2)
        trace.add("\(number) killed, power lost: \(losesPower), \(daemon.failure ?? "")")
        die(losesPower: losesPower)
      }
      oracle.daemonEnded(at: number)
    }

    /// Whether the daemon ends in order. If not, it is because its disk has failed.
    private mutating func stops(_ daemon: SimulatedDaemon, _ presses: Bool) -> Bool {
      do {
        try daemon.stop(presses: presses)
      } catch {
        oracle.violated("step \(number): a stop fails: \(error)")
      }
      return daemon.failure == nil
    }

    /// Ends the daemon at once, or what has become of its start. What was armed is over with it.
    private mutating func die(losesPower: Bool) {
      faulty_disk_die()
      daemon = nil
      if losesPower { faulty_disk_lose_power(chance.next()) } else { faulty_disk_restart() }
      oracle.troubles.ended(at: number)
    }

    /// Starts the daemon. If not on a whole disk, an operation on the way may fail, or be the last.
    private mutating func start(whole: Bool) {
      mendDisk()
      if !whole {
        faulty_disk_arm(UInt64(chance.below(12)), chance.strikes(oneIn: 2) ? FAULTY_DISK_ERROR : FAULTY_DISK_DEATH)
        // It may come upon an operation after the start.
        oracle.troubles.began(.spoiltDisk, at: number)
      }
      do {
        daemon = try SimulatedDaemon(in: directory, chance)
        trace.add("\(number) started")
      } catch {
        trace.add("\(number) not started: \(error)")
        if whole { oracle.violated("step \(number): a daemon on a whole disk does not start: \(error)") }
        die(losesPower: chance.strikes(oneIn: 2))
      }
    }

    /// Has all that was asked answered and a token made on the disk that is well, asks about every token once more, and
    /// looks into the database.
    mutating func conclude(patience: Int) throws {
      if daemon == nil || daemon?.failure != nil || !mendDisk() {
        end(gracefully: false)
        start(whole: true)
      }
      // That it does not start has been told.
      guard daemon != nil, try comesToRest(within: patience), try makesToken(within: patience) else { return }
      let last = ValidationClient("last")
      for token in oracle.tokens.indices {
        if !last.connects(to: daemon, at: number, &trace) { _ = last.connects(to: daemon, at: number, &trace) }
        last.ask(about: token, oracle, at: number, chance, &trace)
        for _ in 0..<patience where !last.isIdle {
          number += 1
          for worker in 0..<SimulatedDaemon.workers { try daemon?.turn(worker) }
          last.goOn(&oracle, at: number, chance, &trace)
        }
        guard last.verdicts == token + 1 else {
          return oracle.violated("step \(number): token \(token) has no verdict")
        }
      }
      try daemon?.stop(presses: false)
      if let failure = daemon?.failure { oracle.violated("step \(number): \(failure)") }
      daemon = nil
      let store = try TokenStore(path: SimulatedDaemon.diskPath, vfs: "faulty")
      try store.checkIntegrity()
      if let problem = try store.audit.problem() { oracle.violated("the trail does not verify: \(problem)") }
      if let disagreement = try store.disagreementWithTrail() { oracle.violated(disagreement) }
      // Ordinals are 1, 2, 3 and so on. A name is asked for with one request id, and kept by who takes its place.
      var made: Set<String> = []
      let all = try store.tokens(withOrdinals: Array(1..<UInt32(try store.tokenCount()) + 1))
      for (_, token) in all where token.predecessor == nil && !made.insert(token.name).inserted {
        oracle.violated("there are two of \(token.name)")
      }
      trace.add("revision \(store.audit.revision), \(all.count) tokens")
    }

    /// Whether a token can be made, whatever the disk has been through.
    private mutating func makesToken(within patience: Int) throws -> Bool {
      let last = AdministrationClient("last")
      for _ in 0..<patience {
        if last.hasTokens, last.isIdle { return true }
        number += 1
        last.act(daemon, &oracle, at: number, chance, &trace)
        for worker in 0..<SimulatedDaemon.workers { try daemon?.turn(worker) }
        journal()
      }
      oracle.violated("step \(number): the disk is well, and no token can be made")
      return false
    }

    private mutating func comesToRest(within patience: Int) throws -> Bool {
      for _ in 0..<patience {
        if administrators.allSatisfy(\.isIdle), validators.allSatisfy(\.isIdle) { return true }
        number += 1
        for administrator in administrators where !administrator.isIdle {
          administrator.act(daemon, &oracle, at: number, chance, &trace)
        }
        for validator in validators where !validator.isIdle { validator.goOn(&oracle, at: number, chance, &trace) }
        for worker in 0..<SimulatedDaemon.workers { try daemon?.turn(worker) }
        journal()
      }
      oracle.violated("step \(number): what was asked is not answered")
      return false
    }
  }
}
