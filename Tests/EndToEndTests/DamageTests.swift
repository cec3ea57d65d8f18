// A state directory that something has happened to: what is refused, what goes on, and that nothing is overwritten.

import Harness
import Foundation
import Testing
import TokenClient
import Wire

@Suite struct DamageTests {
  /// Where a daemon has been that has stopped, and the token it has made.
  private func remains() throws -> (home: String, database: String, secret: String) {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    let secret = try daemon.create("a").secret
    #expect(daemon.stop() == 0)
    return (daemon.home, daemon.home + "/state/tokend.db", secret)
  }

  private func sqlite(_ database: String, _ sql: String) throws -> String {
    let run = try Run("/usr/bin/sqlite3", [database, sql])
    #expect(run.status == 0, "\(run.errors)")
    return run.output
  }

  @Test(arguments: [0, 1, 99]) func `a database cut to less than a header is refused, and not made anew`(bytes: Int)
    throws
  {
    let (home, database, _) = try remains()
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: database))
    try file.truncate(atOffset: UInt64(bytes))
    #expect(try RunningDaemon.refusal(in: home).contains("is damaged (it has only \(bytes) bytes): restore a backup"))
    #expect(try FileManager.default.attributesOfItem(atPath: database)[.size] as? Int == bytes)
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
    let (home, database, secret) = try remains()
    try FileManager.default.removeItem(atPath: database)
    let reserve = home + "/state/tokend.reserve"
    #expect(
      try RunningDaemon.refusal(in: home).contains("is missing, but a daemon has worked here before: restore a backup"))
    #expect(!FileManager.default.fileExists(atPath: database))
    try FileManager.default.removeItem(atPath: reserve)
    let daemon = try RunningDaemon(home: home)
    #expect(try daemon.reason(secret) == "UNKNOWN")
    #expect(daemon.firstWords.contains("there was no \(database): a new one was made, with no tokens"))
  }

  @Test func `a revoked token that a bit has made active again is damage`() throws {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    try daemon.revoke(daemon.create("a").token.id)
    #expect(daemon.stop() == 0)
    _ = try sqlite(daemon.home + "/state/tokend.db", "UPDATE tokens SET state = 1")
    #expect(try RunningDaemon.refusal(in: daemon.home).contains("is damaged (token 1 is not what was written)"))
  }

  @Test(arguments: [-129, Int64.max])
  func `a trail that ends where counting never comes is damage`(revision: Int64) throws {
    let (home, database, _) = try remains()
    _ = try sqlite(
      database, "UPDATE audit SET revision = \(revision) WHERE revision = (SELECT max(revision) FROM audit)")
    if revision < 0 { _ = try sqlite(database, "DELETE FROM audit WHERE revision > 0") }
    #expect(
      try RunningDaemon.refusal(in: home).contains("is damaged (its last event is \(revision)): restore a backup"))
  }

  @Test(arguments: [
    ("INSERT INTO sqlite_sequence VALUES ('grants', 9223372036854775807)", "9223372036854775807"),
    ("INSERT INTO sqlite_sequence VALUES ('grants', 7), ('grants', -1)", "-1"),
    ("INSERT INTO sqlite_sequence VALUES ('grants', 'one')", "one"),
    ("INSERT INTO sqlite_sequence VALUES ('grants', NULL)", "NULL"),
    (
      "INSERT INTO grants VALUES (9223372036854775807, 'uid:1', '', '', 1, NULL, 'uid:0', 0); DELETE FROM sqlite_sequence",
      "9223372036854775807"
    ),
  ])
  func `grants counted to where counting never comes are damage`(change: String, last: String) throws {
    let (home, database, _) = try remains()
    _ = try sqlite(database, change)
    #expect(try RunningDaemon.refusal(in: home).contains("is damaged (its last grant is \(last)): restore a backup"))
  }

  @Test func `what SQLite says of a name in the file is told in what shows`() throws {
    let (home, database, _) = try remains()
    _ = try sqlite(
      database,
      """
      PRAGMA writable_schema = ON; INSERT INTO sqlite_schema
      VALUES ('table', char(10, 27) || '[2J' || printf('%.*c', 1000, 'a'), 'a', 2, 'CREATE TABLE a(')
      """)
    let words = try RunningDaemon.refusal(in: home)
    #expect(words.contains("is damaged (malformed database schema (\u{FFFD}\u{FFFD}[2Jaaa"))
    #expect(words.contains("aaa…): restore a backup"))
    #expect(words.utf8.count < 1000 && !words.contains("\u{1B}"))
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

  @Test func `a version that never was, and a table that is gone, are damage`() throws {
    let (home, database, secret) = try remains()
    let version = try sqlite(database, "PRAGMA user_version").trimmingCharacters(in: .whitespacesAndNewlines)
    _ = try sqlite(database, "PRAGMA user_version = -1")
    #expect(try RunningDaemon.refusal(in: home).contains("is damaged (its schema has version -1)"))
    _ = try sqlite(database, "PRAGMA user_version = \(version)")
    let daemon = try RunningDaemon(home: home)
    #expect(try daemon.reason(secret) == "ALLOWED")
    #expect(daemon.stop() == 0)
    _ = try sqlite(database, "PRAGMA foreign_keys = OFF; DROP TABLE permission_sets")
    #expect(try RunningDaemon.refusal(in: home).contains("is damaged (permission_sets is missing)"))
  }

  @Test(arguments: [
    (
      "CREATE TRIGGER odd AFTER UPDATE ON tokens BEGIN UPDATE tokens SET state = 1; END",
      "odd, a trigger, is not tokend's): have sqlite3 run 'DROP TRIGGER \"odd\"' on it, or restore a backup if that fails; then make a backup: "
    ),
    (
      "CREATE VIEW odd AS SELECT * FROM tokens",
      "odd, a view, is not tokend's): have sqlite3 run 'DROP VIEW \"odd\"' on it"
    ),
    (
      "CREATE UNIQUE INDEX odd ON tokens (tenant, name)",
      "odd, an index, is not tokend's): have sqlite3 run 'DROP INDEX \"odd\"' on it"
    ),
    // Nothing could be revoked.
    (
      "CREATE INDEX odd ON tokens (abs(CASE state WHEN 3 THEN -9223372036854775807 - 1 ELSE 1 END))",
      "odd, an index, is not tokend's): have sqlite3 run 'DROP INDEX \"odd\"' on it"
    ),
    // No grant could be removed.
    (
      "CREATE TABLE odd (one REFERENCES grants (number), two UNIQUE)",
      "odd, a table, is not tokend's): have sqlite3 run 'DROP TABLE \"odd\"' on it"
    ),
    ("CREATE VIRTUAL TABLE odd USING fts5 (a)", "odd, a table, is not tokend's): have sqlite3 run 'DROP TABLE"),
    // Names that would speak for tokend, or to the terminal.
    (
      "CREATE VIEW [odd; DROP TABLE tokens] AS SELECT 1",
      "(its schema has a view that is not tokend's): have sqlite3 drop it"
    ),
    ("CREATE VIEW [\u{1B}[2J] AS SELECT 1", "(its schema has a view that is not tokend's): have sqlite3 drop it"),
    ("CREATE VIEW [a\nb] AS SELECT 1", "(its schema has a view that is not tokend's): have sqlite3 drop it"),
    (
      "CREATE VIEW [\(String(repeating: "a", count: 65))] AS SELECT 1",
      "(its schema has a view that is not tokend's): have sqlite3 drop it"
    ),
    (
      "CREATE TRIGGER tokens AFTER INSERT ON audit BEGIN SELECT 1; END",
      "tokens, a trigger, is not tokend's): have sqlite3 run 'DROP TRIGGER \"tokens\"' on it"
    ),
    // To SQLite it is a trigger all the same, and DROP does not find it.
    (
      """
      CREATE TRIGGER odd AFTER UPDATE ON tokens BEGIN UPDATE tokens SET state = 1; END; PRAGMA writable_schema = ON;
      UPDATE sqlite_schema SET type = 'TRIGGER' WHERE name = 'odd'
      """,
      "is damaged (its schema has an entry that is not tokend's, and of no kind that can be dropped): restore a backup"
    ),
    (
      """
      PRAGMA writable_schema = ON; INSERT INTO sqlite_schema
      SELECT 'index', 'tokens_by_state', 'tokens', rootpage, NULL FROM sqlite_schema WHERE name = 'audit_by_target'
      """, "is damaged (its schema has two entries of one name)"
    ),
    // A DROP would take the tokens.
    (
      """
      PRAGMA writable_schema = ON; INSERT INTO sqlite_schema
      SELECT 'table', 'odd', 'odd', rootpage, 'CREATE TABLE odd (a)' FROM sqlite_schema WHERE name = 'tokens'
      """, "is damaged (two entries of its schema begin at one page)"
    ),
    // Neither is dropped by anybody.
    (
      """
      CREATE TABLE odd (a); PRAGMA writable_schema = ON;
      UPDATE sqlite_schema SET name = 'SQLITE_odd', tbl_name = 'SQLITE_odd', sql = 'CREATE TABLE SQLITE_odd (a)' WHERE name = 'odd'
      """,
      "is damaged (its schema has an entry that is not tokend's, and of no kind that can be dropped): restore a backup"
    ),
    (
      """
      PRAGMA writable_schema = ON;
      INSERT INTO sqlite_schema VALUES ('table', 'odd', 'odd', 0, 'CREATE VIRTUAL TABLE odd USING unknown (a)')
      """, "'DROP TABLE \"odd\"' on it, or restore a backup if that fails"
    ),
    (
      "DROP INDEX audit_by_target; CREATE TABLE audit_by_target (a)",
      "audit_by_target, a table, is not tokend's): have sqlite3 run 'DROP TABLE \"audit_by_target\"' on it"
    ),
    (
      """
      DROP INDEX tokens_by_request;
      CREATE UNIQUE INDEX tokens_by_request ON tokens (tenant, request_id) WHERE request_id IS "NOT NULL"
      """,
      "tokens_by_request is not as it was made): have sqlite3 run 'DROP INDEX tokens_by_request; CREATE UNIQUE INDEX tok"
    ),
    (
      "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'sqlite_autoindex_tokens_1'",
      "is damaged (sqlite_autoindex_tokens_1 is missing)"
    ),
    ("DROP INDEX audit_by_target", "audit_by_target is missing): have sqlite3 run 'CREATE INDEX audit_by_target ON "),
    ("DROP INDEX tokens_by_request", "is missing): have sqlite3 run 'CREATE UNIQUE INDEX tokens_by_request ON "),
    ("DROP INDEX audit_by_target; PRAGMA foreign_keys = OFF; DROP TABLE grants", "damaged (grants is missing)"),
    ("ANALYZE; VACUUM", "started"),
    ("ALTER TABLE tenants RENAME TO odd; ALTER TABLE odd RENAME TO tenants", "started"),
    (
      """
      PRAGMA writable_schema = ON;
      UPDATE sqlite_schema SET sql = replace(sql, '-- NULL: never' || char(10), '-- NULL: never ') WHERE name = 'tokens'
      """, "is damaged (tokens is not as it was made)"
    ),
  ])
  func `what changes what is written, or what lists go by, is tokend's own`(change: String, said: String) throws {
    let (home, database, secret) = try remains()
    _ = try sqlite(database, change)
    let words = try RunningDaemon.refusal(in: home)
    #expect(words.contains(said), "\(words)")
    guard said.contains("have sqlite3 run") else { return }
    // A table in the place of an index takes two.
    var next = words
    while let remedy = next.firstMatch(of: /have sqlite3 run '([^']+)' on it/)?.output.1 {
      _ = try sqlite(database, String(remedy))
      let left = try RunningDaemon.refusal(in: home)
      try #require(left != next, "the remedy has changed nothing: \(left)")
      next = left
    }
    #expect(try RunningDaemon(home: home).reason(secret) == "ALLOWED")
  }

  /// A daemon whose index of names is damaged: the start does not read it, a creation does. It has one token.
  private func damagedDaemon() throws -> (daemon: RunningDaemon, secret: String) {
    let (home, database, secret) = try remains()
    let numbers = try sqlite(
      database, "SELECT rootpage FROM sqlite_schema WHERE name = 'tokens_by_name'; PRAGMA page_size")
    let (page, size) = try #require(
      { (lines: [Int]) in lines.count == 2 ? (lines[0], lines[1]) : nil }(
        numbers.split(separator: "\n").compactMap { Int($0) }))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: database))
    try file.seek(toOffset: UInt64((page - 1) * size))
    try file.write(contentsOf: Data(repeating: 0x5A, count: size))
    try file.close()
    return (try RunningDaemon(home: home), secret)
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
    let (home, database, _) = try remains()
    let daemon = try RunningDaemon(home: home)
    let strace = try Strace([
      "-f", "-p", String(daemon.pid), "-P", database, "-e", "trace=pread64", "-e", "inject=pread64:error=EIO", "-o",
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
    #expect(try RunningDaemon(home: home).client("token", "list").status == 0)
  }

  @Test func `a question that meets damage tells of it too`() throws {
    let (daemon, _) = try damagedDaemon()
    let list = try daemon.client("token", "list", "--sort", "name")
    #expect(list.status == 69 && list.errors.contains("could not be read"), "\(list)")
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
    let (home, _, secret) = try remains()
    let reserve = home + "/state/tokend.reserve"
    try FileManager.default.removeItem(atPath: reserve)
    try FileManager.default.createDirectory(atPath: reserve, withIntermediateDirectories: false)
    let daemon = try RunningDaemon(home: home)
    let tampering = try Tampering(daemon, "pwrite64:error=ENOSPC")
    #expect(throws: (any Error).self) { try daemon.create("b") }
    #expect(try daemon.reason(secret) == "ALLOWED")
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
    let (home, _, _) = try remains()
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: home + "/state")
    #expect(try RunningDaemon.refusal(in: home).contains("with mode 755: it must be the daemon's own, with mode 700"))
  }

  @Test(.enabled(if: geteuid() == 0, "needs root, to give a directory away"))
  func `a state directory of another user is refused`() throws {
    let (home, _, _) = try remains()
    try FileManager.default.setAttributes([.ownerAccountID: 4242], ofItemAtPath: home + "/state")
    #expect(try RunningDaemon.refusal(in: home).contains("belongs to uid 4242"))
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
