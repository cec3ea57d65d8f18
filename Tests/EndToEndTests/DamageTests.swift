// A state directory that something has happened to: what is refused, what goes on, and that nothing is overwritten.

import Harness
import Foundation
import Testing
import TokenClient
import Wire

@Suite struct DamageTests {
  @Test(arguments: [0, 1, 99]) func `a database cut to less than a header is refused, and not made anew`(bytes: Int)
    throws
  {
    let remains = try Remains()
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: remains.database))
    try file.truncate(atOffset: UInt64(bytes))
    #expect(
      try RunningDaemon.refusal(in: remains.home).contains("is damaged (it has only \(bytes) bytes): restore a backup"))
    #expect(try FileManager.default.attributesOfItem(atPath: remains.database)[.size] as? Int == bytes)
  }

  @Test func `a database that is gone from beside its log is refused, and the log kept`() throws {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    daemon.kill()
    let database = daemon.home + "/state/tokend.db"
    let log = FileManager.default.contents(atPath: database + "-wal")
    #expect(log?.isEmpty == false)
    try FileManager.default.removeItem(atPath: database)
    #expect(
      try RunningDaemon.refusal(in: daemon.home).contains(
        "is missing, but its write-ahead log is there: restore a backup"))
    #expect(FileManager.default.contents(atPath: database + "-wal") == log)
  }

  @Test func `a database that is gone from where a daemon has worked is refused, until one says to begin anew`() throws
  {
    let remains = try Remains()
    try FileManager.default.removeItem(atPath: remains.database)
    let reserve = remains.home + "/state/tokend.reserve"
    #expect(
      try RunningDaemon.refusal(in: remains.home).contains(
        "is missing, but a daemon has worked here before: restore a backup"))
    #expect(!FileManager.default.fileExists(atPath: remains.database))
    try FileManager.default.removeItem(atPath: reserve)
    let daemon = try RunningDaemon(home: remains.home)
    #expect(try daemon.reason(remains.secret) == "UNKNOWN")
    #expect(daemon.firstWords.contains("there was no \(remains.database): a new one was made, with no tokens"))
  }

  @Test func `a name that leads nowhere is no place for a new database`() throws {
    let home = try RunningDaemon.makeHome()
    try FileManager.default.createDirectory(
      atPath: home + "/state", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let link = home + "/state/tokend.db"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: home + "/not-mounted/tokend.db")
    #expect(try RunningDaemon.refusal(in: home).contains("renameat2: File exists"))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == home + "/not-mounted/tokend.db")
  }

  /// A daemon whose index of names is damaged: the start does not read it, a creation does. It has one token.
  private func damagedDaemon() throws -> (daemon: RunningDaemon, secret: String) {
    let remains = try Remains()
    let numbers = try remains.sqlite(
      "SELECT rootpage FROM sqlite_schema WHERE name = 'tokens_by_name'; PRAGMA page_size")
    let (page, size) = try #require(
      { (lines: [Int]) in lines.count == 2 ? (lines[0], lines[1]) : nil }(
        numbers.split(separator: "\n").compactMap { Int($0) }))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: remains.database))
    try file.seek(toOffset: UInt64((page - 1) * size))
    try file.write(contentsOf: Data(repeating: 0x5A, count: size))
    try file.close()
    return (try RunningDaemon(home: remains.home), remains.secret)
  }

  /// A pipe would have it wait for ever, as SQLite opens it.
  @Test(.timeLimit(.minutes(1)), arguments: ["-wal", "-journal", "-shm"])
  func `what is beside the database and is no file refuses a start`(suffix: String) throws {
    let daemon = try RunningDaemon()
    #expect(daemon.stop() == 0)
    let path = daemon.home + "/state/tokend.db" + suffix
    #expect(unsafe mkfifo(path, 0o600) == 0)
    #expect(try RunningDaemon.refusal(in: daemon.home).contains("\(path) is no regular file ("))
  }

  @Test func `no backup is made of a damaged database, and that it is damaged is told`() throws {
    let (daemon, _) = try damagedDaemon()
    let path = daemon.home + "/copy.db"
    let run = try daemon.client("backup", "create", path)
    #expect(run.status == 69 && run.errors.contains("is damaged ("), "\(run)")
    for left in [path, daemon.home + "/state/backup.tmp", daemon.home + "/state/backup.tmp-wal"] {
      #expect(!FileManager.default.fileExists(atPath: left), "\(left)")
    }
    #expect(try daemon.client("metrics").output.contains("\ntokend_changes_failing 1\n"))
    #expect(try daemon.client("status").output.contains(/changes: +the database is damaged: [^\n]*backup\n/))
    // It stands in the way of no other.
    #expect(try daemon.client("backup", "create", path).errors.contains("is damaged ("))
    #expect(daemon.stop() == 0)
    #expect(daemon.lastWords().contains("a backup failed: "))
  }

  /// SQLite calls that malformed; a restore would take away what was revoked since.
  @Test func `what the disk fails to read is not told to be damaged`() throws {
    let remains = try Remains()
    let daemon = try RunningDaemon(home: remains.home)
    let strace = try Strace([
      "-f", "-p", String(daemon.pid), "-P", remains.database, "-e", "trace=pread64", "-e", "inject=pread64:error=EIO",
      "-o",
      "/dev/null",
    ])
    #expect(try daemon.client("token", "list", "--sort", "name").status == 69)
    let change = try daemon.client("token", "create", "more", "--scope", "pipeline:read")
    #expect(change.status == 69 && change.errors.contains("must see to the disk"), "\(change)")
    let status = try daemon.client("status").output
    #expect(status.contains("the disk fails to read the database") && !status.contains("is damaged"), "\(status)")
    strace.end()
    #expect(daemon.stop() == 0)
    #expect(daemon.lastWords().contains("the disk fails to read the database"))
    #expect(try RunningDaemon(home: remains.home).client("token", "list").status == 0)
  }

  @Test func `a question that meets damage tells of it too`() throws {
    let (daemon, _) = try damagedDaemon()
    let list = try daemon.client("token", "list", "--sort", "name")
    #expect(list.status == 69 && list.errors.contains("the database is damaged"), "\(list)")
    #expect(try daemon.client("metrics").output.contains("\ntokend_changes_failing 1\n"))
    #expect(try daemon.client("token", "list", "--sort", "created").status == 0)
    #expect(daemon.stop() == 0)
    // Said once, however often it is met.
    #expect(daemon.lastWords().components(separatedBy: "the database is damaged").count == 2)
  }

  @Test func `what a damaged page does not concern is done, though it comes together with what it refuses`() throws {
    let (daemon, secret) = try damagedDaemon()
    var create = CreateTokenRequest()
    (create.org, create.tenant, create.scopes, create.neverExpires) = ("acme", "prod", ["pipeline:read"], true)
    var revoke = RevokeTokenRequest()
    revoke.id = String(secret.dropFirst("tokend_".count).prefix(11))
    var peer = try RawPeer(daemon.adminSocket)
    // All of it waits for the journal at once, with what may be done between what may not.
    daemon.pause()
    for number in 0..<9 as Range<UInt32> {
      create.name = "b\(number)"
      let (method, payload) = number == 4 ? ("RevokeToken", revoke.encoded()) : ("CreateToken", create.encoded())
      try peer.call("tokend.v1.Tokens", method, payload, stream: 2 * number + 1)
    }
    daemon.resume()
    var reasons: [UInt32: String] = [:]
    for _ in 0..<9 {
      let reply = try #require(try peer.reply())
      reasons[reply.stream] = reply.status?.reason ?? "OK"
    }
    for number in 0..<9 as Range<UInt32> {
      #expect(reasons[2 * number + 1] == (number == 4 ? "OK" : "STORE_DAMAGED"), "\(number)")
    }
    #expect(try daemon.reason(secret) == "REVOKED")
    #expect(daemon.stop() == 0)
  }

  @Test func `a page that turns out damaged refuses the change that needs it; verdicts go on`() throws {
    let (daemon, secret) = try damagedDaemon()
    #expect {
      try daemon.create("b")
    } throws: {
      guard case .status(let status)? = $0 as? Channel.Failure else { return false }
      return status.code == .unavailable && status.reason == "STORE_DAMAGED"
    }
    #expect(try daemon.reason(secret) == "ALLOWED")
    #expect(try daemon.client("token", "create", "b", "--scope", "pipeline:read").status == 69)
    // Damage does not heal, whatever else is refused or done.
    func isFailing() throws -> Bool { try daemon.client("metrics").output.contains("\ntokend_changes_failing 1\n") }
    #expect(try isFailing())
    #expect(try daemon.client("token", "create", "b", "--scope", "no:such").status != 0)
    #expect(try isFailing())
    try daemon.addTenant("acme", "test")
    #expect(try isFailing())
    #expect(daemon.stop() == 0)
    #expect(daemon.lastWords().contains("malformed"))
  }

  @Test func `a full disk is told as what it is where no space can be held back`() throws {
    let remains = try Remains()
    let reserve = remains.home + "/state/tokend.reserve"
    try FileManager.default.removeItem(atPath: reserve)
    try FileManager.default.createDirectory(atPath: reserve, withIntermediateDirectories: false)
    let daemon = try RunningDaemon(home: remains.home)
    let tampering = try Tampering(daemon, "pwrite64:error=ENOSPC")
    #expect(throws: (any Error).self) { try daemon.create("b") }
    #expect(try daemon.reason(remains.secret) == "ALLOWED")
    tampering.end()
    #expect(daemon.stop() == 0)
    let words = daemon.firstWords + daemon.lastWords()
    #expect(words.contains("no space is held back for revocations on a full disk: open: Is a directory"), "\(words)")
    #expect(words.contains("the disk is full, and no space can be held back for revocations"), "\(words)")
  }

  /// The disk is full when the log is to be written again. What is held back is given up for that, and has been even if the
  /// disk then can't be told to remember it.
  @Test func `a start has what is held back, though a sync of that fails`() throws {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    daemon.kill()
    let state = daemon.home + "/state"
    let run = try Strace.run(
      [
        RunningDaemon.programs + "/tokend", "--state-dir", state, "--listen", daemon.home + "/none/v.sock",
        "--admin-listen", daemon.home + "/none/a.sock", "--config", daemon.home + "/tokend.conf",
      ], of: [state + "/tokend.db-wal", state + "/tokend.reserve"],
      ["pwrite64:error=ENOSPC:when=1", "fsync:error=EIO:when=1"])
    #expect(run.status == 1 && run.errors.contains("/none/"), "\(run)")
    #expect(FileManager.default.contents(atPath: state + "/tokend.reserve")?.isEmpty == true)
  }

  @Test func `a state directory that others may enter is refused`() throws {
    let remains = try Remains()
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: remains.home + "/state")
    #expect(
      try RunningDaemon.refusal(in: remains.home).contains("with mode 755: it must be the daemon's own, with mode 700"))
  }

  @Test(.enabled(if: geteuid() == 0, "needs root, to give a directory away"))
  func `a state directory of another user is refused`() throws {
    let remains = try Remains()
    try FileManager.default.setAttributes([.ownerAccountID: 4242], ofItemAtPath: remains.home + "/state")
    #expect(try RunningDaemon.refusal(in: remains.home).contains("belongs to uid 4242"))
  }

  @Test(
    .enabled(if: geteuid() == 0, "needs root, to give files away"),
    arguments: [("tokend.db", 0), ("tokend.db", 0o400), ("tokend.db-wal", 0)])
  func `a database that its owner or its mode keeps from being written is told as that`(name: String, mode: Int) throws
  {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    daemon.kill()
    let (state, files) = (daemon.home + "/state", FileManager.default)
    for file in [daemon.home, state] + (try files.contentsOfDirectory(atPath: state).map { state + "/" + $0 }) {
      try files.setAttributes([.ownerAccountID: 65534, .groupOwnerAccountID: 65534], ofItemAtPath: file)
    }
    try files.setAttributes([.posixPermissions: mode], ofItemAtPath: state + "/" + name)
    let run = try Run(
      "/usr/bin/setpriv",
      [
        "--reuid=65534", "--regid=65534", "--clear-groups", RunningDaemon.programs + "/tokend", "--state-dir", state,
        "--listen", daemon.home + "/v.sock", "--admin-listen", daemon.home + "/a.sock", "--config",
        daemon.home + "/tokend.conf",
      ])
    #expect(
      run.status == 1 && run.errors.contains("have it, and what is beside it, belong to the daemon's user"), "\(run)")
  }

  @Test(arguments: ["v.sock", "v.sock.new", "a.sock", "a.sock.new"])
  func `a file where a socket is to be made is refused, and kept`(name: String) throws {
    let home = try RunningDaemon.makeHome()
    let path = home + "/" + name
    try "precious".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try RunningDaemon.refusal(in: home).contains("\(path): exists and is not a socket"))
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
  }
}
