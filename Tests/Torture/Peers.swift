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

  static func run(_ rounds: Int, seed: UInt64) throws -> [Outcome] {
    try Peer.makeCopy()
    defer { try? FileManager.default.removeItem(atPath: Peer.copy) }
    return try Flood.allCases.map { try run($0, rounds, seed: seed) }
  }

  private static func run(_ flood: Flood, _ rounds: Int, seed: UInt64) throws -> Outcome {
    var outcome = Outcome("peers: \(flood.connections) \(flood.rawValue)", seed: seed)
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: daemon.home)
    try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: daemon.validationSocket)
    let token = try daemon.create("good").secret
    let client = TokenClient(socket: daemon.validationSocket, timeout: .seconds(10))
    var ratios: [Double] = []
    var quiets: [Double] = []
    var most = 0
    _ = try measure(client, token, &outcome)
    for _ in 0..<rounds {
      let quiet = try measure(client, token, &outcome)
      let peer = try Peer(flood, daemon.validationSocket, token)
      let beside = try measure(client, token, &outcome)
      // Who comes only now is let in too.
      let late = TokenClient(socket: daemon.validationSocket, timeout: .seconds(10))
      if try !late.validate(token, org: "acme", tenant: "prod", requiring: []).isAllowed {
        outcome.add(["one who comes later has no verdict"], in: flood.rawValue)
      }
      most = max(most, resident(daemon.pid))
      peer.end()
      ratios.append(beside / quiet)
      quiets.append(quiet)
      outcome.faults += flood.connections
      outcome.runs += 1
    }
    ratios.sort()
    let ratio = ratios[ratios.count / 2]
    if ratio > bound { outcome.add(["p99 beside it is \(text(ratio)) times the quiet one"], in: flood.rawValue) }
    if most > memory { outcome.add(["\(most) MiB resident"], in: flood.rawValue) }
    outcome.remark = "p99 \(text(ratio))x of \(text(quiets.sorted()[quiets.count / 2])) us, \(most) MiB"
    return outcome
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

  private static func resident(_ pid: Int32) -> Int {
    let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS") }
    return (line.flatMap { Int($0.split { !$0.isNumber }.first ?? "") } ?? 0) >> 10
  }

  private static func text(_ ratio: Double) -> String { String(format: "%.2f", ratio) }

  /// A flood in a process of another user.
  private final class Peer {
    private let process = Process()

    init(_ flood: Flood, _ socket: String, _ token: String) throws {
      // It has the processor only when nobody else wants it: what is measured is the daemon's fairness, not the kernel's.
      process.executableURL = URL(fileURLWithPath: "/usr/bin/chrt")
      process.arguments = [
        "--idle", "0", "/usr/bin/setpriv", "--reuid", "4242", "--regid", "4242", "--clear-groups", Self.copy,
        "flood", flood.rawValue, socket, token,
      ]
      let output = Pipe()
      process.standardOutput = output
      try process.run()
      try output.fileHandleForWriting.close()
      _ = output.fileHandleForReading.availableData
    }

    func end() {
      process.terminate()
      process.waitUntilExit()
    }

    /// Where the program is, other users may not look: a copy of it is where they may.
    static let copy = NSTemporaryDirectory() + "tokend-torture-\(getpid())"

    static func makeCopy() throws {
      try FileManager.default.copyItem(atPath: RunningDaemon.programs + "/tokend-torture", toPath: copy)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: copy)
    }
  }
}
