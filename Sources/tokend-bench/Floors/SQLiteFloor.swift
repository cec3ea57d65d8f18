// What of a create is SQLite: the same rows, written by nothing else.

import Linux
import Store

/// Inserts tokens and audit events that a tokend has written when tokens were created, so that ids rise as its ids do, into a
/// database with the same tables, indexes and settings, a row a statement as tokend does, so many tokens a transaction. Rows
/// are read before the time runs. No check, digest, index in memory or socket is there.
struct SQLiteFloor {
  private static let tables = [("tokens", "ordinal"), ("audit", "revision")]

  private let path: String
  /// The database that rows are taken from.
  private let source: String
  /// Tokens in it.
  private let total: Int
  private let isIndexed: Bool
  private var rows: [SQLiteRows]
  private var database: Database
  /// Tokens in the database that is inserted into.
  private(set) var written = 0

  /// - Parameters:
  ///   - source: a database that a tokend has made and filled. Nobody writes to it.
  ///   - file: where a database is made to insert into.
  ///   - isIndexed: whether it has the indexes that lists are made from; those that hold a column's values apart it has.
  init(rowsOf source: String, in file: String, isIndexed: Bool) throws {
    self.source = source
    self.isIndexed = isIndexed
    path = file
    database = try Self.make(path, like: source, isIndexed)
    let filled = try Database(path: source, vfs: nil)
    rows = try Self.tables.map { try SQLiteRows(of: $0, by: $1, in: filled) }
    total = try Self.texts("SELECT count(*) FROM tokens", filled).first.flatMap { Int($0) } ?? 0
  }

  /// Inserts for some time, and counts tokens; latencies are those of transactions.
  /// - Parameter held: how many tokens the database has before.
  mutating func run(with held: Int, tokens: Int, seconds: Double) throws -> Outcome {
    if written > held { try beginAgain() }
    while written < held { _ = try insert(min(5000, held - written)) }
    var outcome = Outcome()
    var spent: UInt64 = 0
    while spent < UInt64(seconds * 1e9) {
      let time = try insert(tokens)
      outcome.latency.add(time)
      spent += time
    }
    outcome.rate = Double(written - held) / (Double(spent) / 1e9)
    return outcome
  }

  /// Inserts so many tokens in one transaction.
  /// - Returns: the nanoseconds that it took. Rows are read before that: meanwhile the disk may write what was left to it.
  private mutating func insert(_ tokens: Int) throws -> UInt64 {
    guard written + tokens <= total else {
      throw BenchFailure("\(source) has too few tokens: fewer rounds, or seconds")
    }
    for table in rows.indices { try rows[table].hold(tokens, from: written + 1) }
    let begin = System.monotonicNanoseconds()
    try database.run("BEGIN")
    for row in written + 1...written + tokens {
      for table in rows { try table.insert(row, into: database) }
    }
    try database.run("COMMIT")
    written += tokens
    return System.monotonicNanoseconds() - begin
  }

  /// Begins with the first row again, in a new database.
  private mutating func beginAgain() throws {
    // The one before has its file to itself until it is closed.
    database = try Database(path: ":memory:", vfs: nil)
    database = try Self.make(path, like: source, isIndexed)
    written = 0
  }

  private static func make(_ path: String, like source: String, _ isIndexed: Bool) throws -> Database {
    for ending in ["", "-wal", "-shm"] { System.remove(path + ending) }
    let database = try Database(path: path, vfs: nil)
    try database.run("ATTACH '\(source)' AS source")
    let kinds = isIndexed ? "'table', 'index'" : "'table'"
    let schema = "FROM source.sqlite_schema WHERE name NOT LIKE 'sqlite%' AND type IN (\(kinds)) ORDER BY rowid"
    for step in try texts("SELECT sql \(schema)", database) { try database.run(step) }
    // What tokens refer to.
    for table in try texts("SELECT name FROM source.sqlite_schema WHERE type = 'table' ORDER BY rowid", database)
    where !table.hasPrefix("sqlite") && !tables.contains(where: { $0.0 == table }) {
      try database.run("INSERT INTO main.\(table) SELECT * FROM source.\(table)")
    }
    try database.run("DETACH source")
    try database.run(DatabaseSettings.alone)
    try database.run(DatabaseSettings.durable)
    try database.run(DatabaseSettings.roomy)
    return database
  }

  private static func texts(_ select: String, _ database: Database) throws -> [String] {
    let rows = try database.statement(select)
    var texts: [String] = []
    while try rows.step() { texts.append(rows.text(0)) }
    return texts
  }
}
