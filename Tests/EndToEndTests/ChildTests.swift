// The programs that other tests start.

import Foundation
import Harness
import Synchronization
import Testing

@Suite struct ChildTests {
  @Test func `a program has its three descriptors, and no signal blocked or ignored`() throws {
    // One that a program would inherit.
    let pipe = Pipe()
    let previous = signal(SIGQUIT, SIG_IGN)
    defer { signal(SIGQUIT, previous) }
    let run = try Run("/bin/sh", ["-c", "echo /proc/self/fd/*; exec grep -E 'Sig(Blk|Ign)' /proc/self/status"])
    // The shell has the fourth to see which there are. What glibc keeps for itself are signals 32 and 33.
    #expect(run.output.contains(/^(\/proc\/self\/fd\/[0-3] ?){4}\n/), "\(run)")
    #expect(run.output.contains(/SigBlk:\t0+\nSigIgn:\t[0-9a-f]+0000000\n/), "\(run)")
    try pipe.fileHandleForWriting.close()
  }

  @Test func `how a program ended is told, to everybody who waits`() throws {
    #expect(try Child("/bin/sh", ["-c", "exit 7"]).wait() == .exit(7))
    // It reads until the other side is closed, which is after the test.
    let pipe = Pipe()
    defer { try? pipe.fileHandleForWriting.close() }
    let child = try Child("/bin/cat", [], input: pipe.fileHandleForReading)
    #expect(child.isRunning)
    let endings = Mutex<[Child.Ending]>([])
    let group = DispatchGroup()
    for _ in 0..<3 {
      DispatchQueue.global().async(group: group) {
        let end = child.wait()
        endings.withLock { $0.append(end) }
      }
    }
    child.send(SIGTERM)
    group.wait()
    #expect(endings.withLock { $0 } == Array(repeating: .signal(SIGTERM, hasCore: false), count: 3))
    #expect(!child.isRunning)
    child.send(SIGKILL)
  }

  @Test func `a program that nobody has any more is gone`() throws {
    var child: Child? = try Child("/bin/sleep", ["1000"])
    let id = try #require(child?.id)
    child = nil
    #expect(kill(id, 0) == -1 && errno == ESRCH)
  }
}
