// kill -9 at a random instant, with four writers.

import Foundation
import Harness
import Seeded

enum Crashes {
  /// A daemon is killed again and again, and started on what it left.
  static func run(_ count: Int, seed: UInt64) throws -> Outcome {
    var outcome = Outcome("kill -9", seed: seed)
    var random = SeededRandom(seed: seed)
    var ledger = Ledger()
    var daemon = try RunningDaemon()
    try daemon.addTenant()
    for round in 0..<count {
      // What there is to be held against the ledger grows: now and then another daemon begins with nothing.
      if round % 20 == 0, round > 0 {
        try? FileManager.default.removeItem(atPath: daemon.home)
        daemon = try RunningDaemon()
        try daemon.addTenant()
        ledger = Ledger()
      }
      let crowd = try Writer.Crowd(4, daemon.adminSocket, prefix: "r\(round)", seed: random.next())
      usleep(UInt32(random.below(150_000)))
      daemon.kill()
      let known = crowd.join()
      outcome.acknowledged += known.acknowledged
      ledger.merge(known)
      daemon = try RunningDaemon(home: daemon.home)
      let witness = Witness(admin: daemon.adminSocket, validation: daemon.validationSocket)
      outcome.add(witness.violations(of: ledger), in: "round \(round)")
      outcome.runs += 1
      outcome.faults += 1
    }
    try? FileManager.default.removeItem(atPath: daemon.home)
    return outcome
  }
}
