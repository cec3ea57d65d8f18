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
    let command = [RunningDaemon.programs + "/tokend", "--restore", file, "--state-dir", home + "/state"]
    guard !injections.isEmpty else { return try Run(command[0], Array(command.dropFirst())) }
    return try Strace.run(command, injections)
  }

  /// A start that ends before it listens, if it comes so far: then by a signal.
  private func start(_ home: String, _ injections: String...) throws -> Run {
    try Strace.run(
      [
        RunningDaemon.programs + "/tokend", "--state-dir", home + "/state", "--listen", home + "/v.sock",
        "--admin-listen", home + "/a.sock", "--config", home + "/tokend.conf",
      ], injections + ["listen:signal=KILL"])
  }

  private func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// The database that a restore keeps, which must be the only one.
  private func kept(in home: String) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: home + "/state").filter {
      $0.contains("before-restore") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm")
    }
    #expect(names.count == 1)
    return home + "/state/" + (try #require(names.first))
  }

  /// How many revoked tokens a database has.
  private func revoked(in database: String) throws -> String {
    try Run("/usr/bin/sqlite3", [database, "SELECT count(*) FROM tokens WHERE revoked_at IS NOT NULL"]).output
  }

  private func refusal(_ home: String) throws -> String {
    do {
      _ = try RunningDaemon(home: home)
      return "started"
    } catch let refusal as RunningDaemon.DidNotStart {
      return refusal.output
    }
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

  private func emptyHome(_ name: String) throws -> String {
    let home = daemon.home + "/\(name)"
    try FileManager.default.createDirectory(
      atPath: home + "/state", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    return home
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

  @Test func `a database is restored with the log beside it, and not while a daemon works on it`() throws {
    let (path, secret) = try leaveBackup()
    let left = daemon.home + "/state/tokend.db"
    let home = try emptyHome("other")
    // By another name too.
    let link = daemon.home + "/link.db"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: left)
    let run = try restore(link, into: home)
    #expect(run.status == 0, "\(run.errors)")
    let other = try RunningDaemon(home: home)
    #expect(try other.reason(secret) == "REVOKED")
    let refused = try restore(home + "/state/tokend.db", into: daemon.home)
    #expect(refused.status == 1 && refused.errors.contains("works on it: make a backup"), "\(refused.errors)")
    #expect(other.stop() == 0)
    // A restore is taken back by restoring what it has kept.
    #expect(try restore(path, into: daemon.home).status == 0)
    #expect(try restore(kept(in: daemon.home), into: daemon.home).status == 0)
    #expect(try RunningDaemon(home: daemon.home).reason(secret) == "REVOKED")
  }

  @Test func `an older log beside a backup takes nothing away from it`() throws {
    let made = try daemon.create("a")
    let path = daemon.home + "/copy.db"
    // All that there was when it was copied.
    try FileManager.default.copyItem(atPath: daemon.home + "/state/tokend.db-wal", toPath: path + "-wal")
    try daemon.revoke(made.token.id)
    #expect(try daemon.client("backup", "create", path).status == 0)
    daemon.kill()
    let home = try emptyHome("empty")
    let run = try restore(path, into: home)
    #expect(run.output.contains("as of revision 3, without \(path)-wal, which has fewer changes"), "\(run)")
    #expect(try RunningDaemon(home: home).reason(made.secret) == "REVOKED")
  }

  @Test func `another database's log is not taken for a backup's own`() throws {
    let (path, secret) = try leaveBackup()
    let other = try RunningDaemon()
    try other.addTenant()
    for number in 1...40 { _ = try other.create("other\(number)") }
    other.kill()
    try FileManager.default.copyItem(atPath: other.home + "/state/tokend.db-wal", toPath: path + "-wal")
    let home = try emptyHome("empty")
    let run = try restore(path, into: home)
    #expect(run.status == 1 && run.errors.contains("without \(path)-wal it is whole, as of revision 2"), "\(run)")
    try FileManager.default.removeItem(atPath: path + "-wal")
    #expect(try restore(path, into: home).status == 0)
    #expect(try RunningDaemon(home: home).reason(secret) == "ALLOWED")
  }

  /// As a checkpoint leaves a database that is cut off by a kill, after any of its pages, or by a power cut, without any two
  /// of them. Some of these are whole and tell of the revocation, and the token is valid.
  @Test func `a database in the midst of a checkpoint is not restored without its log`() throws {
    let made = try daemon.create("a")
    #expect(daemon.stop() == 0)
    let again = try RunningDaemon(home: daemon.home)
    try again.revoke(made.token.id)
    again.kill()
    let state = daemon.home + "/state/tokend.db"
    let log = try #require(FileManager.default.contents(atPath: state + "-wal"))
    let file = try #require(FileManager.default.contents(atPath: state))
    let pages = pages(in: log)
    var cuts = (0...pages.count).map { Array(pages.prefix($0)) }
    for first in pages.indices {
      for second in pages.indices where first < second {
        cuts.append(pages.indices.filter { $0 != first && $0 != second }.map { pages[$0] })
      }
    }
    var refusals = 0
    for (number, cut) in cuts.enumerated() {
      var torn = file
      for page in cut { torn.replaceSubrange(page.offset..<page.offset + page.bytes.count, with: page.bytes) }
      let path = daemon.home + "/torn\(number).db"
      try torn.write(to: URL(filePath: path))
      let bare = try restore(path, into: emptyHome("bare\(number)"))
      if bare.status == 0, bare.output.contains("revision 3") {
        #expect(try revoked(in: daemon.home + "/bare\(number)/state/tokend.db") == "1\n", "\(number)")
      }
      if bare.errors.contains("0 of its tokens are revoked, and its audit trail tells of 1") { refusals += 1 }
      try log.write(to: URL(filePath: path + "-wal"))
      let whole = try restore(path, into: emptyHome("whole\(number)"))
      #expect(whole.status == 0 && whole.output.contains("revision 3, with \(path)-wal"), "\(number): \(whole)")
      #expect(try revoked(in: daemon.home + "/whole\(number)/state/tokend.db") == "1\n", "\(number)")
    }
    #expect(refusals > 0)
  }

  /// The pages of a write-ahead log that has been written once, as they were last, in the order of a checkpoint
  /// (sqlite.org/fileformat2.html#the_write_ahead_log).
  private func pages(in log: Data) -> [(offset: Int, bytes: Data)] {
    func number(_ offset: Int) -> Int { log[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
    let size = number(8)
    var last: [Int: Data] = [:]
    for frame in stride(from: 32, through: log.count - 24 - size, by: 24 + size)
    where log[frame + 8..<frame + 16] == log[16..<24] {
      last[number(frame)] = Data(log[frame + 24..<frame + 24 + size])
    }
    return last.sorted { $0.key < $1.key }.map { (($0.key - 1) * size, $0.value) }
  }

  /// The disk had no room for the copy without the log: that says nothing of what is in it.
  @Test func `a disk that fails is no reason to take a log`() throws {
    let (_, secret) = try leaveBackup()
    let home = try copyOfState("other")
    let run = try Strace.run(
      [
        RunningDaemon.programs + "/tokend", "--restore", daemon.home + "/state/tokend.db", "--state-dir",
        home + "/state",
      ],
      of: [home + "/state/restore.tmp"], ["fsync:error=ENOSPC:when=1"])
    #expect(run.status == 1 && run.errors.contains("restore.tmp: fsync: "), "\(run)")
    #expect(try RunningDaemon(home: home).reason(secret) == "REVOKED")
  }

  /// Pages of two moments may fit together. Nobody edits a database so.
  @Test(
    arguments: [
      (
        "state = 1, revoked_at = NULL WHERE name = 'revoked'",
        "0 of its tokens are revoked, and its audit trail tells of 1"
      ),
      ("state = 1 WHERE name = 'disabled'", "is not as token.disable of its audit trail has left it"),
      ("state = 2 WHERE name = 'enabled'", "is not as token.enable of its audit trail has left it"),
      ("successor = NULL WHERE name = 'rotated'", "is not as token.rotate of its audit trail has left it"),
      (
        "state = 3, revoked_at = 1 WHERE name = 'enabled'",
        "2 of its tokens are revoked, and its audit trail tells of 1"
      ),
      ("last_used_at = 1", nil),
    ] as [(String, String?)])
  func `a backup whose tokens are not as its audit trail tells is refused`(edit: String, finding: String?) throws {
    let ids = try ["revoked", "disabled", "enabled", "rotated"].map { try daemon.create($0).token.id }
    for (verb, id) in [
      ("disable", ids[0]), ("disable", ids[1]), ("enable", ids[1]), ("disable", ids[1]), ("disable", ids[2]),
      ("enable", ids[2]),
    ] { #expect(try daemon.client("token", verb, id).status == 0) }
    #expect(try daemon.client("token", "rotate", ids[3], "--grace", "1h").status == 0)
    try daemon.revoke(ids[0])
    let path = daemon.home + "/copy.db"
    #expect(try daemon.client("backup", "create", path).status == 0)
    #expect(try Run("/usr/bin/sqlite3", [path, "UPDATE tokens SET \(edit)"]).status == 0)
    let run = try restore(path, into: emptyHome("empty"))
    #expect(run.status == (finding == nil ? 0 : 1), "\(run)")
    if let finding { #expect(run.errors.contains(finding), "\(run)") }
  }

  @Test func `a database whose log may be elsewhere is not restored`() throws {
    let (path, secret) = try leaveBackup()
    let link = daemon.home + "/link.db"
    try FileManager.default.linkItem(atPath: daemon.home + "/state/tokend.db", toPath: link)
    let home = try copyOfState("other")
    // Cut off when the database was put by, and its log was not.
    _ = try restore(path, into: home, "renameat2:signal=KILL:when=2")
    let old = try kept(in: home)
    let state = home + "/state"
    // Or the other way round, as a power cut may leave it.
    let back = try copyOfState("back")
    _ = try restore(path, into: back, "renameat2:signal=KILL:when=3")
    try FileManager.default.moveItem(atPath: kept(in: back), toPath: back + "/state/tokend.db")
    let target = try emptyHome("empty")
    for (file, words) in [
      (link, "it has 2 names"), (old, "its log is \(state)/tokend.db-wal"),
      (back + "/state/tokend.db", "-wal, where a"),
    ] {
      let refused = try restore(file, into: target)
      #expect(refused.status == 1 && refused.errors.contains(words), "\(refused.errors)")
      #expect(refused.errors.contains("nothing was changed"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: target + "/state") == ["tokend.lock"])
    }
    // What the refusal says to do.
    try FileManager.default.moveItem(atPath: state + "/tokend.db-wal", toPath: old + "-wal")
    #expect(try restore(old, into: target).status == 0)
    #expect(try RunningDaemon(home: target).reason(secret) == "REVOKED")
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
    let says = try refusal(home)
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
    #expect(try refusal(home).contains("restore the backup again"))
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
    _ = try restore(path, into: home, "fsync:signal=KILL:when=1")
    #expect(isThere(copy))
    let own = try restore(copy, into: home)
    #expect(own.status == 1 && own.errors.contains("name the backup"), "\(own)")
    try Data(repeating: 7, count: 4096).write(to: URL(filePath: daemon.home + "/none.db"))
    #expect(try restore(daemon.home + "/none.db", into: home).status == 1)
    #expect(try refusal(home).contains("restore the backup again"))
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

  @Test func `what fails is named: the backup, or the directory that it is copied to`() throws {
    let (path, _) = try leaveBackup()
    let (home, old) = (try copyOfState("sides"), daemon.home + "/old.db")
    let state = home + "/state"
    let golden = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Golden/schema-1.sql")
    // Of an earlier schema: to verify it writes.
    #expect(try Run("/usr/bin/sqlite3", [old, ".read \(golden.path)"]).status == 0)
    for (file, place, injection, says) in [
      (path, path, "openat:error=EACCES", "\(path): open: Permission denied: nothing was changed"),
      (path, path, "pread64:error=EIO", "\(path): pread: Input/output error: nothing was changed"),
      (path, state + "/restore.tmp", "openat:error=EROFS", "restore.tmp: open: Read-only file system: nothing was"),
      (path, state + "/restore.tmp", "write:error=ENOSPC", "restore.tmp: write: No space left on device: nothing was"),
      (
        old, state + "/restore.tmp-wal", "pwrite64:error=ENOSPC",
        "restore.tmp, the copy of \(old), can't be opened: the disk"
      ),
    ] {
      let run = try Strace.run(
        [RunningDaemon.programs + "/tokend", "--restore", file, "--state-dir", state], of: [place], [injection])
      #expect(run.status == 1 && run.errors.contains(says) && run.errors.contains("nothing was changed"), "\(run)")
      #expect(run.errors.contains(state) == (place != path), "\(run)")
    }
    #expect(try restore(old, into: home).status == 0)
  }

  @Test func `a backup is restored into a directory that is there, not where a word was mistyped`() throws {
    let (path, _) = try leaveBackup()
    let nowhere = daemon.home + "/nowhere"
    let run = try restore(path, into: nowhere)
    #expect(run.status == 1 && run.errors.contains("there is no \(nowhere)/state: name the daemon's state"), "\(run)")
    try FileManager.default.createDirectory(atPath: nowhere, withIntermediateDirectories: true)
    #expect(try restore(path, into: nowhere).status == 1 && !isThere(nowhere + "/state"))
  }
}
