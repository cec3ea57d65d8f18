// What is restored: with its log or without, and whether it is whole.

import Foundation
import Harness
import Testing
import TokenClient
import Wire

@Suite struct RestoreSourceTests: RestoringSuite {
  let daemon: RunningDaemon

  init() throws {
    daemon = try RunningDaemon()
    try daemon.addTenant()
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
    #expect(run.output.contains("as of revision 3, without \(path)-wal, which would take changes away,"), "\(run)")
    #expect(
      run.output.contains(
        "where there was no database; what was changed after revision 3 is not in it: tokens revoked since are valid again"
      ),
      "\(run)")
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
    #expect(run.status == 1 && run.errors.contains("\(path)-wal is another database's log"), "\(run)")
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
      if bare.status == 0 {
        let isLast = bare.output.contains("as of revision 3 ")
        #expect(
          try revoked(in: daemon.home + "/bare\(number)/state/tokend.db") == (isLast ? "1\n" : "0\n"), "\(number)")
      }
      if bare.errors.contains("is not as its audit trail tells: token.revoke") { refusals += 1 }
      try log.write(to: URL(filePath: path + "-wal"))
      let whole = try restore(path, into: emptyHome("whole\(number)"))
      #expect(whole.status == 0 && whole.output.contains("revision 3, with \(path)-wal"), "\(number): \(whole)")
      #expect(try revoked(in: daemon.home + "/whole\(number)/state/tokend.db") == "1\n", "\(number)")
    }
    #expect(refusals > 0)
  }

  /// Each read of each copy fails in turn: SQLite calls malformed what the disk has failed to read. An older log lies beside.
  @Test func `what the disk fails to read is not said to be damaged, and another log not taken for it`() throws {
    let made = try daemon.create("a")
    let path = daemon.home + "/copy.db"
    try FileManager.default.copyItem(atPath: daemon.home + "/state/tokend.db-wal", toPath: path + "-wal")
    try daemon.revoke(made.token.id)
    #expect(try daemon.client("backup", "create", path).status == 0)
    daemon.kill()
    var failures = 0
    for place in 1...60 {
      let home = try emptyHome("read\(place)")
      let copy = home + "/state/restore.tmp"
      let run = try Strace.run(
        [RunningDaemon.programs + "/tokend", "--restore", path, "--state-dir", home + "/state"],
        of: [copy, copy + "-wal"], ["pread64:error=EIO:when=\(place)"])
      if run.status == 0 {
        #expect(run.output.contains("as of revision 3, without"), "\(place): \(run)")
      } else {
        failures += 1
        #expect(run.errors.contains(/could not read it|disk I.O error/), "\(place): \(run)")
        #expect(run.errors.contains("nothing was changed") && !run.errors.contains("move"), "\(place): \(run)")
      }
    }
    #expect(failures > 10)
  }

  @Test func `a database whose tables are not as they were made is refused`() throws {
    let (path, _) = try leaveBackup()
    for (column, other) in [("revoked_by", "revoked_bz"), ("STRICT", "")] {
      let edited = daemon.home + "/\(column).db"
      try FileManager.default.copyItem(atPath: path, toPath: edited)
      let edit = try Run(
        "/usr/bin/sqlite3",
        [
          edited,
          "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '\(column)', '\(other)') WHERE name = 'tokens'",
        ])
      #expect(edit.status == 0, "\(edit)")
      let run = try restore(edited, into: emptyHome(column))
      #expect(run.status == 1 && run.errors.contains("tokens is not as it was made"), "\(run)")
    }
    #expect(try Run("/usr/bin/sqlite3", [path, "CREATE INDEX mine ON tokens (creator)"]).status == 0)
    let run = try restore(path, into: emptyHome("more"))
    #expect(run.status == 1 && run.errors.contains("mine, an index, is not tokend's"), "\(run)")
    #expect(try Run("/usr/bin/sqlite3", [path, "DROP INDEX \"mine\""]).status == 0)
    #expect(try restore(path, into: emptyHome("less")).status == 0)
  }

  /// The page where the trail is, which the log has too.
  @Test func `a log is said to be of unknown origin if the trail can't be read without it`() throws {
    let (path, secret) = try leaveBackup()
    let root = try #require(
      Int(
        try Run("/usr/bin/sqlite3", [path, "SELECT rootpage FROM sqlite_schema WHERE name = 'audit'"])
          .output.trimmingCharacters(in: .newlines)))
    let state = daemon.home + "/state/tokend.db"
    var file = try #require(FileManager.default.contents(atPath: state))
    file.replaceSubrange((root - 1) * 4096..<root * 4096, with: Data(repeating: 9, count: 4096))
    try file.write(to: URL(filePath: state))
    let home = try emptyHome("empty")
    let run = try restore(state, into: home)
    #expect(
      run.status == 0 && run.output.contains("tokend.db-wal, without which it is damaged or altered: make sure"),
      "\(run)")
    #expect(try RunningDaemon(home: home).reason(secret) == "REVOKED")
  }

  @Test func `a database that a daemon works on by a link is not restored`() throws {
    _ = try leaveBackup()
    let state = daemon.home + "/state/tokend.db"
    let elsewhere = daemon.home + "/elsewhere.db"
    for suffix in ["", "-wal"] {
      try FileManager.default.moveItem(atPath: state + suffix, toPath: elsewhere + suffix)
    }
    try FileManager.default.createSymbolicLink(atPath: state, withDestinationPath: elsewhere)
    let again = try RunningDaemon(home: daemon.home)
    for (number, name) in [state, elsewhere].enumerated() {
      let run = try restore(name, into: emptyHome("empty\(number)"))
      #expect(run.status == 1 && run.errors.contains("(pid \(again.pid)) works on it: make a backup"), "\(run)")
    }
    #expect(again.stop() == 0)
    #expect(try restore(state, into: emptyHome("later")).status == 0)
  }

  @Test(.enabled(if: geteuid() == 0, "needs root, to mount"))
  func `a database that a daemon works on is not restored by another name either`() throws {
    let (path, _) = try leaveBackup()
    #expect(try Run("/usr/bin/mount", ["--bind", daemon.home + "/state/tokend.db", path]).status == 0)
    defer { _ = try? Run("/usr/bin/umount", [path]) }
    let again = try RunningDaemon(home: daemon.home)
    let run = try restore(path, into: emptyHome("empty"))
    #expect(run.status == 1 && run.errors.contains("(pid \(again.pid)) works on it: make a backup"), "\(run)")
    #expect(again.stop() == 0)
  }

  @Test func `what lies beside a backup is looked at`() throws {
    let (path, _) = try leaveBackup()
    try Data().write(to: URL(filePath: path + "-wal"))
    try Data().write(to: URL(filePath: path + "-journal"))
    let run = try restore(path, into: emptyHome("none"))
    #expect(run.status == 0 && !run.output.contains("-wal"), "\(run)")
    try FileManager.default.removeItem(atPath: path + "-wal")
    try FileManager.default.createSymbolicLink(atPath: path + "-wal", withDestinationPath: daemon.home + "/not-mounted")
    #expect(try restore(path, into: emptyHome("link")).errors.contains("-wal: leads nowhere"))
    try FileManager.default.removeItem(atPath: path + "-wal")
    try FileManager.default.removeItem(atPath: path + "-journal")
    try FileManager.default.createSymbolicLink(atPath: path + "-journal", withDestinationPath: "not-mounted")
    #expect(try restore(path, into: emptyHome("links")).errors.contains("-journal: leads nowhere"))
    try FileManager.default.removeItem(atPath: path + "-journal")
    try Data(repeating: 1, count: 9000).write(to: URL(filePath: path + "-wal"))
    #expect(try restore(path, into: emptyHome("damaged")).output.contains("-wal, which adds no change, into"))
    try FileManager.default.removeItem(atPath: path + "-wal")
    try Data(repeating: 1, count: 512).write(to: URL(filePath: path + "-journal"))
    #expect(try restore(path, into: emptyHome("journal")).errors.contains("-journal, which may take changes back"))
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
      ("state = 1, revoked_at = NULL WHERE name = 'revoked'", "is not as its audit trail tells: token.disable"),
      ("state = 2, revoked_at = NULL WHERE name = 'revoked'", "is not as its audit trail tells: token.revoke"),
      ("state = 1 WHERE name = 'disabled'", "is not as its audit trail tells: token.disable"),
      ("state = 2 WHERE name = 'enabled'", "is not as its audit trail tells: token.enable"),
      ("successor = NULL WHERE name = 'rotated'", "is not as its audit trail tells: token.rotate"),
      ("successor = 'none' WHERE successor IS NOT NULL", "is not as its audit trail tells: token.rotate"),
      (
        "id = CASE WHEN predecessor IS NULL THEN id ELSE 'none' END, successor = CASE WHEN successor IS NULL THEN NULL ELSE 'none' END",
        "is not as its audit trail tells: token.rotate"
      ),
      ("id = 'none' WHERE name = 'plain'", "is not as its audit trail tells: token.create"),
      // In an emergency, by hand.
      ("state = 3, revoked_at = 1 WHERE name = 'plain'", nil),
      ("revoked_at = NULL WHERE name = 'revoked'", "is not what was written"),
      ("last_used_at = 1", nil),
    ] as [(String, String?)])
  func `a backup whose tokens are not as its audit trail tells is refused`(edit: String, finding: String?) throws {
    let ids = try ["revoked", "disabled", "enabled", "rotated", "plain"].map { try daemon.create($0).token.id }
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

  /// A log without a database, and several that were put by: it is that of the last.
  @Test func `a log is not said to be that of another database`() throws {
    let (path, _) = try leaveBackup()
    let state = daemon.home + "/state"
    #expect(try restore(path, into: daemon.home).status == 0)
    let first = try kept(in: daemon.home)
    try FileManager.default.removeItem(atPath: first + "-wal")
    let again = try RunningDaemon(home: daemon.home)
    _ = try again.create("since")
    again.kill()
    _ = try restore(path, into: daemon.home, "renameat2:signal=KILL:when=2")
    #expect(isThere(state + "/tokend.db-wal") && !isThere(state + "/tokend.db"))
    let target = try emptyHome("empty")
    #expect(try restore(first, into: target).status == 0)
    // Without the mark nothing tells whose it is.
    try FileManager.default.removeItem(atPath: state + "/tokend.restoring")
    let run = try restore(first, into: target)
    #expect(run.status == 1 && run.errors.contains("tokend.db-wal has no database, and may be its log"), "\(run)")
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

  @Test func `what fails is named: the backup, or the directory that it is copied to`() throws {
    let (path, _) = try leaveBackup()
    let (home, old) = (try copyOfState("sides"), daemon.home + "/old.db")
    let state = home + "/state"
    let golden = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Golden/schema-1.sql")
    // Of an earlier schema: to verify it writes.
    #expect(try Run("/usr/bin/sqlite3", [old, ".read \(golden.path)"]).status == 0)
    for (file, place, injection, says) in [
      (path, path, "openat:error=EACCES", "\(path): open: Permission denied; nothing was changed"),
      (path, path, "pread64:error=EIO", "\(path): pread: Input/output error; nothing was changed"),
      (path, state + "/restore.tmp", "openat:error=EROFS", "restore.tmp: open: Read-only file system; nothing was"),
      (path, state + "/restore.tmp", "write:error=ENOSPC", "restore.tmp: write: No space left on device; nothing was"),
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
