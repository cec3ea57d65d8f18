// Files that are not opened, and why.

import Foundation
import Testing
import Tokens

@testable import Store

@Suite struct OpeningTests {
  let disk: StoreOnDisk

  init() throws { disk = try StoreOnDisk() }

  private func refusal(_ path: String) -> StartFailure? {
    do throws(StartFailure) {
      _ = try TokenStore(path: path, vfs: nil)
      return nil
    } catch {
      return error
    }
  }

  /// A file made by `sql`, outside the store.
  private func file(_ name: String, _ sql: String) throws -> String {
    let path = disk.directory + "/" + name
    let database = try Database(path: path, vfs: nil)
    try database.run(sql)
    return path
  }

  @Test func `a file that is open is not opened again`() {
    #expect(refusal(disk.path) == .busy)
  }

  @Test func `a database of the first version is brought to the newest, and keeps its tokens`() throws {
    let path = try file(
      "first.db",
      Schema.steps[0]
        + """
        INSERT INTO scopes VALUES (0, 'pipeline:read');
        INSERT INTO tenants VALUES (1, 'acme', 'prod', 5);
        INSERT INTO scope_sets VALUES (1, 'pipeline:read');
        INSERT INTO tokens (ordinal, id, digest, tenant, name, description, scope_set, state, creator, created_at, expires_at)
          VALUES (1, 'aaaaaaaaaaa', zeroblob(32), 1, 'old', '', 1, 1, 'uid:0', 7, NULL);
        PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = 1; PRAGMA journal_mode = WAL;
        """)
    let store = try TokenStore(path: path, vfs: nil)
    let token = try store.token(id: "aaaaaaaaaaa", in: StoreOnDisk.acme).get()
    #expect(token.name == "old" && token.scopes.map(\.description) == ["pipeline:read"] && token.expiry == .never)
    #expect(try store.database.number(of: "user_version") == Int64(Schema.steps.count))
  }

  @Test func `databases of earlier schemas become what a new one is, and keep their tokens and their trail`() throws {
    let golden = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Golden")
    let new = try Self.schema(of: disk.store.database)
    let names = try FileManager.default.contentsOfDirectory(atPath: golden.path).sorted()
    #expect(names == (1..<Schema.steps.count).map { "schema-\($0).sql" }, "each schema but the newest has one")
    for name in names {
      let path = try file(name + ".db", try String(contentsOf: golden.appending(path: name), encoding: .utf8))
      let store = try TokenStore(path: path, vfs: nil)
      var states: [TokenState: Int] = [:]
      try store.forEachToken { (token, _, _) throws(Never) in states[token.state, default: 0] += 1 }
      #expect(states == [.active: 17, .disabled: 2, .revoked: 5])
      #expect(try store.audit.problem() == nil && store.audit.revision > 24)
      #expect(try Self.schema(of: store.database) == new, "\(name) has become another schema")
    }
  }

  @Test func `an earlier schema that was altered is refused before it is made another`() throws {
    let path = try file(
      "altered.db",
      Schema.steps[0]
        + "CREATE TABLE odd (a); PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = 1")
    guard case .altered(let what, _)? = refusal(path) else {
      Issue.record("was opened")
      return
    }
    #expect(what == "odd, a table, is not tokend's")
    #expect(try Database(path: path, vfs: nil).number(of: "user_version") == 1)
  }

  /// What SQLite keeps of tables and indexes, without comments and the space between words.
  private static func schema(of database: Database) throws -> [String] {
    let rows = try database.statement("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name")
    var found: [String] = []
    while try rows.step() {
      let lines = rows.text(1).split(separator: "\n").map { $0.prefix { $0 != "-" } }
      found.append(rows.text(0) + " " + lines.joined(separator: " ").split(separator: " ").joined(separator: " "))
    }
    rows.reset()
    return found
  }

  @Test(arguments: [-1, 512, Int64.min, .max])
  func `a scope whose number can't be is damage`(number: Int64) throws {
    let path = disk.directory + "/scope.db"
    try TokenStore.make(at: path)
    try Database(path: path, vfs: nil).run(
      "PRAGMA ignore_check_constraints = ON; INSERT INTO scopes (number, name) VALUES (\(number), 'x:read');")
    guard case .damaged(let why)? = refusal(path) else {
      Issue.record("was opened")
      return
    }
    #expect(why.contains("x:read"))
  }

  @Test func `a newer schema is refused, and not written to`() throws {
    let path = try file("newer.db", "PRAGMA application_id = \(0x746F_6B64); PRAGMA user_version = 4711")
    let before = FileManager.default.contents(atPath: path)
    guard case .newer(found: 4711, known: let known)? = refusal(path) else {
      Issue.record("was opened")
      return
    }
    #expect(known >= 1 && FileManager.default.contents(atPath: path) == before)
  }

  @Test func `another program's database is refused, and not written to`() throws {
    for sql in ["CREATE TABLE t (x)", "PRAGMA application_id = 99; CREATE TABLE t (x)", "PRAGMA user_version = 1"] {
      let path = try file("other\(sql.utf8.count).db", sql)
      let before = FileManager.default.contents(atPath: path)
      #expect(refusal(path) == .foreign)
      #expect(FileManager.default.contents(atPath: path) == before)
    }
  }

  @Test func `a file that is no database is called damaged`() throws {
    let path = disk.directory + "/noise.db"
    try Data(repeating: 0x5A, count: 10_000).write(to: URL(fileURLWithPath: path))
    guard case .damaged? = refusal(path) else {
      Issue.record("was opened")
      return
    }
  }

  @Test func `a directory, and a file in none, can not be opened`() throws {
    for path in [disk.directory, disk.directory + "/no/such.db"] {
      guard case .system(let why)? = refusal(path) else {
        Issue.record("was opened")
        continue
      }
      #expect(why.contains("unable to open"))
    }
  }

  @Test func `an empty file becomes a database`() throws {
    let path = disk.directory + "/empty.db"
    #expect(FileManager.default.createFile(atPath: path, contents: Data()))
    #expect(refusal(path) == nil)
  }
}
