// Workers among each other, and beside the journal.

import Harness
import Foundation
import Testing

@Suite struct WorkerTests {
  @Test func `the journal gives way to the workers`() throws {
    let daemon = try RunningDaemon()
    // Once it has made a change, it has begun.
    try daemon.addTenant()
    let journal = try #require(try daemon.threads("tokend-journal").first)
    #expect(try daemon.workers().allSatisfy { try $0.niceness() < journal.niceness() })
  }

  @Test(.enabled(if: KernelTask.showsSlices, "needs Linux 6.12, and proc(5) to show slices"))
  func `workers and journal run in the shortest slices`() throws {
    let daemon = try RunningDaemon(["--workers", "2"])
    try daemon.addTenant()
    let threads = try daemon.workers() + daemon.threads("tokend-journal")
    #expect(threads.count == 3)
    // The second worker may have served nobody yet, and not have begun.
    try eventually(within: .seconds(10), "the slices are short") {
      try threads.allSatisfy { try $0.slice() == 100_000 }
    }
  }

  @Test(.enabled(if: geteuid() == 0, "needs root, to see whether the daemon's threads sleep"))
  func `connections that come one behind the other are served by both workers`() throws {
    let daemon = try RunningDaemon(["--workers", "2"])
    var peers = try InlineArray<4, RawPeer> { _ in try RawPeer(daemon.validationSocket) }
    var before: [Int] = []
    // Once it has been answered, a connection has its worker for good.
    for _ in 0..<2 {
      #expect(try becomes { try daemon.workers().allSatisfy { try $0.sleepsUntilWoken() } })
      before = try daemon.workers().map { try $0.processorTime() }
      for index in peers.indices {
        try peers[index].call("tokend.v1.Validation", "Validate", RawPeer.validate("x"))
        #expect(try peers[index].reply()?.code == 0)
      }
    }
    #expect(try becomes { try zip(daemon.workers(), before).allSatisfy { try $0.processorTime() > $1 } })
  }
}
