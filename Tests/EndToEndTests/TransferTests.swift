// Tokens that come from elsewhere, go elsewhere, and come back.

import Harness
import Foundation
import Testing
import TokenClient
import Tokens
import Wire

@Suite struct TransferTests {
  private let daemon: RunningDaemon

  init() throws {
    daemon = try RunningDaemon()
    try daemon.addTenant()
  }

  private static func digest(_ token: String) throws -> [UInt8] {
    Digest(hashing: Array(token.utf8).span).bytes
  }

  @Test func `raw tokens and digests are imported, each with a result of its own, and validate at once`() throws {
    let tokens = try (1...3).map { try RunningDaemon.Stranger.token($0) }
    let base64 = Data(try Self.digest(tokens[2])).base64EncodedString()
    let lines = [
      #"{"name":"raw","scopes":["pipeline:read"],"secret":"\#(tokens[0])"}"#,
      #"{"name":"hex","permission_set":"read-only","sha256":"\#(hexadecimal(try Self.digest(tokens[1])))","id":"aaaaaaaaaaa"}"#,
      #"{"name":"base64","scopes":["alerts:read"],"sha256_base64":"\#(base64)","id":"bbbbbbbbbbb","expires_at":4102444800}"#,
      #"{"name":"raw","scopes":["pipeline:read"],"sha256":"\#(String(repeating: "0", count: 64))","id":"ccccccccccc"}"#,
      #"{"name":"bad","scopes":["no:such"],"sha256":"\#(String(repeating: "1", count: 64))","id":"ddddddddddd"}"#,
      #"{"name":"short","scopes":["pipeline:read"],"sha256":"1234","id":"eeeeeeeeeee"}"#,
      #"{"name":"foreign","scopes":["pipeline:read"],"secret":"ghp_something"}"#,
      #"{"name":"none","scopes":["pipeline:read"]}"#,
      #"{"name":"again","scopes":["pipeline:read"],"secret":"\#(tokens[0])"}"#,
      "not json",
    ]
    let run = try daemon.client("token", "import", "--json", input: lines.joined(separator: "\n"))
    #expect(run.status == 1)
    let document = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let results = try #require(document["results"] as? [[String: Any]])
    let codes = Dictionary(
      uniqueKeysWithValues: results.map { ($0["line"] as? Int ?? 0, $0["code"] as? String ?? "kept") })
    #expect(
      codes == [
        1: "kept", 2: "kept", 3: "kept", 4: "TOKEN_NAME_TAKEN", 5: "UNKNOWN_SCOPE", 6: "INVALID_DIGEST",
        7: "MALFORMED_TOKEN", 8: "SECRET_OR_DIGEST", 9: "TOKEN_ID_TAKEN", 10: "INVALID_LINE",
      ])
    #expect(document["kept"] as? Int == 3 && document["failed"] as? Int == 7)
    for token in tokens { #expect(try daemon.reason(token) == "ALLOWED") }
    #expect(
      try daemon.client("audit", "list", "--action", "token.import", "--json").output.components(
        separatedBy: "token.import"
      ).count == 4)
    // No secret is repeated, in an answer or on the disk.
    #expect(!run.output.contains(tokens[0]) && !run.errors.contains(tokens[0]))
  }

  @Test func `a dry run of an import says what would be, and keeps nothing`() throws {
    let token = try RunningDaemon.Stranger.token(1)
    let line = #"{"name":"raw","scopes":["pipeline:read"],"secret":"\#(token)"}"#
    let run = try daemon.client("token", "import", "--dry-run", input: line + "\n" + line)
    #expect(run.status == 1 && run.output == "would keep 1 token, 1 failed\n" && run.errors.contains("line 2"))
    #expect(try daemon.reason(token) == "UNKNOWN")
    #expect(try daemon.client("token", "list").output.isEmpty)
    // The trail goes on where it was.
    _ = try daemon.create("after")
    #expect(try daemon.client("audit", "verify").output.hasPrefix("verified 2 events"))
    #expect(try daemon.client("token", "import", input: line).status == 0)
    #expect(try daemon.reason(token) == "ALLOWED")
  }

  @Test func `a thousand tokens are imported in batches, and are all exported`() throws {
    let lines = try (0..<1000).map {
      #"{"name":"n\#($0)","scopes":["pipeline:read"],"secret":"\#(try RunningDaemon.Stranger.token($0))"}"#
    }
    #expect(
      try daemon.client("token", "import", input: lines.joined(separator: "\n")).output
        == "kept 1000 tokens, 0 failed\n")
    let export = try daemon.client("token", "export")
    let exported = export.output.split(separator: "\n")
    #expect(exported.count == 1000)
    let first = try #require(try JSONSerialization.jsonObject(with: Data(exported[0].utf8)) as? [String: Any])
    #expect(first["name"] as? String == "n0" && first["secret"] == nil)
    #expect(try daemon.client("token", "export", "--name-prefix", "n99").output.split(separator: "\n").count == 11)
  }

  @Test func `an import takes no line that an export says is revoked, disabled or another tenant's`() throws {
    func line(_ more: String) -> String {
      #"{"name":"x","scopes":["pipeline:read"],"id":"ABCDEFGHIJK","sha256":"\#(String(repeating: "0", count: 64))"\#(more)}"#
    }
    for more in [
      #","state":"revoked""#, #","state":"disabled""#, #","tenant_id":"test""#, #","org_id":"x""#, #","nam":"y""#,
    ] {
      let run = try daemon.client("token", "import", "--dry-run", input: line(more))
      #expect(run.status == 1 && run.output == "would keep 0 tokens, 1 failed\n", "\(more): \(run)")
    }
    let own = try daemon.client(
      "token", "import", "--dry-run", input: line(#","state":"active","org_id":"acme","tenant_id":"prod""#))
    #expect(own.status == 0)
  }

  @Test func `an argument that is not UTF-8 is not taken for another`() throws {
    let run = try Run(
      "/bin/sh",
      ["-c", #""$0" token create "$(printf '\377')" --scope pipeline:read"#, RunningDaemon.programs + "/tokend-client"])
    #expect(run.status == 2 && run.errors.contains("argument 3 is not UTF-8 text"), "\(run)")
  }

  // MARK: explain

  /// Whatever is asked, the explanation ends with the verdict that Validate gives.
  @Test func `an explanation names every check in order, and its verdict is Validate's`() throws {
    let live = try daemon.create("live", scopes: ["pipeline:read"]).secret
    let revoked = try daemon.create("revoked")
    try daemon.revoke(revoked.token.id)
    let disabled = try daemon.create("disabled")
    _ = try daemon.client("token", "disable", "disabled")
    let stranger = try RunningDaemon.Stranger.token(7)
    for (token, tenant, scope) in [
      (live, "prod", "pipeline:read"), (live, "prod", "pipeline:write"), (live, "prod", "no:such"),
      (live, "test", "pipeline:read"), (revoked.secret, "prod", "alerts:read"),
      (disabled.secret, "test", "alerts:read"),
      (stranger, "prod", "pipeline:read"), ("tokend_nonsense", "prod", "pipeline:read"), ("", "prod", "pipeline:read"),
    ] {
      let verdict = try daemon.reason(token, "acme", tenant, [scope])
      let run = try daemon.client("token", "explain", "--tenant", tenant, "--require", scope, "--json", input: token)
      let document = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      #expect(document["reason"] as? String == verdict)
      let checks = try #require(document["checks"] as? [[String: Any]])
      #expect(
        checks.map { $0["reason"] as? String } == [
          "MISSING_CREDENTIAL", "MISSING_CONTEXT", "MALFORMED", "UNKNOWN", "REVOKED", "DISABLED", "EXPIRED",
          "BINDING_MISMATCH", "INSUFFICIENT_SCOPE",
        ])
      let firstFailed = checks.first { $0["outcome"] as? String == "failed" }
      #expect(firstFailed?["reason"] as? String ?? "ALLOWED" == verdict)
    }
    let table = try daemon.client("token", "explain", "live", "--require", "no:such,pipeline:write,pipeline:read")
    #expect(table.output.contains("missing: no:such (is not registered), pipeline:write (is not held)"))
    #expect(table.output.contains("verdict: INSUFFICIENT_SCOPE, HTTP 403"))
  }

  // MARK: backup, restore

  @Test func `a backup that is made under load is whole, and is restored only while no daemon runs`() throws {
    let early = try daemon.create("early")
    let path = daemon.home + "/copy.db"
    let administrator = daemon.administrator
    let writer = Thread {
      for number in 0..<500 {
        var request = CreateTokenRequest()
        (request.org, request.tenant, request.name) = ("acme", "prod", "load\(number)")
        request.scopes = ["pipeline:read"]
        _ = try? administrator.call(Methods.createToken, request)
      }
    }
    writer.start()
    let run = try daemon.client("backup", "create", path)
    #expect(run.status == 0, "\(run.errors)")
    while !writer.isFinished { sched_yield() }
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(!FileManager.default.fileExists(atPath: daemon.home + "/state/backup.tmp"))
    // Nothing is written over.
    #expect(try daemon.client("backup", "create", path).status == 74)
    try daemon.revoke(early.token.id)
    let live = try daemon.client("backup", "restore", path, "--state-dir", daemon.home + "/state", "--yes")
    #expect(live.status == 1 && live.errors.contains("works on this state directory"))
    #expect(daemon.stop() == 0)
    let restored = try daemon.client("backup", "restore", path, "--state-dir", daemon.home + "/state", "--yes")
    #expect(restored.status == 0 && restored.output.contains("restored ") && restored.output.contains("is kept as"))
    let again = try RunningDaemon(home: daemon.home)
    // As of the backup, the token was live.
    #expect(try again.reason(early.secret) == "ALLOWED")
    #expect(try again.client("audit", "verify").status == 0)
  }

  @Test func `a damaged backup, a broken trail or something else is not restored, and nothing is changed`() throws {
    let made = try daemon.create("a")
    let path = daemon.home + "/copy.db"
    #expect(try daemon.client("backup", "create", path).status == 0)
    #expect(daemon.stop() == 0)
    func restore(_ file: String) throws -> Run {
      try Run(RunningDaemon.programs + "/tokend", ["--restore", file, "--state-dir", daemon.home + "/state"])
    }
    let altered = daemon.home + "/altered.db"
    try FileManager.default.copyItem(atPath: path, toPath: altered)
    _ = try Run("/usr/bin/sqlite3", [altered, "UPDATE audit SET actor = 'uid:9' WHERE revision = 1"])
    let emptied = daemon.home + "/emptied.db"
    try FileManager.default.copyItem(atPath: path, toPath: emptied)
    _ = try Run("/usr/bin/sqlite3", [emptied, "DELETE FROM audit; DELETE FROM sqlite_sequence WHERE name = 'audit'"])
    let cut = daemon.home + "/cut.db"
    try Data(try Data(contentsOf: URL(fileURLWithPath: path)).prefix(20_000)).write(to: URL(fileURLWithPath: cut))
    let empty = daemon.home + "/empty.db"
    try Data().write(to: URL(fileURLWithPath: empty))
    let noise = daemon.home + "/noise.db"
    try Data(repeating: 7, count: 5000).write(to: URL(fileURLWithPath: noise))
    for (file, why) in [
      (empty, "it has only 0 bytes"), (emptied, "its audit trail tells of 0"),
      (altered, "its audit trail is broken: event 1"),
      (cut, "is damaged"), (noise, "is damaged"),
      (daemon.home + "/none.db", "No such file"), (daemon.home, "Is a directory"),
    ] {
      let run = try restore(file)
      #expect(run.status == 1 && run.errors.contains(why) && run.errors.contains("nothing was changed"), "\(run)")
    }
    let again = try RunningDaemon(home: daemon.home)
    #expect(try again.reason(made.secret) == "ALLOWED")
  }

  @Test
  func `a backup that nobody goes on reading does not stand in the way for ever, and none but its reader gets it`()
    throws
  {
    let first = try daemon.administrator.call(Methods.beginBackup, BeginBackupRequest()).id
    #expect(throws: (any Error).self) { try daemon.administrator.call(Methods.beginBackup, BeginBackupRequest()) }
    var request = ReadBackupRequest()
    request.id = first + 1
    #expect(throws: (any Error).self) { try daemon.administrator.call(Methods.readBackup, request) }
    var end = EndBackupRequest()
    end.id = first
    _ = try daemon.administrator.call(Methods.endBackup, end)
    // If it was being checked, that comes to its end.
    var second: UInt64?
    eventually(within: .seconds(10), "another backup") {
      second = try? daemon.administrator.call(Methods.beginBackup, BeginBackupRequest()).id
      return second != nil
    }
    #expect(second != first)
  }
}
