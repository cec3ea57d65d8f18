// A list for people: columns under headings, as wide as the terminal.
// This file is the one import site of libsmartcols.

private import CSmartcols
private import Glibc

/// Rows of text under headings.
struct Table: Sendable {
  /// How a column looks.
  struct Column: Sendable {
    /// The heading; printed in capitals.
    let title: String
    /// Whether cells stand at the right edge, as numbers should.
    let isRight: Bool
    /// Whether cells may be cut short on a narrow terminal.
    let mayTruncate: Bool
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  init(columns: [Column]) {
    precondition(!columns.isEmpty)
    self.columns = columns
  }

  /// Adds a row, with one cell for each column.
  mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count)
    rows.append(cells.map(Terminal.plain))
  }

  /// The table with a final newline, cut to `width` columns if given; empty if there are no rows. What could
  /// steer a terminal is written as \u{…}; what the locale cannot print, as \xNN.
  ///
  /// The call is scols_print_table_to_string(3).
  func text(width: Int?) -> String {
    guard !rows.isEmpty else { return "" }
    let printer = Printer()
    for column in columns { printer.add(column) }
    for row in rows { printer.add(row) }
    // Cells that are empty at the end of a line leave blanks behind.
    return printer.text(width: width).split(separator: "\n", omittingEmptySubsequences: true).map { line in
      String(line[..<(line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex)]) + "\n"
    }.joined()
  }
}

/// A table of libsmartcols, which counts the references to its parts.
///
/// It is safe because the pointer is released with this value, its only holder, and libsmartcols copies all text.
@safe
private struct Printer: ~Copyable {
  private let table: OpaquePointer

  init() {
    // Like Swift's own allocations, those of libsmartcols end the program if there is no memory.
    guard let table = unsafe scols_new_table() else { fatalError("out of memory") }
    unsafe self.table = table
    check(unsafe scols_table_enable_ascii(table, 1))
    check(unsafe scols_table_enable_colors(table, 0))
  }

  deinit {
    unsafe scols_unref_table(table)
  }

  func add(_ column: Table.Column) {
    let flags = (column.isRight ? SCOLS_FL_RIGHT : 0) | (column.mayTruncate ? SCOLS_FL_TRUNC : 0)
    // A width of 0 is found from the cells.
    let added = unsafe scols_table_new_column(table, column.title.uppercased(), 0, Int32(flags))
    guard unsafe added != nil else { fatalError("out of memory") }
  }

  func add(_ cells: [String]) {
    guard let line = unsafe scols_table_new_line(table, nil) else { fatalError("out of memory") }
    for (index, cell) in cells.enumerated() {
      check(unsafe scols_line_set_data(line, index, cell))
    }
  }

  func text(width: Int?) -> String {
    check(unsafe scols_table_set_termforce(table, Int32(width == nil ? SCOLS_TERMFORCE_NEVER : SCOLS_TERMFORCE_ALWAYS)))
    if let width { check(unsafe scols_table_set_termwidth(table, max(width, 1))) }
    var text: UnsafeMutablePointer<CChar>?
    check(unsafe scols_print_table_to_string(table, &text))
    guard let text = unsafe text else { return "" }
    defer { unsafe free(text) }
    return unsafe String(cString: text)
  }

  private func check(_ result: Int32) {
    precondition(result == 0, "libsmartcols: error \(result)")
  }
}
