// A backup that takes the database's place: cut off, or failing, wherever that may be.

import Foundation
import Harness
import Testing
import TokenClient
import Wire

@Suite struct RestoreTests {
  private let daemon: RunningDaemon

  init() throws {
    daemon = try RunningDaemon()
    try daemon.addTenant()
  }

  /// `tokend --restore` of `file` into a home of that name, whose daemon was killed: there is a write-ahead log, with a
  /// revocation in it.
  /// - Parameter injections: what befalls its system calls, as strace's `--inject` takes it.
  private func restore(_ file: String, into home: String, _ injections: String...) throws -> Run {
    let calls = injections.map { $0.prefix { $0 != ":" } }.joined(separator: ",")
    let command = [RunningDaemon.programs + "/tokend", "--restore", file, "--state-dir", home + "/state"]
    guard !injections.isEmpty else { return try Run(command[0], Array(command.dropFirst())) }
    return try Run(
      "/usr/bin/strace",
      ["-f", "-e", "trace=\(calls)"] + injections.flatMap { ["-e", "inject=\($0)"] } + ["-o", "/dev/null"] + command)
  }

  /// A backup in which a token is live that was revoked since.
  private func leaveBackup() throws -> (path: String, secret: String) {
    let path = daemon.home + "/copy.db"
    let early = try daemon.create("early")
    #expect(try daemon.client("backup", "create", path).status == 0)
    try daemon.revoke(early.token.id)
    daemon.kill()
    #expect(FileManager.default.fileExists(atPath: daemon.home + "/state/tokend.db-wal"))
    return (path, early.secret)
  }

  private func copyOfState(_ name: String) throws -> String {
    let home = daemon.home + "/\(name)"
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: daemon.home + "/state", toPath: home + "/state")
    return home
  }

  /// Killed before each of its moves, and each of its syncs, in turn.
  @Test(arguments: [("renameat2", 3), ("fsync", 6)])
  func `a restore that is cut off never brings a revoked token back unseen, nor an empty database`(
    call: String, count: Int
  ) throws {
    let (path, secret) = try leaveBackup()
    var starts = 0
    for cut in 1...(count + 1) {
      let home = try copyOfState("cut\(cut)")
      let run = try restore(path, into: home, "\(call):signal=KILL:when=\(cut)")
      #expect((run.status == 0) == (cut > count), "\(cut): \(run)")
      let (copy, mark) = (home + "/state/restore.tmp", home + "/state/tokend.restoring")
      let isRestored = !FileManager.default.fileExists(atPath: copy)
      do {
        let again = try RunningDaemon(home: home)
        starts += 1
        // Whole, as it was before or as the backup has it.
        let reason = try again.reason(secret)
        for leftover in [copy, mark] { #expect(!FileManager.default.fileExists(atPath: leftover)) }
        #expect(reason == (isRestored ? "ALLOWED" : "REVOKED"), "cut \(cut)")
      } catch let refusal as RunningDaemon.DidNotStart {
        #expect(refusal.output.contains("restore the backup again"), "\(refusal.output)")
        // One that can't be begun does not hide that another was cut off.
        let nothing = try restore(home + "/nothing", into: home)
        #expect(nothing.status == 1 && nothing.errors.contains("nothing was changed"), "\(nothing.errors)")
        let rerun = try restore(path, into: home)
        #expect(rerun.status == 0, "\(rerun.errors)")
        // What was there is kept under the name that is printed, with its log: without that it would be as it was before.
        let name = try #require(rerun.output.firstMatch(of: /kept as ([^;]+);/)?.1)
        for file in ["\(name)", "\(name)-wal"] { #expect(FileManager.default.fileExists(atPath: file), "\(file)") }
        #expect(try RunningDaemon(home: home).reason(secret) == "ALLOWED")
      }
    }
    #expect((2..<count + 1).contains(starts))
  }

  @Test(arguments: [("renameat2", 3), ("fsync", 6)])
  func `a restore that fails leaves what it says`(call: String, count: Int) throws {
    let (path, secret) = try leaveBackup()
    for place in 1...count {
      for lasts in [false, true] {
        let home = try copyOfState("fail\(place)\(lasts)")
        let failed = try restore(path, into: home, "\(call):error=EIO:when=\(place)\(lasts ? "+" : "")")
        #expect(failed.status == 1, "\(failed)")
        let says = failed.errors
        do {
          let again = try RunningDaemon(home: home)
          let expected = says.contains("nothing was changed") ? "REVOKED" : says.contains("in place") ? "ALLOWED" : says
          #expect(try again.reason(secret) == expected, "\(place), \(lasts)")
        } catch let refusal as RunningDaemon.DidNotStart {
          #expect(says.contains("what was there is kept as") && says.contains("restore the backup again"), "\(says)")
          #expect(refusal.output.contains("restore the backup again"), "\(refusal.output)")
        }
      }
    }
  }

  @Test(arguments: ["signal=KILL", "error=EIO"])
  func `a restore again after one whose last sync failed names the database that was in use`(fault: String) throws {
    let (path, _) = try leaveBackup()
    let home = try copyOfState("last")
    let first = try restore(path, into: home, "fsync:\(fault):when=6")
    let kept = try FileManager.default.contentsOfDirectory(atPath: home + "/state").filter {
      $0.contains("before-restore") && !$0.hasSuffix("-wal")
    }
    #expect(kept.count == 1)
    let name = try #require(kept.first)
    if first.status == 1 { #expect(first.errors.contains("is kept as \(home)/state/\(name)"), "\(first.errors)") }
    let again = try restore(path, into: home)
    #expect(again.status == 0 && again.output.contains("was there is kept as \(home)/state/\(name), "), "\(again)")
    let revoked = try Run(
      "/usr/bin/sqlite3", ["\(home)/state/\(name)", "SELECT count(*) FROM tokens WHERE revoked_at IS NOT NULL"])
    #expect(revoked.output == "1\n", "\(revoked)")
  }

  /// As on NFS, and where FUSE has no such call.
  @Test func `a file system that can't refuse to replace a file is no hindrance`() throws {
    let (path, secret) = try leaveBackup()
    let home = try copyOfState("plain")
    let run = try restore(path, into: home, "renameat2:error=EINVAL")
    #expect(run.status == 0 && run.output.contains("is kept as"), "\(run)")
    #expect(try RunningDaemon(home: home).reason(secret) == "ALLOWED")
  }

  @Test func `restoring again within a second keeps each database`() throws {
    let made = try daemon.create("a")
    let path = daemon.home + "/copy.db"
    #expect(try daemon.client("backup", "create", path).status == 0)
    try daemon.revoke(made.token.id)
    #expect(daemon.stop() == 0)
    let state = daemon.home + "/state"
    var kept: Set<String> = []
    for _ in 0..<4 {
      let run = try Run(RunningDaemon.programs + "/tokend", ["--restore", path, "--state-dir", state])
      #expect(run.status == 0)
      for file in try FileManager.default.contentsOfDirectory(atPath: state)
      where file.contains("before-restore") && !file.hasSuffix("-wal") && !file.hasSuffix("-shm") { kept.insert(file) }
    }
    #expect(kept.count == 4)
  }
}
