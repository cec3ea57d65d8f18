// tokend --check-config, and that a daemon is started with what it shows.

import Harness
import Foundation
import Testing
import Wire

@Suite struct CheckConfigTests {
  private let home: String

  init() throws { home = try RunningDaemon.makeHome() }

  private func write(_ text: String, to name: String = "tokend.conf") throws {
    try RunningDaemon.writeConfiguration(text, to: "\(home)/\(name)")
  }

  private func check(_ arguments: [String] = [], environment: [String: String] = [:]) throws -> Run {
    try Run(
      RunningDaemon.programs + "/tokend", ["--config", home + "/tokend.conf", "--check-config"] + arguments,
      environment: environment)
  }

  /// The line of a key in what was printed, with single blanks.
  private func line(_ key: String, _ run: Run) -> String? {
    run.output.split(separator: "\n").first { $0.hasPrefix(key + " ") }?.split(separator: " ").joined(separator: " ")
  }

  @Test func `a good configuration is printed with where it came from`() throws {
    try write("state-dir = \(home)/state\n# two\nworkers = 2\n")
    let run = try check()
    #expect(run.status == 0 && run.errors.isEmpty)
    #expect(run.output.hasPrefix("# all is well: read \(home)/tokend.conf\n"))
    #expect(line("workers", run) == "workers = 2 # \(home)/tokend.conf:3")
    #expect(line("log-level", run) == "log-level = info # default")
    #expect(run.output.split(separator: "\n").count == 12)
    // Nothing is made by looking.
    #expect(!FileManager.default.fileExists(atPath: home + "/state"))
  }

  @Test func `every problem is listed, a line each, and the status is 2`() throws {
    try write("state-dir = /s\nworkers = 0\nnonsense = 1\nstate-dir = /t\n")
    try write("log-level = loud\n", to: "conf.d/10-x.conf")
    let run = try check(["--usage-interval", "0"], environment: ["TOKEND_BUSY_POLL": "1s"])
    #expect(run.status == 2 && run.output.isEmpty)
    let lines = run.errors.split(separator: "\n")
    let starts = [
      "\(home)/tokend.conf:2: workers is '0'", "\(home)/tokend.conf:3: unknown key 'nonsense'",
      "\(home)/tokend.conf:4: state-dir is set a second time, after line 1",
      "\(home)/conf.d/10-x.conf:1: log-level is 'loud'", "TOKEND_BUSY_POLL: busy-poll is '1s'",
      "--usage-interval: usage-interval is '0'", "tokend: error: 6 problems",
    ]
    #expect(lines.count == starts.count)
    for (line, start) in zip(lines, starts) { #expect(line.hasPrefix(start), "\(line)") }
  }

  @Test func `an unknown key is an error that names what is known`() throws {
    try write("state-dir = /s\nnonsense = 1\n")
    let run = try check()
    #expect(run.status == 2 && run.output.isEmpty)
    let problem = "\(home)/tokend.conf:2: unknown key 'nonsense': remove it; known are state-dir, listen"
    #expect(run.errors.hasPrefix(problem))
  }

  @Test func `flags win over the environment, that over conf-d, and that over the file`() throws {
    try write("state-dir = /s\nworkers = 1\nlisten = /v1\nadmin-listen = /a1\nusage-interval = 1\n")
    try write("workers = 2\nlisten = /v2\nadmin-listen = /a2\n", to: "conf.d/10-x.conf")
    try write("workers = 3\nlisten = /v3\n", to: "conf.d/20-y.conf")
    let run = try check(["--workers", "5"], environment: ["TOKEND_WORKERS": "4", "TOKEND_LISTEN": "/v4"])
    #expect(run.status == 0)
    #expect(line("workers", run) == "workers = 5 # --workers")
    #expect(line("listen", run) == "listen = /v4 # TOKEND_LISTEN")
    #expect(line("admin-listen", run) == "admin-listen = /a2 # \(home)/conf.d/10-x.conf:3")
    #expect(line("usage-interval", run) == "usage-interval = 1 # \(home)/tokend.conf:5")
  }

  @Test func `a file that anybody can write is refused`() throws {
    try write("state-dir = /s\nadmin-group = daemon\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: home + "/tokend.conf")
    let run = try check()
    #expect(run.status == 2)
    #expect(run.errors.hasPrefix("\(home)/tokend.conf: can be written by anybody (mode 666)"))
  }

  @Test func `a file that is missing is an error, and so is to restore while looking`() throws {
    let run = try Run(RunningDaemon.programs + "/tokend", ["--config", home + "/none.conf", "--check-config"])
    #expect(run.status == 2 && run.errors.hasPrefix("\(home)/none.conf: is not there: create it"))
    let both = try check(["--restore", home + "/b"])
    #expect(both.status == 2 && both.errors.contains("--check-config and --restore do not go together"))
  }

  @Test func `a daemon is started with what its files say`() throws {
    try write("token-prefix = no_\n")
    try write("token-prefix = acme_\n", to: "conf.d/10-x.conf")
    let daemon = try RunningDaemon(home: home)
    try daemon.addTenant()
    #expect(try daemon.create("ci").secret.hasPrefix("acme_"))
    #expect(daemon.stop() == 0)
  }

  @Test func `a daemon that can't be started says all that is wrong`() throws {
    try write("nonsense = 1\nworkers = 0\n")
    do {
      _ = try RunningDaemon(home: home)
      Issue.record("was started")
    } catch let refusal as RunningDaemon.DidNotStart {
      #expect(refusal.status == 2)
      #expect(refusal.output.contains("tokend: error: \(home)/tokend.conf:1: unknown key 'nonsense'"))
      #expect(refusal.output.contains("tokend: error: \(home)/tokend.conf:2: workers is '0'"))
      #expect(refusal.output.hasSuffix("; see tokend --help\n"))
    }
  }
}
