// System calls of a running daemon that fail, one in a while.

import Foundation
import Harness
import Seeded

enum SystemCallFaults {
  private static let calls = [
    "pwrite64", "fdatasync", "ftruncate", "openat", "accept4", "recvfrom", "sendto", "epoll_wait", "mmap",
  ]
  private static let errors = ["EIO", "ENOSPC", "EMFILE", "EINTR", "EAGAIN", "ENOMEM"]

  /// Lets a call of every thread fail, the N-th and each third after it, while four clients write.
  static func run(_ count: Int, seed: UInt64) throws -> Outcome {
    var outcome = Outcome("system calls fail", seed: seed)
    var random = SeededRandom(seed: seed)
    var ended = 0
    var patient = try Patient()
    for round in 0..<count {
      try patient.begin(round)
      // All pairs come before one comes again.
      let pair = round % (calls.count * errors.count)
      let (call, error) = (calls[pair % calls.count], errors[pair / calls.count])
      let first = 1 + random.below(20)
      let crowd = try Writer.Crowd(4, patient.daemon.adminSocket, prefix: "s\(round)", seed: random.next())
      do {
        let tampering = try Tampering(patient.daemon, "\(call):error=\(error):when=\(first)+3")
        usleep(UInt32(50_000 + random.below(100_000)))
        tampering.end()
      } catch  where !patient.daemon.isRunning {
        // What was done to it the last time has ended it only now.
      }
      crowd.stop()
      let what = "round \(round), \(call) \(error) from the \(first)th on"
      if try patient.end(what, crowd.join(), &outcome) { ended += 1 }
    }
    patient.dismiss()
    outcome.remark = "ended the daemon \(ended) times"
    return outcome
  }
}
