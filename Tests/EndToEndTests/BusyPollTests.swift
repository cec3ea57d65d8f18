// Polling for a while before sleeping, in the daemon and in a client, as the kernel sees it.

import Harness
import Foundation
import Linux
import Synchronization
import Testing
import TokenClient
import Wire

@Suite struct BusyPollTests {
  @Test func `a daemon that polls validates, administers and stops like any other`() throws {
    let daemon = try RunningDaemon(["--busy-poll", "1ms", "--workers", "2"])
    try daemon.addTenant()
    let created = try daemon.create("a")
    let client = daemon.validator
    for _ in 0..<200 { #expect(try client.validate(created.secret, org: "acme", tenant: "prod").isAllowed) }
    try daemon.revoke(created.token.id)
    #expect(try client.validate(created.secret, org: "acme", tenant: "prod").reason == "REVOKED")
    #expect(try daemon.client("token", "list", "--columns", "name", "--state", "revoked").output == "NAME\na\n")
    #expect(daemon.stop() == 0)
    let again = try RunningDaemon(home: daemon.home)
    #expect(try again.reason(created.secret) == "REVOKED")
  }

  @Test func `SIGTERM while a worker polls is heard, and what had arrived is answered`() throws {
    let daemon = try RunningDaemon(["--busy-poll", "1ms"])
    try daemon.addTenant()
    let created = try daemon.create("a")
    var peer = try RawPeer(daemon.validationSocket)
    try peer.call("tokend.v1.Validation", "Validate", RawPeer.validate(created.secret))
    #expect(daemon.stop() == 0)
    #expect(try peer.reply()?.code == 0)
    #expect(try peer.reply() == nil)
  }

  @Test func `a time that won't do keeps the daemon from starting, with what to give`() throws {
    let run = try Run(RunningDaemon.programs + "/tokend", ["--state-dir", "/nowhere", "--busy-poll", "1s"])
    #expect(run.status == 2)
    #expect(
      run.errors.contains("busy-poll is '1s': give a whole number of us or ms, such as 50us, at most 1ms, or 'off'"))
  }

