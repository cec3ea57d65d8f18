// Backups that don't come to their end.

import Harness
import Foundation
import Testing
import TokenClient
import Wire

@Suite struct BackupTests {
  /// SQLite calls malformed what the disk has failed to read.
  @Test func `a copy that the disk fails to read is no sign that the database is damaged`() throws {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    let path = daemon.home + "/copy.db"
    let copy = daemon.home + "/state/backup.tmp"
    for place in 1...12 {
      let strace = try Strace([
        "-f", "-p", String(daemon.pid), "-P", copy, "-e", "trace=pread64", "-e",
        "inject=pread64:error=EIO:when=\(place)+", "-o", "/dev/null",
      ])
      let run = try daemon.client("backup", "create", path)
      strace.end()
      #expect(run.status == 69 && run.errors.contains(/could not read it|disk I.O error/), "\(place): \(run)")
    }
    #expect(try daemon.client("metrics").output.contains("\ntokend_changes_failing 0\n"))
    #expect(try daemon.client("backup", "create", path).status == 0)
  }

  @Test func `a backup that fails leaves nothing and stands in nobody's way`() throws {
    let disk = try SmallDisk(megabytes: 1)
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    try disk.fill()
    let run = try daemon.client("backup", "create", disk.home + "/state/copy.db")
    #expect(run.status == 74, "\(run)")
    #expect(try daemon.client("backup", "create", daemon.home + "/copy.db").status == 0)
    // Killed, it has left nothing that looks like a backup.
    let killed = daemon.home + "/killed.db"
    let kill = try Strace.run(
      [RunningDaemon.programs + "/tokend-client", "--admin-socket", daemon.adminSocket, "backup", "create", killed],
      ["fsync:signal=KILL:when=1"])
    let names = try FileManager.default.contentsOfDirectory(atPath: daemon.home)
    #expect(names.contains { $0.hasPrefix("killed.db.partial-") } && !names.contains("killed.db"), "\(kill)")
    #expect(daemon.stop() == 0)
    let left = try FileManager.default.contentsOfDirectory(atPath: daemon.home + "/state")
    #expect(!left.contains { $0.hasPrefix("backup") }, "\(left)")
  }

