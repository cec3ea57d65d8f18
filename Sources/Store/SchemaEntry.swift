// What a database says of itself.

/// What sqlite_schema says of a table, an index, a trigger or a view.
struct SchemaEntry {
  let name: String
  let kind: String
  let sql: String
  /// Where it begins in the file; 0 of what has no pages.
  let page: Int64
  /// To be compared, byte by byte: there are other characters that are one to Unicode.
  let text: [UInt8]

  /// Triggers have names of their own.
  var key: String { "\(kind) \(name)" }

  /// SQLite makes others, for what a table says to be unique.
  var isIndexOfItsOwn: Bool { kind == "index" && !sql.isEmpty }

  /// What to say of it if it is not tokend's.
  var refusal: StartFailure {
    guard let article = ["table": "a", "index": "an", "trigger": "a", "view": "a"][kind], !sql.isEmpty, !isReserved
    else {
      return .damaged("its schema has an entry that is not tokend's, and of no kind that can be dropped")
    }
    // What it has done so far stays when it is gone.
    let checking =
      kind == "trigger" ? "; then make a backup, which says if it has changed a token's state" : ""
    // What is told, and what is to be typed, is not to be chosen by whoever has made the file.
    guard name.utf8.count <= 64, name.utf8.allSatisfy(Self.isPlain) else {
      return .altered(
        "its schema has \(article) \(kind) that is not tokend's",
        remedy: "have sqlite3 drop it (.schema lists it)\(Self.otherwise)\(checking)")
    }
    return .altered(
      "\(name), \(article) \(kind), is not tokend's",
      remedy: Self.remedy(running: "DROP \(kind.uppercased()) \"\(name)\"") + checking)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: " "):
      true
    default: false
    }
  }

  /// What is to be done to a database, in words.
  static func remedy(running sql: String) -> String { "have sqlite3 run '\(sql)' on it\(otherwise)" }

  /// A virtual table can't be dropped without the module that it is of, and an index that keeps values apart can't be made
  /// if some are the same by now.
  private static let otherwise = ", or restore a backup if that fails"

  /// SQLite drops no table of such a name, but what ANALYZE has made.
  private var isReserved: Bool {
    let name = name.lowercased()
    return name.hasPrefix("sqlite_") && !name.hasPrefix("sqlite_stat")
  }

  /// All entries, in the order of their names.
  /// - Parameter renamed: tables that may have been renamed, and back.
  static func all(in database: Database, renamed: [String] = []) throws(SQLiteError) -> [SchemaEntry] {
    let rows = try database.statement(
      "SELECT name, type, tbl_name, coalesce(sql, ''), rootpage FROM sqlite_schema ORDER BY name")
    defer { rows.reset() }
    var entries: [SchemaEntry] = []
    while try rows.step() {
      let (kind, sql) = (rows.text(1), rows.text(3))
      let text = "\(kind) of \(rows.text(2)): \(comparable(sql, renamed: renamed))"
      entries.append(
        SchemaEntry(name: rows.text(0), kind: kind, sql: sql, page: rows.integer(4), text: Array(text.utf8)))
    }
    return entries
  }

  /// Without what versions of tokend have differed in, which is how they indent, and without the quotes that SQLite puts
  /// around the name of a table that is renamed. A line stays one, as it may end in a comment. No step has two spaces in a
  /// text of its own.
  private static func comparable(_ sql: String, renamed: [String]) -> String {
    var sql = sql
    for table in renamed {
      sql = sql.split(separator: "\"\(table)\"", omittingEmptySubsequences: false).joined(separator: table)
    }
    let lines = sql.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    return lines.filter { !$0.isEmpty }.joined(separator: "\n")
  }
}
