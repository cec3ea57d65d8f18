// The daemon as a service manager sees it: sockets passed in, SIGTERM, restarts under clients that stay.

import Harness
import Foundation
import Linux
import Synchronization
import Testing
import TokenClient
import Wire

@Suite struct ServiceTests {
  @Test(arguments: ["validate:admin", "admin:validate"])
  func `sockets passed in are taken by name, in either order, and left in place`(names: String) throws {
    let home = try RunningDaemon.makeHome()
    let validation = try UnixListener(at: home + "/v.sock", group: nil)
    let administration = try UnixListener(at: home + "/a.sock", group: nil)
    let isFirst = names.hasPrefix("validate")
    let handles = [validation.fd, administration.fd].map { FileHandle(fileDescriptor: dup($0), closeOnDealloc: true) }
    let activation = RunningDaemon.Activation(
      first: handles[isFirst ? 0 : 1], second: handles[isFirst ? 1 : 0], names: names)
    // A client that comes before the daemon waits in the socket's queue.
    var early = try RawPeer(validation.path)
    try early.call("grpc.health.v1.Health", "Check", [])
    let daemon = try RunningDaemon(home: home, activation: activation)
    #expect(try early.reply()?.code == 0)
    try daemon.addTenant()
    let created = try daemon.create("a")
    #expect(try daemon.reason(created.secret) == "ALLOWED")
    // Administration is where its name says, and only there.
    var peer = try RawPeer(daemon.validationSocket)
    try peer.call("tokend.v1.Tenants", "ListTenants", [])
    #expect(try peer.reply()?.code == 7)
    #expect(daemon.stop() == 0)
    #expect(FileManager.default.fileExists(atPath: validation.path))
    let again = try RunningDaemon(home: home, activation: activation)
    #expect(try again.reason(created.secret) == "ALLOWED")
  }

  @Test func `a socket that is neither passed in nor named refuses the start`() throws {
    let home = try RunningDaemon.makeHome()
    let run = try Run(RunningDaemon.programs + "/tokend", ["--state-dir", home + "/state"])
    #expect(run.status == 1 && run.errors.contains("no validate socket: give --listen PATH"))
  }

  @Test func `SIGTERM under load answers what has arrived, exits with 0, and keeps every answer's word`() throws {
    let daemon = try RunningDaemon(["--workers", "2"])
    try daemon.addTenant()
    let known = try daemon.create("known")
    let tally = Mutex<(created: [String], verdicts: Int, odd: [String])>(([], 0, []))
    let home = daemon.home
    let (adminSocket, validationSocket) = (daemon.adminSocket, daemon.validationSocket)
    let threads = try (0..<6).map { number in
      try Linux.Thread(named: "load\(number)") {
        do {
          if number < 3 {
            // Pipelined creates: every answer that comes is whole, and true.
            var peer = try RawPeer(adminSocket)
            for round in 0..<100_000 {
              var request = CreateTokenRequest()
              request.org = "acme"
              request.tenant = "prod"
              request.name = "n\(number)-\(round)"
              request.scopes = ["pipeline:read"]
              try peer.call("tokend.v1.Tokens", "CreateToken", request.encoded(), stream: UInt32(2 * round + 1))
              guard let reply = try peer.reply() else { return }
              switch reply.result {
              case .success(let bytes):
                let secret = try CreateTokenResponse(decoding: bytes.span, 0..<bytes.count).secret
                tally.withLock { $0.created.append(secret) }
              case .failure(let status):
                if status.reason != "DRAINING" { tally.withLock { $0.odd.append(status.reason) } }
                return
              }
            }
          } else {
            var peer = try RawPeer(validationSocket)
            for round in 0..<1_000_000 {
              try peer.call(
                "tokend.v1.Validation", "Validate", RawPeer.validate(known.secret), stream: UInt32(2 * round + 1))
              guard let reply = try peer.reply() else { return }
              let isAnswered = reply.code == 0
              tally.withLock { if isAnswered { $0.verdicts += 1 } else { $0.odd.append("verdict \(reply.code)") } }
            }
          }
        } catch let error as Errno where error.number == EPIPE || error.number == ECONNRESET {
          // The daemon has closed: what was not answered was not begun.
        } catch {
          tally.withLock { $0.odd.append("\(error)") }
        }
      }
    }
    eventually(within: .seconds(60), "enough is asked") {
      tally.withLock { $0.created.count >= 200 && $0.verdicts >= 2000 }
    }
    #expect(daemon.stop() == 0)
    for thread in threads { thread.join() }
    let (created, verdicts, odd) = tally.withLock { $0 }
    #expect(odd.isEmpty && verdicts >= 2000, "\(odd.prefix(3))")
    let again = try RunningDaemon(home: home)
    let validator = again.validator
    for secret in created {
      #expect(try validator.validate(secret, org: "acme", tenant: "prod").isAllowed)
    }
  }

  @Test func `a client outlives the daemon: it reconnects, and never takes silence for a verdict`() throws {
    let first = try RunningDaemon()
    try first.addTenant()
    let created = try first.create("a")
    let client = first.validator
    let impatient = TokenClient(socket: first.validationSocket, timeout: .seconds(2))
    #expect(try client.validate(created.secret, org: "acme", tenant: "prod").isAllowed)
    #expect(first.stop() == 0)
    #expect { try client.validate(created.secret, org: "acme", tenant: "prod") } throws: {
      if case .unavailable? = $0 as? TokenClient.Failure { true } else { false }
    }
    let second = try RunningDaemon(home: first.home)
    #expect(try client.validate(created.secret, org: "acme", tenant: "prod").isAllowed)
    // A daemon that is there and does not answer: the deadline ends the call, and the late answer is not taken for
    // another call's.
    #expect(try impatient.validate(created.secret, org: "acme", tenant: "prod").isAllowed)
    second.pause()
    #expect { try impatient.validate("x", org: "acme", tenant: "prod") } throws: {
      if case .unavailable? = $0 as? TokenClient.Failure { true } else { false }
    }
    second.resume()
    #expect(try impatient.validate(created.secret, org: "acme", tenant: "prod").isAllowed)
  }
}
