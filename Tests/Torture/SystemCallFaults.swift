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
    var daemon = try RunningDaemon()
    try daemon.addTenant()
    var ledger = Ledger()
    for round in 0..<count {
      if round % 20 == 0, round > 0 {
        try? FileManager.default.removeItem(atPath: daemon.home)
        daemon = try RunningDaemon()
        try daemon.addTenant()
        ledger = Ledger()
      }
      // All pairs come before one comes again.
      let pair = round % (calls.count * errors.count)
      let (call, error) = (calls[pair % calls.count], errors[pair / calls.count])
      let first = 1 + random.below(20)
      let crowd = try Writer.Crowd(4, daemon.adminSocket, prefix: "s\(round)", seed: random.next())
      let tampering = try Tampering(daemon, "\(call):error=\(error):when=\(first)+3")
      usleep(UInt32(50_000 + random.below(100_000)))
      tampering.end()
      crowd.stop()
      let known = crowd.join()
      outcome.acknowledged += known.acknowledged
      ledger.merge(known)
      if !daemon.isRunning {
        ended += 1
        daemon = try RunningDaemon(home: daemon.home)
      }
      let witness = Witness(admin: daemon.adminSocket, validation: daemon.validationSocket)
      outcome.add(witness.violations(of: ledger), in: "round \(round), \(call) \(error) from the \(first)th on")
      outcome.runs += 1
      outcome.faults += 1
    }
    try? FileManager.default.removeItem(atPath: daemon.home)
    outcome.remark = "ended the daemon \(ended) times"
    return outcome
  }
}
