// A daemon that is hurt again and again, and what it has said so far.

import Foundation
import Harness

/// Each round begins with a daemon that serves, and ends with one that is held against the ledger. What there is to be
/// held against it grows: after some rounds another daemon begins with nothing.
struct Patient {
  private static let rounds = 20

  /// How a daemon that has ended in a round may have done so. Any other way is a violation.
  enum Ending: String {
    case killed = "signal 9"
    /// It found that it can't go on, and said why.
    case failed = "exit 1"
    /// It was told to stop, and could or could not write its last.
    case stopped = "exit 0"
    /// Nothing that was done to it is a reason to end.
    case none

    func allows(_ ending: String) -> Bool { ending == rawValue || self == .stopped && ending == Self.failed.rawValue }
  }

  private(set) var daemon: RunningDaemon
  private var ledger = Ledger()

  /// - Parameter fillers: tokens of another tenant, which take up the index's room.
  init(fillers: Int = 0) throws {
    daemon = try RunningDaemon()
    try daemon.addTenant()
    try daemon.addTenant("acme", "filler")
    for number in 0..<fillers { _ = try daemon.create("filler\(number)", tenant: "filler") }
  }

  /// To be called before each round.
  mutating func begin(_ round: Int, _ outcome: inout Outcome) throws {
    guard round > 0, round % Self.rounds == 0 else { return }
    try conclude(&outcome)
    self = try Patient()
  }

  /// To be called after it, with what the writers know. A daemon that has ended is started on what it left.
  /// - Parameter excuse: words with which one may also end that says why it can't go on.
  /// - Returns: whether it had ended.
  @discardableResult
  mutating func end(
    _ round: String, by ending: Ending, excuse: String? = nil, _ known: Ledger, _ outcome: inout Outcome
  ) throws -> Bool {
    outcome.runs += 1
    outcome.acknowledged += known.acknowledged
    ledger.merge(known)
    if known.revocations > 0 { outcome.missing = nil }
    var testimony = daemon.isRunning ? testimony : Witness.Testimony()
    // One that is about to end, as it must after some faults, refuses what the witness asks; it is asked again then.
    let hasEnded = !daemon.isRunning || (testimony.failure != nil && ends)
    if hasEnded {
      outcome.add(testimony.violations, in: round)
      let words = daemon.lastWords()
      let isExcused = excuse.map { words.contains($0) && Ending.failed.allows(daemon.ending) } ?? false
      if !ending.allows(daemon.ending), !isExcused {
        outcome.add(["the daemon ended with \(daemon.ending): \(words)"], in: round)
      }
      daemon = try RunningDaemon(home: daemon.home)
      testimony = self.testimony
    }
    outcome.add(testimony.all, in: round)
    return hasEnded
  }

  /// To be called after the last round: what a daemon says that goes on after a fault may differ from what it has written,
  /// so it is stopped, and another one asked.
  mutating func conclude(_ outcome: inout Outcome) throws {
    let status = daemon.stop()
    if status != 0 { outcome.add(["told to stop, the daemon ended with \(daemon.ending)"], in: "the end") }
    daemon = try RunningDaemon(home: daemon.home)
    outcome.add(testimony.all, in: "after a stop")
    _ = daemon.stop()
  }

  private var testimony: Witness.Testimony {
    Witness(admin: daemon.adminSocket, validation: daemon.validationSocket).testimony(on: ledger)
  }

  /// Waits for as long as a daemon takes at most to end.
  /// - Returns: whether it has ended.
  private var ends: Bool {
    for _ in 0..<1000 where daemon.isRunning { usleep(10_000) }
    return !daemon.isRunning
  }
}
