// System calls of a running daemon that fail, one in a while.

import Foundation
import Harness
import Linux
import Seeded
import Synchronization
import TokenClient
import Wire

enum Calls {
  /// Those without which a daemon can't go on, and those by which it serves one peer.
  private static let vital = ["pwrite64", "fdatasync", "ftruncate", "openat", "mmap", "epoll_wait"]
  private static let serving = ["accept4", "recvfrom", "sendto"]
  private static let errors = ["EIO", "ENOSPC", "EMFILE", "EINTR", "EAGAIN", "ENOMEM"]

  /// A call that strace(1) was killed in the midst of is one that the kernel does not know (ENOSYS): no fault that was
  /// meant, and as good a reason to end as another.
  private static let cutShort = "Function not implemented"

  /// Somewhat fewer tokens than the first region of an index has room for.
  private static let beforeGrowth = 670

  private struct Pair: Hashable {
    let call, error: String

    /// Whether it is called a few times in a round at most.
    var isRare: Bool { call == "mmap" || call == "ftruncate" }

    /// A peer that can't be served is no reason to end, nor is a signal.
    var ending: Patient.Ending {
      serving.contains(call) || (call == "epoll_wait" && error == "EINTR") ? .none : .failed
    }
  }

  /// Lets a call of every thread fail, the N-th and each third after it, while four clients write, one makes backups and
  /// one comes and goes.
  static func run(_ count: Int, seed: UInt64) throws -> Outcome {
    var outcome = Outcome("calls: system calls fail", seed: seed)
    // Until one is.
    outcome.missing = "no revocation was acknowledged"
    var random = SeededRandom(seed: seed)
    // All pairs come before one comes again.
    let pairs = (vital + serving).flatMap { call in errors.map { Pair(call: call, error: $0) } }.shuffled(
      using: &random)
    var struck: [Pair: Int] = [:]
    var ended = 0
    var patient = try Patient()
    for round in 0..<count {
      let pair = pairs[round % pairs.count]
      if pair.call == "mmap" {
        // The index is to grow in this round.
        try patient.conclude(&outcome)
        patient = try Patient(fillers: beforeGrowth)
      } else {
        try patient.begin(round, &outcome)
      }
      let first = 1 + random.below(pair.isRare ? 1 : 4)
      // The log is cut when the daemon stops.
      let stops = pair.call == "ftruncate" || random.below(4) == 0
      var writers: Writer.Crowd?
      var faults = 0
      do {
        let tampering = try Tampering(patient.daemon, "\(pair.call):error=\(pair.error):when=\(first)+3")
        let crowd = try Writer.Crowd(4, patient.daemon.adminSocket, prefix: "s\(round)", seed: random.next())
        writers = crowd
        let visitors = try Visitors(patient.daemon)
        usleep(UInt32(50_000 + random.below(100_000)))
        if stops { _ = patient.daemon.stop() }
        faults = tampering.end()
        crowd.stop()
        visitors.end()
      } catch  where !patient.daemon.isRunning {
        // What was done to it the last time has ended it only now.
      }
      struck[pair, default: 0] += faults
      outcome.faults += faults
      let what = "round \(round), \(pair.call) \(pair.error) from the \(first)th on, stopped: \(stops)"
      let known = writers?.join() ?? Ledger()
      let hasEnded = try patient.end(
        what, by: stops ? .stopped : pair.ending, excuse: cutShort, known, &outcome)
      if hasEnded, !stops { ended += 1 }
    }
    try patient.conclude(&outcome)
    let missed = struck.filter { $0.value == 0 }.map { "\($0.key.call) \($0.key.error)" }.sorted()
    if count >= pairs.count, !missed.isEmpty { outcome.add(["never failed: \(missed)"], in: "the end") }
    outcome.remark = "\(struck.count) of \(pairs.count) pairs of call and error; ended the daemon \(ended) times"
    return outcome
  }

  /// Clients that have the daemon take in connections, and open and cut files.
  private struct Visitors {
    private let isOver: Flag
    private let threads: [Linux.Thread]

    private final class Flag: Sendable { let isSet = Atomic(false) }

    init(_ daemon: RunningDaemon) throws {
      let isOver = Flag()
      let (socket, admin) = (daemon.validationSocket, daemon.adminSocket)
      threads = [
        try Linux.Thread(named: "visitor") {
          while !isOver.isSet.load(ordering: .relaxed) {
            // Each on a connection of its own. What it is told is no matter here.
            let client = TokenClient(socket: socket, timeout: .seconds(20))
            if (try? client.validate("", org: "acme", tenant: "prod", requiring: [])) == nil { usleep(1000) }
          }
        },
        try Linux.Thread(named: "backups") {
          let administrator = Administrator(socket: admin, timeout: .seconds(20))
          while !isOver.isSet.load(ordering: .relaxed) { Self.backUp(administrator) }
        },
      ]
      self.isOver = isOver
    }

    private static func backUp(_ administrator: Administrator) {
      var request = ReadBackupRequest()
      do throws(Channel.Failure) {
        request.id = try administrator.call(Methods.beginBackup, BeginBackupRequest()).id
        while !(try administrator.call(Methods.readBackup, request).ready) { usleep(1000) }
      } catch {
        usleep(1000)
      }
      var end = EndBackupRequest()
      end.id = request.id
      _ = try? administrator.call(Methods.endBackup, end)
    }

    func end() {
      isOver.isSet.store(true, ordering: .relaxed)
      for thread in threads { thread.join() }
    }
  }
}
