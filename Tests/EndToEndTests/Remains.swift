// What a daemon leaves behind.

import Foundation
import Harness
import Testing
import Wire

/// Where a daemon has been that has stopped, and the token it has made.
struct Remains {
  let home: String
  let secret: String
  var database: String { home + "/state/tokend.db" }

  init() throws {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    secret = try daemon.create("a").secret
    #expect(daemon.stop() == 0)
    home = daemon.home
  }

  /// The token's.
  var id: String { String(secret.dropFirst("tokend_".count).prefix(11)) }

  /// Adds so many tokens that a start has read other pages since those of the grants and scopes.
  func fill() throws {
    try sqlite(
      """
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
      INSERT INTO tokens (id, digest, tenant, name, description, scope_set, state, creator, created_at)
      SELECT printf('%011d', i), randomblob(32), 1, 'n' || i, hex(zeroblob(200)), 1, 1, 'uid:0', 1 FROM n
      """)
  }

  /// The page that a table begins at; to be asked while no daemon has the database.
  func page(of table: String) throws -> Int {
    try #require(Int(sqlite("SELECT rootpage FROM sqlite_schema WHERE name = '\(table)'").dropLast()))
  }

  /// Writes over a text of a page, a daemon or none.
  func overwrite(_ text: String, onPage page: Int, with other: String) throws {
    try overwrite(Data(text.utf8), onPage: page, with: Data(other.utf8))
  }

  /// Writes over the first of such bytes of a page.
  func overwrite(_ bytes: Data, onPage page: Int, with others: Data) throws {
    let file = try #require(FileHandle(forUpdatingAtPath: database))
    let all = try #require(try file.readToEnd())
    let place = try #require(all.range(of: bytes, in: (page - 1) * 4096..<page * 4096))
    try file.seek(toOffset: UInt64(place.lowerBound))
    try file.write(contentsOf: others)
    try file.close()
  }

  /// Has sqlite3(1) run `sql` on the database.
  @discardableResult func sqlite(_ sql: String) throws -> String {
    let run = try Run("/usr/bin/sqlite3", [database, sql])
    #expect(run.status == 0, "\(run.errors)")
    return run.output
  }
}
