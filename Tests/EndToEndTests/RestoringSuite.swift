// What suites about restores share.

import Foundation
import Harness
import Testing
import Wire

/// A suite that has a daemon with a tenant, and restores databases.
protocol RestoringSuite {
  var daemon: RunningDaemon { get }
}

extension RestoringSuite {
  /// `tokend --restore` of `file` into a home of that name, whose daemon was killed: there is a write-ahead log, with a
  /// revocation in it.
  /// - Parameter injections: what befalls its system calls, as strace's `--inject` takes it.
  func restore(_ file: String, into home: String, _ injections: String...) throws -> Run {
    let command = [RunningDaemon.programs + "/tokend", "--restore", file, "--state-dir", home + "/state"]
    guard !injections.isEmpty else { return try Run(command[0], Array(command.dropFirst())) }
    return try Strace.run(command, injections)
  }

  func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// The database that a restore keeps, which must be the only one.
  func kept(in home: String) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: home + "/state").filter {
      $0.contains("before-restore") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm")
    }
    #expect(names.count == 1)
    return home + "/state/" + (try #require(names.first))
  }

  /// How many revoked tokens a database has.
  func revoked(in database: String) throws -> String {
    try Run("/usr/bin/sqlite3", [database, "SELECT count(*) FROM tokens WHERE revoked_at IS NOT NULL"]).output
  }

  /// A backup in which a token is live that was revoked since.
  func leaveBackup() throws -> (path: String, secret: String) {
    let path = daemon.home + "/copy.db"
    let early = try daemon.create("early")
    #expect(try daemon.client("backup", "create", path).status == 0)
    try daemon.revoke(early.token.id)
    daemon.kill()
    #expect(FileManager.default.fileExists(atPath: daemon.home + "/state/tokend.db-wal"))
    return (path, early.secret)
  }

  func copyOfState(_ name: String) throws -> String {
    let home = daemon.home + "/\(name)"
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: daemon.home + "/state", toPath: home + "/state")
    return home
  }

  func emptyHome(_ name: String) throws -> String {
    let home = daemon.home + "/\(name)"
    try FileManager.default.createDirectory(
      atPath: home + "/state", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    return home
  }
}