  /// In a container all may have the same process number.
  @Test func `what a killed backup has left is named, and left to others`() throws {
    let daemon = try RunningDaemon()
    let file = daemon.home + "/copy.db"
    let run = try Run(
      "/bin/sh",
      [
        "-c", "echo other >\"$0.partial-$$\"; exec \"$1\" --admin-socket \"$2\" backup create \"$0\"", file,
        RunningDaemon.programs + "/tokend-client", daemon.adminSocket,
      ])
    let name = try #require(
      try FileManager.default.contentsOfDirectory(atPath: daemon.home).first { $0.hasPrefix("copy.db.partial-") })
    #expect(run.status == 74 && run.errors.contains("/\(name): File exists: "), "\(run)")
    #expect(try String(contentsOfFile: "\(daemon.home)/\(name)", encoding: .utf8) == "other\n")
  }

  /// While the daemon answers, and reads the copy, which takes its time; and while it does not answer at all.
  @Test(.timeLimit(.minutes(1)), arguments: [false, true])
  func `an interrupted backup ends at once, leaves nothing and stands in nobody's way`(isPaused: Bool) throws {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    let copy = daemon.home + "/state/backup.tmp"
    let file = daemon.home + "/copy.db"
    let slow =
      try isPaused
      ? nil
      : Strace([
        "-f", "-p", String(daemon.pid), "-P", copy, "-e", "trace=pread64", "-e", "inject=pread64:delay_enter=200000",
        "-o",
        "/dev/null",
      ])
    if isPaused { daemon.pause() }
    let errors = Pipe()
    let client = try Child(
      RunningDaemon.programs + "/tokend-client",
      ["--admin-socket", daemon.adminSocket, "--timeout", "600", "backup", "create", file],
      errors: errors.fileHandleForWriting)
    try errors.fileHandleForWriting.close()
    let partial = "\(file).partial-\(client.id)"
    try eventually(within: .seconds(10), "it has begun") {
      isPaused
        ? FileManager.default.fileExists(atPath: partial)
        : try daemon.client("metrics").output.contains("method=\"ReadBackup\"")
    }
    client.send(SIGINT)
    let ending = client.wait()
    let told = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(ending == .exit(74) && told.contains("interrupted before it was whole"), "\(told)")
    for left in [file, partial] { #expect(!FileManager.default.fileExists(atPath: left)) }
    slow?.end()
    if isPaused { return daemon.resume() }
    try eventually(within: .seconds(10), "another is made") { try daemon.client("backup", "create", file).status == 0 }
  }

  @Test(.timeLimit(.minutes(1))) func `a second backup to the same file leaves the first alone`() throws {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    let file = daemon.home + "/copy.db"
    let slow = try Strace([
      "-f", "-p", String(daemon.pid), "-P", daemon.home + "/state/backup.tmp", "-e", "trace=pread64", "-e",
      "inject=pread64:delay_enter=50000", "-o", "/dev/null",
    ])
    let first = try Child(
      RunningDaemon.programs + "/tokend-client", ["--admin-socket", daemon.adminSocket, "backup", "create", file],
      output: FileHandle.nullDevice)
    try eventually(within: .seconds(10), "it has begun") {
      try daemon.client("metrics").output.contains("method=\"ReadBackup\"")
    }
    let second = try daemon.client("backup", "create", file)
    #expect(second.status == 69 && second.errors.contains("another backup is being made"), "\(second)")
    slow.end()
    #expect(first.wait() == .exit(0))
    #expect(try Run("/usr/bin/sqlite3", [file, "PRAGMA integrity_check"]).output == "ok\n")
    let third = try daemon.client("backup", "create", file)
    #expect(third.status == 74 && third.errors.contains("File exists: name a new file"), "\(third)")
  }

  /// docs/operating.md: what was done last counts.
  @Test(arguments: [
    ("revoked", "state = 1, revoked_at = NULL", ["revoke"]), ("disabled", "state = 1", ["disable"]),
    ("enabled", "state = 2", ["enable"]), ("rotated", "successor = NULL", ["rotate"]),
  ])
  func `a token that is not as its trail tells is made so by doing it again`(
    name: String, edit: String, verbs: [String]
  )
    throws
  {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    let id = try daemon.create(name).token.id
    func perform(_ verb: String) throws {
      let more = verb == "rotate" ? ["--grace", "1h"] : verb == "revoke" ? ["--yes"] : []
      let run = try Run(
        RunningDaemon.programs + "/tokend-client",
        ["--admin-socket", daemon.adminSocket, "--org", "acme", "--tenant", "prod", "token", verb, id] + more)
      #expect(run.status == 0, "\(run)")
    }
    for verb in name == "enabled" ? ["disable", "enable"] : verbs { try perform(verb) }
    #expect(daemon.stop() == 0)
    let database = daemon.home + "/state/tokend.db"
    #expect(try Run("/usr/bin/sqlite3", [database, "UPDATE tokens SET \(edit) WHERE id = '\(id)'"]).status == 0)
    let again = try RunningDaemon(home: daemon.home)
    let refused = try again.client("backup", "create", daemon.home + "/refused.db")
    #expect(refused.status == 69 && refused.errors.contains("is not as its audit trail tells"), "\(refused)")
    // A token that was rotated may be past that by now.
    #expect(refused.errors.contains(", which may be done again") == (name != "rotated"), "\(refused)")
    for verb in verbs { try perform(verb) }
    #expect(try again.client("backup", "create", daemon.home + "/copy.db").status == 0)
  }

  @Test func `a backup that a stop cuts short leaves nothing, and no other is read in its place`() throws {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    // Begun, and not asked about again.
    var read = ReadBackupRequest()
    read.id = try daemon.administrator.call(Methods.beginBackup, BeginBackupRequest()).id
    #expect(daemon.stop() == 0)
    let left = try FileManager.default.contentsOfDirectory(atPath: daemon.home + "/state")
    #expect(!left.contains { $0.hasPrefix("backup") }, "\(left)")
    // Whoever reads one when the daemon is started anew is not given another.
    let again = try RunningDaemon(home: daemon.home)
    _ = try again.administrator.call(Methods.beginBackup, BeginBackupRequest())
    let refusal = #expect(throws: Channel.Failure.self) { try again.administrator.call(Methods.readBackup, read) }
    #expect(refusal.map { "\($0)".hasPrefix("UNKNOWN_BACKUP: ") } == true)
  }
}
