// Whether a schema is what its version makes.

extension Schema {
  /// - Parameter version: the one that it has.
  /// - Throws: if what the steps to it make is missing or otherwise, or if there is more: not a trigger alone can keep a token
  ///   from being revoked, but an index whose expression fails can, and a table that refers to a row. What ANALYZE leaves
  ///   does not matter.
  static func check(_ database: Database, as version: Int64) throws(StartFailure) {
    guard let difference = try difference(in: database, from: version) else { return }
    guard case .altered(let what, _) = difference else { throw difference }
    // Whatever is dropped takes the pages with it that it leads to, which may be another's.
    do throws(SQLiteError) { try database.findFault(by: "quick_check(1)") } catch {
      guard error.isCorrupt || error.isOfStatement, !error.isReadFault else { throw StartFailure(error) }
      // It may also need a function that only others have, or find a row wanting that is not tokend's.
      throw .altered(
        "\(what), and SQLite finds more: \(StartFailure.shown(error.message))",
        remedy: "look at it with sqlite3, or restore a backup")
    }
    throw difference
  }

  private static func difference(
    in database: Database, from version: Int64
  ) throws(StartFailure) -> StartFailure? {
    let (made, analyzed, entries): ([SchemaEntry], [SchemaEntry], [SchemaEntry])
    do throws(SQLiteError) {
      let fresh = try Database(path: ":memory:", vfs: nil)
      for step in steps.prefix(Int(version)) { try fresh.run(step) }
      made = try SchemaEntry.all(in: fresh)
      try fresh.run("ANALYZE")
      analyzed = try SchemaEntry.all(in: fresh)
      // Tokend's own only: of others there may be many.
      entries = try SchemaEntry.all(in: database, renamed: made.filter { $0.kind == "table" }.map(\.name))
    } catch {
      throw StartFailure(error)
    }
    let found = Dictionary(entries.map { ($0.key, $0) }) { first, _ in first }
    // SQLite goes by the last of them.
    guard found.count == entries.count else { return .damaged("its schema has two entries of one name") }
    let pages = entries.map(\.page).filter { $0 != 0 }
    guard Set(pages).count == pages.count else { return .damaged("two entries of its schema begin at one page") }
    let others = made.filter { found[$0.key]?.text != $0.text }
    func problem(of entry: SchemaEntry) -> String {
      "\(entry.name) is \(found[entry.key] == nil ? "missing" : "not as it was made")"
    }
    if let other = others.first(where: { !$0.isIndexOfItsOwn }) { return .damaged(problem(of: other)) }
    // One may stand in the way of an index that is missing. Those that SQLite has made for a table go with it.
    let known = Set(made.map(\.key))
    let strange = entries.filter { entry in
      !known.contains(entry.key) && !analyzed.contains { $0.key == entry.key && $0.text == entry.text }
    }
    if let entry = strange.first(where: { !$0.sql.isEmpty }) ?? strange.first { return entry.refusal }
    guard let index = others.first else { return nil }
    // It has nothing that is not in its table too.
    let mending = (found[index.key] == nil ? "" : "DROP INDEX \(index.name); ") + index.sql
    return .altered(problem(of: index), remedy: SchemaEntry.remedy(running: mending))
  }
}