  @Test(.enabled(if: geteuid() == 0, "needs root, to see the daemon's system calls"))
  func `a daemon that polls sleeps until woken when nothing more comes, and uses no processor then`() throws {
    let daemon = try RunningDaemon(["--busy-poll", "1ms", "--workers", "2"])
    try daemon.addTenant()
    let created = try daemon.create("a")
    let client = daemon.validator
    #expect(try client.validate(created.secret, org: "acme", tenant: "prod").isAllowed)
    #expect(try becomes { try daemon.workers().allSatisfy { try $0.sleepsUntilWoken() } })
    let before = try daemon.workers().map { try $0.processorTime() }
    // Meanwhile something happens elsewhere.
    let other = try RunningDaemon(["--busy-poll", "1ms"])
    for _ in 0..<200 { #expect(try other.reason(created.secret) == "UNKNOWN") }
    #expect(try daemon.workers().map { try $0.processorTime() } == before)
    // It is not asleep for good.
    #expect(try client.validate(created.secret, org: "acme", tenant: "prod").isAllowed)
    #expect(try daemon.workers().map { try $0.processorTime() } != before)
  }

  @Test(.enabled(if: geteuid() == 0, "needs root, to trace the daemon"), arguments: ["off", "1ms"])
  func `a worker polls after an event if it is told to, and only then`(time: String) throws {
    let daemon = try RunningDaemon(["--busy-poll", time])
    let client = daemon.validator
    let calls = try SystemCalls(of: daemon.pid, isProcess: true, "/^epoll_p?wait")
    #expect(try becomes { try daemon.workers().allSatisfy { try $0.sleepsUntilWoken() } })
    #expect(try calls.lines().allSatisfy { !$0.contains(", 64, 0)") }, "nothing has happened yet")
    #expect(try client.validate("x", org: "acme", tenant: "prod").reason == "MALFORMED")
    #expect(try becomes { try daemon.workers().allSatisfy { try $0.sleepsUntilWoken() } })
    let lines = try calls.lines()
    #expect(lines.contains { $0.contains(", 64, -1)") })
    #expect(lines.contains { $0.contains(", 64, 0)") } == (time != "off"))
    withExtendedLifetime(client) {}
  }

  @Test func `a client that polls sleeps when its time is up, and has its verdict in the end`() throws {
    let daemon = try RunningDaemon()
    let client = TokenClient(socket: daemon.validationSocket, timeout: .seconds(20), busyPoll: .seconds(3600))
    #expect(try client.validate("x", org: "acme", tenant: "prod").reason == "MALFORMED")
    let asker = try Asker(client)
    daemon.pause()
    asker.begin()
    // A thread that polls is running. What it sleeps in is poll(2).
    #expect(try becomes { try asker.hasBegun && asker.task.isAsleep() })
    daemon.resume()
    #expect(asker.answer() == "MALFORMED")
  }

  @Test(.enabled(if: geteuid() == 0, "needs root, to trace a thread"), arguments: [0, 1000])
  func `a client polls before it sleeps if it is told to, and only then`(microseconds: Int) throws {
    let daemon = try RunningDaemon()
    let client = TokenClient(
      socket: daemon.validationSocket, timeout: .seconds(20), busyPoll: .microseconds(microseconds))
    #expect(try client.validate("x", org: "acme", tenant: "prod").reason == "MALFORMED")
    let asker = try Asker(client)
    let calls = try SystemCalls(of: asker.task.id, isProcess: false, "recvfrom,sched_yield")
    daemon.pause()
    asker.begin()
    // With the daemon stopped, there is no reply until it goes on.
    #expect(try becomes { try calls.lines().contains { $0.contains("EAGAIN") } })
    // Between two looks it gives way, once at least, however slow tracing is.
    if microseconds > 0 { #expect(try becomes { try calls.lines().contains { $0.hasPrefix("sched_yield") } }) }
    daemon.resume()
    #expect(asker.answer() == "MALFORMED")
    let lines = try calls.lines()
    #expect(microseconds > 0 || lines.count { $0.contains("EAGAIN") } == 1)
    #expect(lines.contains { $0.hasPrefix("sched_yield") } == (microseconds > 0))
  }

  @Test(.enabled(if: geteuid() == 0, "needs root, to trace a thread"))
  func `while its time lasts, a receive that polls asks again and again`() throws {
    let path = try RunningDaemon.makeHome() + "/s.sock"
    let listener = try UnixListener(at: path, group: nil)
    let asker = try Asker {
      let stream = try UnixStream(connectingTo: path, busyPoll: .seconds(3600))
      var byte: [UInt8] = [0]
      var span = byte.mutableSpan
      _ = try stream.receive(into: &span, until: .now + .seconds(3600))
      return String(byte[0])
    }
    let calls = try SystemCalls(of: asker.task.id, isProcess: false, "recvfrom")
    asker.begin()
    #expect(try becomes { try calls.lines().count { $0.contains("EAGAIN") } >= 3 })
    guard let peer = try listener.accept() else { throw Nobody() }
    #expect(try peer.send([7].span) == .bytes(1))
    #expect(asker.answer() == "7")
  }

  @Test func `a call that polls ends at its deadline`() throws {
    let daemon = try RunningDaemon()
    let client = TokenClient(
      socket: daemon.validationSocket, timeout: .milliseconds(200), busyPoll: TokenClient.longestBusyPoll)
    _ = try? client.validate("x", org: "acme", tenant: "prod")
    daemon.pause()
    #expect { try client.validate("x", org: "acme", tenant: "prod") } throws: {
      if case .unavailable? = $0 as? TokenClient.Failure { true } else { false }
    }
    daemon.resume()
  }

  private struct Nobody: Error {}
}

/// A thread that asks for something once it is told to.
private final class Asker {
  let task: KernelTask
  private let thread: Linux.Thread
  private let shared: Shared

  private final class Shared: Sendable {
    let path = Mutex<String?>(nil)
    let go = Atomic(false)
    let answer = Mutex("")
  }

  /// One that asks for a verdict.
  convenience init(_ client: TokenClient) throws {
    try self.init { try client.validate("x", org: "acme", tenant: "prod").reason }
  }

  init(_ ask: @escaping @Sendable () throws -> String) throws {
    let shared = Shared()
    thread = try Linux.Thread(named: "asker") {
      let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
      shared.path.withLock { $0 = path ?? "" }
      while !shared.go.load(ordering: .acquiring) {}
      let answer: String
      do { answer = try ask() } catch { answer = "\(error)" }
      shared.answer.withLock { $0 = answer }
    }
    self.shared = shared
    var path: String?
    while path == nil { path = shared.path.withLock { $0 } }
    task = KernelTask(path: "/proc/" + (path ?? ""))
  }

  var hasBegun: Bool { shared.go.load(ordering: .acquiring) }

  func begin() { shared.go.store(true, ordering: .releasing) }

  /// Waits for it.
  func answer() -> String {
    thread.join()
    return shared.answer.withLock { $0 }
  }
}
