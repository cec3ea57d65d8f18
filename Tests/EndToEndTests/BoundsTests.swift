// What peers can make grow, and that it does not grow beyond its bound.

import Harness
import Foundation
import Linux
import Testing
import TokenClient
import Wire

@Suite struct BoundsTests {
  let daemon: RunningDaemon

  init() throws {
    daemon = try RunningDaemon()
    try daemon.addTenant()
  }

  @Test func `the header of a large frame costs nothing until its bytes come`() throws {
    let created = try daemon.create("a")
    let before = try residentBytes()
    var crowd: [RawPeerBox] = []
    for _ in 0..<400 {
      let box = try RawPeerBox(daemon.validationSocket)
      try box.peer.send(FrameHeader(dataBytes: FrameHeader.mostData, stream: 1, kind: .request))
      crowd.append(box)
    }
    // Announced are 1600 MiB. Once a later peer has its answer, every header before it has been read.
    #expect(try daemon.reason(created.secret) == "ALLOWED")
    #expect(try residentBytes() - before < 400 * 32 << 10)
    #expect(crowd.count == 400)
  }

  private func residentBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(daemon.pid)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS") })
    return try #require(Int(line.split { !$0.isNumber }.first ?? "")) << 10
  }

  @Test func `large frames have a budget: what is above it is 8, small ones pass, and the budget comes back`() throws {
    let created = try daemon.create("a")
    let most = FrameHeader.mostData
    let crowd = try (0..<20).map { _ in try RawPeerBox(daemon.validationSocket) }
    for box in crowd {
      // All but the last byte: it can't be answered, and can't be let go.
      try box.peer.send(
        FrameHeader(dataBytes: most, stream: 1, kind: .request), Array(repeating: 0, count: most - 1))
    }
    #expect(try daemon.reason(created.secret) == "ALLOWED")
    var reasons: [String] = []
    for box in crowd {
      try box.peer.send([0])
      reasons.append(try #require(try box.peer.reply()?.status?.reason))
    }
    // 64 MiB hold at most sixteen of them; what was read whole is no envelope.
    #expect(reasons.count { $0 == "TOO_MANY_LARGE_FRAMES" } >= 4)
    #expect(reasons.contains { $0 != "TOO_MANY_LARGE_FRAMES" })
    var late = try RawPeer(daemon.validationSocket)
    try late.send(
      FrameHeader(dataBytes: most, stream: 1, kind: .request), Array(repeating: 0, count: most))
    #expect(try late.reply()?.status?.reason != "TOO_MANY_LARGE_FRAMES")
  }

  /// A peer that has sent calls and read no reply until its own sending made no progress.
  private func deafPeer() throws -> RawPeerBox {
    let box = try RawPeerBox(daemon.validationSocket, patience: .milliseconds(500))
    let request = RawPeer.validate("x")
    for number in 0..<200_000 {
      do {
        try box.peer.call("tokend.v1.Validation", "Validate", request, stream: UInt32(2 * number + 1))
      } catch is Errno {
        return box
      }
    }
    Issue.record("the daemon has read 200000 calls of a peer that reads no replies")
    return box
  }

  @Test func `a peer that does not read is not read from, and others are served`() throws {
    let before = try residentBytes()
    let deaf = try deafPeer()
    for _ in 0..<100 { #expect(try daemon.reason("x") == "MALFORMED") }
    #expect(try residentBytes() - before < 8 << 20)
    // What it was owed, it has once it reads.
    for number in 0..<1000 { #expect(try deaf.peer.reply()?.stream == UInt32(2 * number + 1)) }
  }

  @Test func `while it drains for a peer that does not read, new ones are refused at once`() throws {
    let deaf = try deafPeer()
    kill(daemon.pid, SIGTERM)
    var refusal: Errno?
    let end = ContinuousClock.now + .seconds(20)
    while refusal == nil, ContinuousClock.now < end {
      do { _ = try RawPeer(daemon.validationSocket) } catch let error as Errno { refusal = error }
    }
    // Refused, not left waiting: the path stands until the daemon is gone.
    #expect(refusal?.number == ECONNREFUSED)
    #expect(daemon.wait() == 0)
    #expect(try deaf.peer.reply() != nil)
  }

  @Test func `a log that nobody reads holds up neither verdicts nor the end`() throws {
    let created = try daemon.create("a")
    // The pipe of its standard error, opened once more, and filled.
    let pipe = unsafe open("/proc/\(daemon.pid)/fd/2", O_WRONLY | O_NONBLOCK)
    try #require(pipe >= 0)
    defer { close(pipe) }
    let line = Array(repeating: UInt8(ascii: "."), count: 512)
    while unsafe write(pipe, line, line.count) > 0 {}
    #expect(errno == EAGAIN)
    // Each of these would like to say something.
    for _ in 0..<20 { kill(daemon.pid, SIGHUP) }
    for _ in 0..<20 {
      var peer = try RawPeer(daemon.adminSocket)
      try peer.call("tokend.v1.Tenants", "ListTenants", [])
      #expect(try peer.reply()?.code == 0)
    }
    #expect(try daemon.reason(created.secret) == "ALLOWED")
    #expect(daemon.stop() == 0)
  }
}
