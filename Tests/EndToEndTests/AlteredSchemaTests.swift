// Databases whose schema is not as tokend makes it: what a start says of each, and that what it says mends it.

import Harness
import Foundation
import Testing
import TokenClient
import Wire

@Suite struct AlteredSchemaTests {
  @Test func `a version that never was, and a table that is gone, are damage`() throws {
    let remains = try Remains()
    let version = try remains.sqlite("PRAGMA user_version").trimmingCharacters(in: .whitespacesAndNewlines)
    try remains.sqlite("PRAGMA user_version = -1")
    #expect(try RunningDaemon.refusal(in: remains.home).contains("is damaged (its schema has version -1)"))
    try remains.sqlite("PRAGMA user_version = \(version)")
    let daemon = try RunningDaemon(home: remains.home)
    #expect(try daemon.reason(remains.secret) == "ALLOWED")
    #expect(daemon.stop() == 0)
    try remains.sqlite("PRAGMA foreign_keys = OFF; DROP TABLE permission_sets")
    #expect(try RunningDaemon.refusal(in: remains.home).contains("is damaged (permission_sets is missing)"))
  }

  @Test func `what SQLite says of a name in the file is told in what shows`() throws {
    let remains = try Remains()
    try remains.sqlite(
      """
      PRAGMA writable_schema = ON; INSERT INTO sqlite_schema
      VALUES ('table', char(10, 27) || '[2J' || printf('%.*c', 1000, 'a'), 'a', 2, 'CREATE TABLE a(')
      """)
    let words = try RunningDaemon.refusal(in: remains.home)
    #expect(words.contains("is damaged (malformed database schema (\u{FFFD}\u{FFFD}[2Jaaa"))
    #expect(words.contains("aaa…): restore a backup"))
    #expect(words.utf8.count < 1000 && !words.contains("\u{1B}"))
  }

  @Test(arguments: [
    (
      "CREATE TRIGGER odd AFTER UPDATE ON tokens BEGIN UPDATE tokens SET state = 1; END",
      "odd, a trigger, is not tokend's): have sqlite3 run 'DROP TRIGGER \"odd\"' on it, or restore a backup if that fails; then make a backup, which says "
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
    // A DROP would take what it has not, and leave tokend's own table without.
    (
      """
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
      INSERT INTO audit SELECT 1000 + i, 0, 'uid:0', 'odd', 'odd', 'odd', zeroblob(32) FROM n;
      PRAGMA writable_schema = ON; INSERT INTO sqlite_schema
      SELECT 'table', 'odd', 'odd', max(pageno), 'CREATE TABLE odd (a)' FROM dbstat
      WHERE name = 'audit' AND pagetype = 'leaf'
      """, "2nd reference to page"
    ),
    (
      """
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
      INSERT INTO audit SELECT 1000 + i, 0, 'uid:0', 'odd', 'odd', 'odd', zeroblob(32) FROM n;
      PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || ' AND 1',
        rootpage = (SELECT max(pageno) FROM dbstat WHERE name = 'audit_by_target' AND pagetype = 'leaf')
      WHERE name = 'tokens_by_request'
      """, "2nd reference to page"
    ),
    (
      "CREATE TABLE odd (a COLLATE uint UNIQUE, b AS (sha3(a)))",
      "odd, a table, is not tokend's, and SQLite finds more: no such collation sequence: uint): look at it with "
    ),
    ("PRAGMA user_version = 0", "is damaged (its schema has version 0): restore a backup"),
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
    let remains = try Remains()
    try remains.sqlite(change)
    let words = try RunningDaemon.refusal(in: remains.home)
    #expect(words.contains(said), "\(words)")
    guard said.contains("have sqlite3 run") else { return }
    // A table in the place of an index takes two.
    var next = words
    while let remedy = next.firstMatch(of: /have sqlite3 run '([^']+)' on it/)?.output.1 {
      try remains.sqlite(String(remedy))
      let left = try RunningDaemon.refusal(in: remains.home)
      try #require(left != next, "the remedy has changed nothing: \(left)")
      next = left
    }
    #expect(try RunningDaemon(home: remains.home).reason(remains.secret) == "ALLOWED")
  }
}
