// When the daemon refuses to start, and that it says why.

import Harness
import Foundation
import Testing
import Wire

@Suite struct StartTests {
  private func outcome(_ home: String, _ arguments: [String] = []) -> RunningDaemon.DidNotStart? {
    do {
      _ = try RunningDaemon(home: home, arguments)
      return nil
    } catch {
      return error as? RunningDaemon.DidNotStart
    }
  }

  @Test func `a second daemon on the same state directory is refused, naming the first`() throws {
    let first = try RunningDaemon()
    let refusal = try #require(outcome(first.home))
    #expect(refusal.status == 1 && refusal.output.contains("another tokend (pid \(first.pid))"))
    try first.addTenant()
  }

  @Test func `a socket path that somebody answers at is refused`() throws {
    let first = try RunningDaemon()
    let home = try RunningDaemon.makeHome()
    let refusal = try #require(outcome(home, ["--listen", first.validationSocket]))
    #expect(refusal.output.contains("another process is listening there"))
  }

  @Test func `a database from a newer version is refused and left as it is`() throws {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    #expect(daemon.stop() == 0)
    let path = daemon.home + "/state/tokend.db"
    #expect(try Run("/usr/bin/sqlite3", [path, "PRAGMA user_version = 99"]).status == 0)
    let refusal = try #require(outcome(daemon.home))
    #expect(refusal.output.contains("written by a newer tokend (schema 99"))
    #expect(try Run("/usr/bin/sqlite3", [path, "PRAGMA user_version"]).output == "99\n")
  }

  @Test func `a file that is no database, or another program's, is refused`() throws {
    let home = try RunningDaemon.makeHome()
    try FileManager.default.createDirectory(
      atPath: home + "/state", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let path = home + "/state/tokend.db"
    try Data(repeating: 0x5A, count: 8192).write(to: URL(fileURLWithPath: path))
    #expect(try #require(outcome(home)).output.contains("is damaged"))
    try FileManager.default.removeItem(atPath: path)
    #expect(try Run("/usr/bin/sqlite3", [path, "CREATE TABLE t (x)"]).status == 0)
    #expect(try #require(outcome(home)).output.contains("another program"))
  }

  @Test func `the live database can't be opened by anybody else`() throws {
    let daemon = try RunningDaemon()
    let run = try Run("/usr/bin/sqlite3", [daemon.home + "/state/tokend.db", "SELECT count(*) FROM tokens"])
    #expect(run.status != 0 && run.errors.contains("locked"))
  }

  @Test func `a bad configuration names file, line and problem`() throws {
    let home = try RunningDaemon.makeHome()
    try "workers = 2\nnonsense = 1\n".write(toFile: home + "/c.conf", atomically: true, encoding: .utf8)
    let refusal = try #require(outcome(home, ["--config", home + "/c.conf"]))
    #expect(refusal.status == 2 && refusal.output.contains("c.conf:2: unknown key 'nonsense'"))
  }

  @Test func `a daemon that can't ask its workers whether they are well stops as at any stop, and says why`() throws {
    let home = try RunningDaemon.makeHome()
    try RunningDaemon.writeConfiguration("", to: home + "/c.conf")
    let run = try Run(
      "/usr/bin/strace",
      [
        "-qq", "-f", "-o", "/dev/null", "-e", "inject=socketpair:error=EMFILE:when=1", "-E", "WATCHDOG_USEC=3000000",
        RunningDaemon.programs + "/tokend", "--state-dir", home + "/state", "--listen", home + "/v.sock",
        "--admin-listen", home + "/a.sock", "--config", home + "/c.conf",
      ])
    #expect(run.status == 1)
    #expect(run.errors.contains("stopping: answering what has arrived"), "\(run.errors)")
    #expect(run.errors.contains("the watchdog can't be told") && run.errors.contains("LimitNOFILE="), "\(run.errors)")
  }

  @Test func `two workers serve, and a prefix can be chosen`() throws {
    let daemon = try RunningDaemon(["--workers", "2", "--token-prefix", "acme_"])
    try daemon.addTenant()
    let created = try daemon.create("ci")
    #expect(created.secret.hasPrefix("acme_"))
    for _ in 0..<20 { #expect(try daemon.reason(created.secret) == "ALLOWED") }
    #expect(daemon.stop() == 0)
  }

  @Test func `the state directory is private and the sockets are for their group`() throws {
    let daemon = try RunningDaemon()
    func mode(_ path: String) throws -> Int {
      try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }
    #expect(try mode(daemon.home + "/state") == 0o700)
    #expect(try mode(daemon.home + "/state/tokend.db") == 0o600)
    #expect(try mode(daemon.validationSocket) == 0o660)
    #expect(try mode(daemon.adminSocket) == 0o660)
  }
}
