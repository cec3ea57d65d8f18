// Rows that a tokend has written, read to be written once more.

import Store

/// The rows of one table, in the order of its key, some thousands at a time.
struct SQLiteRows {
  /// What a column of a row has.
  private enum Value {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])
  }

  /// The statement that inserts a row into a table of that name.
  let insert: String
  private let select: String
  private let kinds: [String]
  private let source: Database
  private var held: [[Value]] = []
  /// The number of the first row that is held.
  private var first = 1

  /// - Parameters:
  ///   - source: the database that they are read from.
  ///   - key: its column that numbers them, from 1 on without gaps.
  init(of table: String, by key: String, in source: Database) throws {
    // Columns that are made of others are not in it.
    let about = try source.statement("SELECT name, type FROM pragma_table_info('\(table)')")
    var (names, kinds): ([String], [String]) = ([], [])
    while try about.step() {
      names.append(about.text(0))
      kinds.append(about.text(1))
    }
    let columns = names.joined(separator: ", ")
    insert =
      "INSERT INTO \(table) (\(columns)) VALUES (\(names.map { _ in "?" }.joined(separator: ", ")))"
    select = "SELECT \(columns) FROM \(table) WHERE \(key) BETWEEN ?1 AND ?2 ORDER BY \(key)"
    self.kinds = kinds
    self.source = source
  }

  /// Reads rows from `number` on, unless so many are held.
  mutating func hold(_ count: Int, from number: Int) throws {
    guard number < first || number + count > first + held.count else { return }
    let most = max(count, 5000)
    let rows = try source.statement(select).bind(1, Int64(number)).bind(2, Int64(number + most - 1))
    held.removeAll(keepingCapacity: true)
    first = number
    while try rows.step() {
      held.append(
        kinds.enumerated().map { place, kind in
          let column = Int32(place)
          if rows.isNull(column) { return .null }
          switch kind {
          case "INTEGER": return .integer(rows.integer(column))
          case "BLOB": return .blob(rows.bytes(column))
          default: return .text(rows.text(column))
          }
        })
    }
    guard held.count >= count else { throw BenchFailure("there are too few rows: \(select)") }
  }

  /// Inserts a row that is held.
  func insert(_ number: Int, into database: Database) throws(SQLiteError) {
    let statement = try database.statement(insert)
    for (place, value) in held[number - first].enumerated() {
      let column = Int32(place + 1)
      switch value {
      case .null: continue
      case .integer(let number): try statement.bind(column, number)
      case .text(let text): try statement.bind(column, text)
      case .blob(let bytes): try statement.bind(column, blob: bytes)
      }
    }
    try statement.run()
  }
}
