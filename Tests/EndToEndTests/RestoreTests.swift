// A backup that takes the database's place: cut off, or failing, wherever that may be.

import Foundation
import Harness
import Testing
import TokenClient
import Wire

@Suite struct RestoreTests: RestoringSuite {
  let daemon: RunningDaemon

  init() throws {
    daemon = try RunningDaemon()
    try daemon.addTenant()
  }

  /// A start that ends before it listens, if it comes so far: then by a signal.
  private func start(_ home: String, _ injections: String...) throws -> Run {
    try Strace.run(
      [
        RunningDaemon.programs + "/tokend", "--state-dir", home + "/state", "--listen", home + "/v.sock",
        "--admin-listen", home + "/a.sock", "--config", home + "/tokend.conf",
      ], injections + ["listen:signal=KILL"])
  }

  /// Killed before each of its moves, and each of its syncs, in turn.
  @Test(arguments: [("renameat2", 3), ("rename", 1), ("fsync", 7)])
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
      let isRestored = !isThere(copy)
      let isLeft = isThere(copy) || isThere(mark)
      do {
        let again = try RunningDaemon(home: home)
        starts += 1
        // Whole, as it was before or as the backup has it.
        let reason = try again.reason(secret)
        for leftover in [copy, mark] { #expect(!FileManager.default.fileExists(atPath: leftover)) }
        #expect(reason == (isRestored ? "ALLOWED" : "REVOKED"), "cut \(cut)")
        // Which of them is told, unless nothing was left that tells of a restore.
        let words = "a restore was cut off: \(isRestored ? "a backup is in place, and" : "the database is the one")"
        #expect(again.firstWords.contains(isLeft ? words : "ready:"), "\(cut)")
        #expect(isLeft == again.firstWords.contains("cut off"), "\(cut)")
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
    // With no more than the mark, nothing has been moved.
    #expect((2...(call == "rename" ? 2 : count)).contains(starts))
  }

  // The last sync, when all is done, may fail unsaid.
  @Test(arguments: [("renameat2", 3), ("rename", 1), ("fsync", 6)])
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
          let isAsBefore = says.contains("nothing was changed") || says.contains("is in its place again")
          let expected = isAsBefore ? "REVOKED" : says.contains("is in place") ? "ALLOWED" : says
          #expect(try again.reason(secret) == expected, "\(place), \(lasts)")
        } catch let refusal as RunningDaemon.DidNotStart {
          #expect(says.contains("what was there is kept as") && says.contains("restore the backup again"), "\(says)")
          #expect(refusal.output.contains("restore the backup again"), "\(refusal.output)")
        }
      }
    }
  }

  /// Cut off once the database was moved, or its log too, or at its end; and the next one fails, wherever that may be.
  @Test(arguments: ["renameat2:signal=KILL:when=2", "renameat2:signal=KILL:when=3", "fsync:error=EIO:when=6"])
  func `a restore that fails after one that was cut off leaves word of the database that was in use`(cut: String) throws
  {
    let (path, _) = try leaveBackup()
    let home = try copyOfState("begun")
    _ = try restore(path, into: home, cut)
    let old = try kept(in: home)
    var failures = 0
    for place in 1...4 {
      for fault in ["renameat2:error=EIO:when=\(place)", "fsync:error=EIO:when=\(place)+"] {
        let again = daemon.home + "/begun\(place)\(fault.prefix(1))"
        try FileManager.default.copyItem(atPath: home, toPath: again)
        let failed = try restore(path, into: again, fault)
        // There may be fewer.
        guard failed.status != 0 else { continue }
        failures += 1
        let name = old.replacingOccurrences(of: home, with: again)
        if failed.errors.contains("the backup is in place, but that file") {
          #expect(failed.errors.contains(name) && !isThere(again + "/state/tokend.restoring"), "\(fault): \(failed)")
          continue
        }
        #expect(isThere(again + "/state/tokend.restoring"), "\(fault): \(failed)")
        #expect(
          failed.errors.contains(place == 1 && fault.hasPrefix("fsync") ? "nothing was" : name), "\(fault): \(failed)")
        let rerun = try restore(path, into: again)
        #expect(rerun.status == 0 && rerun.output.contains("was there is kept as \(name)"), "\(fault): \(rerun)")
        #expect(try revoked(in: name) == "1\n", "\(fault)")
      }
    }
    #expect(failures >= 3, "\(failures)")
  }

  @Test(arguments: ["signal=KILL", "error=EIO"])
  func `a restore again after one whose last sync failed names the database that was in use`(fault: String) throws {
    let (path, _) = try leaveBackup()
    let home = try copyOfState("last")
    let first = try restore(path, into: home, "fsync:\(fault):when=6")
    let kept = try kept(in: home)
    if first.status == 1 { #expect(first.errors.contains("is kept as \(kept)"), "\(first.errors)") }
    let again = try restore(path, into: home)
    #expect(again.status == 0 && again.output.contains("was there is kept as \(kept), "), "\(again)")
    #expect(try revoked(in: kept) == "1\n")
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

  /// The moves have failed, and what was moved goes back: the log first, and the disk knows of it before the database does.
  /// Without its log that would be as it was a while ago.
  @Test(arguments: [6, 7]) func `a database that goes back is not there before its log`(cut: Int) throws {
    let (path, _) = try leaveBackup()
    let home = try copyOfState("back")
    _ = try restore(path, into: home, "renameat2:error=EIO:when=3", "fsync:signal=KILL:when=\(cut)")
    #expect(isThere(home + "/state/tokend.db-wal"))
    #expect(isThere(home + "/state/tokend.db") == (cut == 7))
  }

  /// As a power cut may leave it where moves reach the disk in another order.
  @Test func `a database is not served without the log that a restore has put away`() throws {
    let (path, secret) = try leaveBackup()
    let home = try copyOfState("apart")
    _ = try restore(path, into: home, "renameat2:signal=KILL:when=3")
    let (old, database) = (try kept(in: home), home + "/state/tokend.db")
    try FileManager.default.moveItem(atPath: old, toPath: database)
    let other = daemon.home + "/other"
    try FileManager.default.copyItem(atPath: home, toPath: other)
    let says = try RunningDaemon.refusal(in: home)
    #expect(says.contains("its log is \(old)-wal") && says.contains("move that to \(database)-wal"), "\(says)")
    #expect(isThere(database) && isThere(old + "-wal") && isThere(home + "/state/tokend.restoring"))
    try FileManager.default.moveItem(atPath: old + "-wal", toPath: database + "-wal")
    #expect(try RunningDaemon(home: home).reason(secret) == "REVOKED")
    // Or a backup is restored: both are kept together then.
    let run = try restore(path, into: other)
    #expect(run.status == 0 && run.output.contains("is kept as "), "\(run)")
    #expect(try revoked(in: kept(in: other)) == "1\n")
  }

  @Test(arguments: [nil, String(repeating: "7", count: 100), "not a number", "1\0"])
  func `what a restore can't read of one that was cut off is left as it is`(mark: String?) throws {
    let (path, _) = try leaveBackup()
    let home = try copyOfState("unread")
    // So that nothing but the mark says that a database was here.
    try FileManager.default.removeItem(atPath: home + "/state/tokend.reserve")
    _ = try restore(path, into: home, "renameat2:signal=KILL:when=3")
    let place = home + "/state/tokend.restoring"
    if let mark { try mark.write(toFile: place, atomically: false, encoding: .utf8) }
    let before = try String(contentsOfFile: place, encoding: .utf8)
    let run =
      mark == nil
      ? try Strace.run(
        [RunningDaemon.programs + "/tokend", "--restore", path, "--state-dir", home + "/state"], of: [place],
        ["read:error=EIO"])
      : try restore(path, into: home)
    #expect(run.status == 1 && run.errors.contains(place) && run.errors.contains("nothing was changed"), "\(run)")
    #expect(FileManager.default.contents(atPath: place) == Data(before.utf8))
    #expect(try RunningDaemon.refusal(in: home).contains("restore the backup again"))
  }

  /// A restore was cut off before it had moved anything, and the next has no room for its mark.
  @Test func `a mark is there until the next one is`() throws {
    let (path, secret) = try leaveBackup()
    let home = try copyOfState("marked")
    let mark = home + "/state/tokend.restoring"
    _ = try restore(path, into: home, "renameat2:signal=KILL:when=1")
    let word = try #require(FileManager.default.contents(atPath: mark))
    let run = try Strace.run(
      [RunningDaemon.programs + "/tokend", "--restore", path, "--state-dir", home + "/state"],
      of: [mark, mark + ".new"], ["fsync:error=ENOSPC"])
    #expect(run.status == 1 && run.errors.contains("nothing was changed"), "\(run)")
    #expect(!isThere(mark + ".new") && FileManager.default.contents(atPath: mark) == word)
    #expect(try RunningDaemon(home: home).reason(secret) == "REVOKED")
  }

  @Test func `a database that a daemon works on is not replaced, though its lock file is gone`() throws {
    let path = daemon.home + "/copy.db"
    #expect(try daemon.client("backup", "create", path).status == 0)
    try FileManager.default.removeItem(atPath: daemon.home + "/state/tokend.lock")
    let run = try restore(path, into: daemon.home)
    #expect(run.status == 1 && run.errors.contains("(pid \(daemon.pid)) works on it: stop it first"), "\(run)")
    #expect(daemon.stop() == 0)
    #expect(try restore(path, into: daemon.home).status == 0)
  }

  @Test func `a restore whose report nobody takes says it where the log goes, and does not end well`() throws {
    let (path, secret) = try leaveBackup()
    for (name, end) in [("full", "> /dev/full"), ("gone", "| true; exit ${PIPESTATUS[0]}")] {
      let home = try emptyHome(name)
      // The pipe's reader has gone before there is a report.
      let wait = name == "gone" ? "sleep 0.2; exec " : ""
      let run = try Run(
        "/bin/bash",
        ["-c", "(\(wait)\(RunningDaemon.programs)/tokend --restore \(path) --state-dir \(home)/state) \(end)"])
      #expect(run.status == 74 && run.errors.contains("written to: restored 1 token as of revision"), "\(run)")
      #expect(try RunningDaemon(home: home).reason(secret) == "ALLOWED")
    }
  }

  @Test(arguments: ["", "-wal", "-journal"]) func `a link that leads nowhere is put out of a backup's way`(
    suffix: String
  )
    throws
  {
    let (path, secret) = try leaveBackup()
    let home = try emptyHome("links")
    try FileManager.default.createSymbolicLink(
      atPath: home + "/state/tokend.db" + suffix, withDestinationPath: "not-mounted")
    let run = try restore(path, into: home)
    #expect(run.status == 0 && run.output.contains("is kept as "), "\(run)")
    #expect(try RunningDaemon(home: home).reason(secret) == "ALLOWED")
  }

  /// Cut off when the backup was there, and the mark not yet gone.
  @Test func `what was never in use is not told to have been`() throws {
    let (path, secret) = try leaveBackup()
    let home = try emptyHome("empty")
    _ = try restore(path, into: home, "fsync:signal=KILL:when=4")
    let run = try restore(path, into: home)
    #expect(
      run.status == 0 && run.output.contains("what a restore that did not come to its end had put there"), "\(run)")
    #expect(!run.output.contains("the database that was there"), "\(run)")
    #expect(try RunningDaemon(home: home).reason(secret) == "ALLOWED")
  }

  @Test func `what a cut-off restore was making is no backup, and stays until one is there`() throws {
    let (path, _) = try leaveBackup()
    let home = try emptyHome("empty")
    let copy = home + "/state/restore.tmp"
    _ = try restore(path, into: home, "fsync:signal=KILL:when=3")
    for target in [home, try emptyHome("other")] {
      let run = try restore(copy, into: target)
      #expect(run.status == 1 && run.errors.contains("not made to its end: name a backup"), "\(run)")
    }
    #expect(isThere(copy))
    try Data(repeating: 7, count: 4096).write(to: URL(filePath: daemon.home + "/none.db"))
    #expect(try restore(daemon.home + "/none.db", into: home).status == 1)
    #expect(try RunningDaemon.refusal(in: home).contains("restore the backup again"))
    #expect(try restore(path, into: home).status == 0)
  }

  /// After a restore whose last sync failed. What is changed from then on would be gone with the backup's name.
  @Test(arguments: ["error=EIO", "signal=KILL"])
  func `a start has the disk know of a restore before it forgets it`(fault: String) throws {
    let (path, secret) = try leaveBackup()
    let home = try copyOfState("unsynced")
    #expect(try restore(path, into: home, "fsync:error=EIO:when=6").errors.contains("perhaps not on the disk"))
    try RunningDaemon.writeConfiguration("", to: home + "/tokend.conf")
    let run = try start(home, "fsync:\(fault):when=1")
    #expect(isThere(home + "/state/tokend.restoring"))
    if fault == "error=EIO" { #expect(run.status == 1 && run.errors.contains("restore the backup again"), "\(run)") }
    #expect(try RunningDaemon(home: home).reason(secret) == "ALLOWED")
    #expect(!isThere(home + "/state/tokend.restoring"))
  }
}
