// A daemon that is hurt again and again, and what it has said so far.

import Foundation
import Harness

/// Each round begins with a daemon that serves, and ends with one that is held against the ledger. What there is to be
/// held against it grows: after some rounds another daemon begins with nothing.
struct Patient {
  private static let rounds = 20

  private(set) var daemon: RunningDaemon
  private var ledger = Ledger()

  init() throws {
    daemon = try RunningDaemon()
    try daemon.addTenant()
  }

  /// To be called before each round.
  mutating func begin(_ round: Int) throws {
    guard round > 0, round % Self.rounds == 0 else { return }
    dismiss()
    self = try Patient()
  }

  /// To be called after it, with what the writers know. A daemon that has ended is started on what it left.
  /// - Returns: whether it had ended.
  @discardableResult
  mutating func end(_ round: String, _ known: Ledger, _ outcome: inout Outcome) throws -> Bool {
    outcome.acknowledged += known.acknowledged
    ledger.merge(known)
    var hasEnded = !daemon.isRunning
    var found = hasEnded ? [] : violations
    // One that is about to end, as it must after some faults, refuses what the witness asks; it is asked again then.
    if !found.isEmpty { hasEnded = ends }
    if hasEnded {
      daemon = try RunningDaemon(home: daemon.home)
      found = violations
    }
    outcome.add(found, in: round)
    outcome.runs += 1
    outcome.faults += 1
    return hasEnded
  }

  private var violations: [String] {
    Witness(admin: daemon.adminSocket, validation: daemon.validationSocket).violations(of: ledger)
  }

  /// Waits for as long as a daemon takes at most to end.
  /// - Returns: whether it has ended.
  private var ends: Bool {
    for _ in 0..<1000 where daemon.isRunning { usleep(10_000) }
    return !daemon.isRunning
  }

  /// Takes its files away.
  func dismiss() { try? FileManager.default.removeItem(atPath: daemon.home) }
}
