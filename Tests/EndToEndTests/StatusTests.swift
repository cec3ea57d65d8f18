// What the daemon counts of what it does, and who is told.

import Harness
import Foundation
import Testing
import TokenClient
import Wire

@Suite struct StatusTests {
  private func status(_ daemon: RunningDaemon) throws -> GetStatusResponse {
    try daemon.administrator.call(Methods.getStatus, GetStatusRequest())
  }

  private func count(_ counts: [NamedCount], _ name: String) -> UInt64? { counts.first { $0.name == name }?.count }

  @Test func `a status tells of every change that was answered before it is asked for`() throws {
    let daemon = try RunningDaemon(["--workers", "3"])
    // Each worker has some of the connections, and an index of its own to look at.
    let administrators = (0..<12).map { _ in daemon.administrator }
    func expect(_ revision: UInt64, of tokens: UInt64) throws {
      for administrator in administrators {
        let told = try administrator.call(Methods.getStatus, GetStatusRequest())
        #expect((told.revision, told.tokens) == (revision, tokens))
      }
    }
    try expect(0, of: 0)
    try daemon.addTenant()
    // So many that the index must grow.
    for number in 1...60 as ClosedRange<UInt64> {
      _ = try daemon.create("t\(number)")
      try expect(number + 1, of: number)
    }
    #expect(daemon.stop() == 0)
  }

  @Test(arguments: ["1", "3"])
  func `every verdict and refusal is counted, once`(workers: String) throws {
    let daemon = try RunningDaemon(["--workers", workers])
    try daemon.addTenant()
    let made = try daemon.create("a", scopes: ["pipeline:read"])
    for _ in 0..<7 { _ = try daemon.reason(made.secret, "acme", "prod", ["pipeline:read"]) }
    for _ in 0..<3 { _ = try daemon.reason(made.secret, "acme", "test") }
    _ = try daemon.reason("nonsense")
    // A batch, and what can't be judged.
    var peer = try RawPeer(daemon.validationSocket)
    let one = ValidateRequest.encode(
      token: Array(made.secret.utf8).span, org: "acme", tenant: "prod", scopes: ["user:write"], minRevision: 0)
    var batch: [UInt8] = []
    for _ in 0..<5 { batch += [1 << 3 | 2, UInt8(one.count)] + one }
    try peer.call("tokend.v1.Validation", "ValidateBatch", batch)
    _ = try peer.reply()
    try peer.call("tokend.v1.Validation", "Validate", [0xff], stream: 3)
    _ = try peer.reply()
    // It is counted after it is sent: whoever asks next on any connection sees it.
    let told = try status(daemon)
    #expect(count(told.verdicts, "ALLOWED") == 7)
    #expect(count(told.verdicts, "BINDING_MISMATCH") == 3)
    #expect(count(told.verdicts, "MALFORMED") == 1)
    #expect(count(told.verdicts, "INSUFFICIENT_SCOPE") == 5)
    #expect(told.verdicts.reduce(0) { $0 + $1.count } == 16)
    #expect(told.validations.counts.reduce(0) { $0 + $1.count } == 16)
    #expect(count(told.refusals, "INVALID_ARGUMENT") == 1)
    let tenant = try #require(told.tenants.first)
    #expect((tenant.org, tenant.tenant, tenant.allowed, tenant.denied) == ("acme", "prod", 7, 8))
    #expect(told.tenants.count == 1)
    #expect(told.workers.count == Int(workers))
    #expect(told.tokens == 1)
    let created = told.calls.first { $0.method == "CreateToken" && $0.code == "OK" }
    #expect(created?.count == 1)
    #expect(told.commits.counts.reduce(0) { $0 + $1.count } >= 2)
    #expect(told.peers.map(\.uid) == [getuid()])
  }

  @Test func `it tells nobody through the validation socket`() throws {
    let daemon = try RunningDaemon()
    var peer = try RawPeer(daemon.validationSocket)
    try peer.call("tokend.v1.Status", "GetStatus", [])
    #expect(try peer.reply()?.code == 7)
  }

  @Test func `a service is live, ready, or not serving`() throws {
    let daemon = try RunningDaemon()
    var peer = try RawPeer(daemon.validationSocket)
    for (number, service) in ["live", "ready", "tokend.v1.Tokens"].enumerated() {
      var request = HealthCheckRequest()
      request.service = service
      try peer.call("grpc.health.v1.Health", "Check", request.encoded(), stream: UInt32(number * 2 + 1))
      let reply = try #require(try peer.reply())
      #expect(try reply.result.get() == [1 << 3, 1], "\(service)")
    }
  }

  @Test func `the exposition is what promtool takes`() throws {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    let path = daemon.home + "/tokend.prom"
    let run = try daemon.client("metrics", "--output", path)
    #expect(run.status == 0, "\(run.errors)")
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o644)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let check = try Run("/usr/bin/promtool", ["check", "metrics"], input: text)
    #expect(check.status == 0 && check.output.isEmpty && check.errors.isEmpty, "\(check.output)\(check.errors)")
    #expect(try Run("/usr/bin/promtool", ["check", "metrics"], input: text + "tokend_tokens{ 1\n").status != 0)
  }
}
