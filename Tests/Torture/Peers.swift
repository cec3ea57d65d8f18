// Hostile peers of one user, and how a well-behaved client of another fares beside them.

import Foundation
import Harness
import Linux
import TokenClient
import Wire

enum Peers {
  /// What 99 % of the good client's calls took beside a flood may be so many times what they took without.
  private static let bound = 2.0
  /// What the daemon may have in memory, in MiB, whatever peers do.
  private static let memory = 256
  /// How many refusals the daemon sends on a connection in a turn (decision 27).
  private static let turnCalls = 8
  /// How long the connections of a flood that has ended may be there.
  private static let patience = Duration.seconds(60)

  static func run(_ rounds: Int, seed: UInt64) throws -> [Outcome] {
    try Peer.makeCopy()
    defer { try? FileManager.default.removeItem(atPath: Peer.copy) }
    return try Flood.allCases.map { try run($0, rounds, seed: seed) }
  }

  private struct Failure: Error { let why: String }

  private static func run(_ flood: Flood, _ rounds: Int, seed: UInt64) throws -> Outcome {
    var outcome = Outcome("peers: \(flood.connections) \(flood.rawValue)", seed: seed)
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: daemon.home)
    try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: daemon.validationSocket)
    let token = try daemon.create("good").secret
    let client = TokenClient(socket: daemon.validationSocket, timeout: .seconds(10))
    let administrator = daemon.administrator
    var ratios: [Double] = []
    var quiets: [Double] = []
    var most = 0
    _ = try measure(client, token, &outcome)
    for _ in 0..<rounds {
      // What the last flood has left is over once nobody but the client and the administrator is connected.
      let end = ContinuousClock.now + patience
      while try connections(administrator) > 2 {
        guard ContinuousClock.now < end else {
          outcome.add(["connections of the last flood are still there \(patience) after it"], in: flood.rawValue)
          return outcome
        }
        usleep(1000)
      }
      let quiet = try measure(client, token, &outcome)
      let peer = try Peer(flood, daemon.validationSocket, token)
      let beside = try measure(client, token, &outcome)
      // Who comes only now is let in too.
      let late = TokenClient(socket: daemon.validationSocket, timeout: .seconds(10))
      if try !late.validate(token, org: "acme", tenant: "prod", requiring: []).isAllowed {
        outcome.add(["one who comes later has no verdict"], in: flood.rawValue)
      }
      most = max(most, try resident(daemon.pid))
      let report = try peer.end()
      if let why = flood.weakness(report) { throw Failure(why: "the flood \(flood.rawValue) was none: \(why)") }
      // What is left of a turn is gone on with, for each of them and to the end.
      if flood == .crumbs, report.leastReplies <= turnCalls {
        outcome.add(["a connection has \(report.leastReplies) replies, all of its first turn"], in: flood.rawValue)
      }
      if report.unanswered > 0 { outcome.add(["\(report.unanswered) calls have no answer"], in: flood.rawValue) }
      ratios.append(beside / quiet)
      quiets.append(quiet)
      outcome.faults += report.connected
      outcome.runs += 1
    }
    ratios.sort()
    let ratio = ratios[ratios.count / 2]
    if ratio > bound { outcome.add(["p99 beside it is \(text(ratio)) times the quiet one"], in: flood.rawValue) }
    if most > memory { outcome.add(["\(most) MiB resident"], in: flood.rawValue) }
    outcome.remark =
      "p99 \(text(ratio))x of \(text(quiets.sorted()[quiets.count / 2])) us, the worst round \(text(ratios.last ?? 0))x, \(most) MiB"
    return outcome
  }

  /// How many connections the daemon has, those of whoever asks among them.
  private static func connections(_ administrator: Administrator) throws -> UInt64 {
    let status = try administrator.call(Methods.getStatus, GetStatusRequest())
    return status.workers.reduce(0) { $0 + $1.validationConnections + $1.administrationConnections }
  }

  /// What 99 % of the calls took at most, in microseconds.
  private static func measure(_ client: TokenClient, _ token: String, _ outcome: inout Outcome) throws -> Double {
    var times: [Duration] = []
    for _ in 0..<10_000 {
      let begin = ContinuousClock.now
      let isAllowed = try client.validate(token, org: "acme", tenant: "prod", requiring: ["pipeline:read"]).isAllowed
      times.append(.now - begin)
      if isAllowed { outcome.acknowledged += 1 } else { outcome.add(["a good token is refused"], in: "beside") }
    }
    times.sort()
    return times[times.count * 99 / 100] / .microseconds(1)
  }

  /// In MiB.
  private static func resident(_ pid: Int32) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS") }
    guard let kibibytes = line.flatMap({ Int($0.split { !$0.isNumber }.first ?? "") }) else {
      throw Failure(why: "the daemon's memory can't be read")
    }
    return kibibytes >> 10
  }

  private static func text(_ ratio: Double) -> String { String(format: "%.2f", ratio) }

  /// A flood in a process of another user, and what it must have done to be one.
  private final class Peer {
    private let child: Child
    private let output = Pipe()

    init(_ flood: Flood, _ socket: String, _ token: String) throws {
      // It has the processor only when nobody else wants it: what is measured is the daemon's fairness, not the kernel's.
      child = try Child(
        "/usr/bin/chrt",
        [
          "--idle", "0", "/usr/bin/setpriv", "--reuid", "4242", "--regid", "4242", "--clear-groups", Self.copy,
          "flood", flood.rawValue, socket, token,
        ], output: output.fileHandleForWriting)
      try output.fileHandleForWriting.close()
      guard output.fileHandleForReading.read(until: "ready\n").isThere else {
        throw Failure(why: "the flood did not begin")
      }
    }

    /// - Returns: what it has done until now.
    func end() throws -> Flood.Report {
      child.send(SIGTERM)
      let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      _ = child.wait()
      guard let report = Flood.Report(text.trimmingCharacters(in: .newlines)) else {
        throw Failure(why: "the flood ended before it was told to: \(text)")
      }
      return report
    }

    /// Where the program is, other users may not look: a copy of it is where they may.
    static let copy = NSTemporaryDirectory() + "tokend-torture-\(getpid())"

    static func makeCopy() throws {
      try FileManager.default.copyItem(atPath: RunningDaemon.programs + "/tokend-torture", toPath: copy)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: copy)
    }
  }
}

extension Flood {
  /// Why what was done was less than the flood is meant to be; nil if it was not.
  fileprivate func weakness(_ report: Report) -> String? {
    let isIt =
      switch self {
      case .churn: report.connected > 100
      case .idle: report.connected == connections && report.open > connections / 2
      // Those beyond its share the daemon closes, some before they have sent anything.
      case .half: report.open > connections / 2 && report.sent >= report.open * 50
      case .trickle: report.open == connections && report.sent >= connections
      case .deaf: report.connected == connections && report.open > connections / 2 && report.sent > connections
      case .pipelining, .crumbs: report.open == connections && report.received > connections
      }
    return isIt ? nil : report.line
  }
}
