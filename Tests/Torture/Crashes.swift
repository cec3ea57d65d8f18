// kill -9 at a random instant, with four writers.

import Foundation
import Harness
import Seeded

enum Crashes {
  /// A daemon is killed again and again, and started on what it left.
  static func run(_ count: Int, seed: UInt64) throws -> Outcome {
    var outcome = Outcome("crashes: kill -9", seed: seed)
    // Until one is.
    outcome.missing = "no revocation was acknowledged"
    var random = SeededRandom(seed: seed)
    var patient = try Patient()
    for round in 0..<count {
      try patient.begin(round, &outcome)
      let crowd = try Writer.Crowd(4, patient.daemon.adminSocket, prefix: "r\(round)", seed: random.next())
      usleep(UInt32(random.below(150_000)))
      patient.daemon.kill()
      outcome.faults += 1
      try patient.end("round \(round)", by: .killed, crowd.join(), &outcome)
    }
    try patient.conclude(&outcome)
    return outcome
  }
}
