// A list for people: columns under headings, as wide as the terminal.
// This file is the one import site of libsmartcols.

private import CSmartcols
private import Glibc
private import Linux

/// Rows of text under headings.
struct Table: Sendable {
  /// How a column looks.
  struct Column: Sendable {
    /// The heading; printed in capitals.
    let title: String
    /// Whether cells stand at the right edge, as numbers should.
    let isRight: Bool
    /// Whether cells may be cut short on a narrow terminal; a cut is marked.
    let mayTruncate: Bool
    /// Whether cells may go on in a further line on a narrow terminal, between words.
    var mayWrap = false
  }

  /// The colour of a cell, if the terminal is to have any.
  enum Color: String, Sendable {
    case green, yellow, red
  }

  private struct Row {
    var cells: [String]
    let colors: [Int: Color]
  }

  private let columns: [Column]
  private var rows: [Row] = []

  init(columns: [Column]) {
    precondition(!columns.isEmpty)
    self.columns = columns
  }

  /// Adds a row, with one cell for each column.
  mutating func add(_ cells: [String], colors: [Int: Color] = [:]) {
    precondition(cells.count == columns.count)
    rows.append(Row(cells: cells.map(Terminal.plain), colors: colors))
  }

  /// The table with a final newline, fitted to `width` columns if given; empty if there are no rows. What could
  /// steer a terminal is written as \u{…}; what the locale cannot print, as \xNN.
  ///
  /// The call is scols_print_table_to_string(3).
  func text(width: Int?) -> String {
    guard !rows.isEmpty else { return "" }
    let printer = Printer(isColored: width != nil && Terminal.showsColor)
    for column in columns { printer.add(column) }
    for row in width.map(fitted) ?? rows { printer.add(row.cells, row.colors) }
    // Cells that are empty at the end of a line leave blanks behind.
    return printer.text(width: width).split(separator: "\n", omittingEmptySubsequences: true).map { line in
      String(line[..<(line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex)]) + "\n"
    }.joined()
  }

  /// The rows in `width` columns: of those that may give way, the last does so first.
  private func fitted(_ width: Int) -> [Row] {
    var widths = columns.indices.map { index in
      max(columns[index].title.count, rows.map { displayWidth($0.cells[index]) }.max() ?? 0)
    }
    var excess = widths.reduce(columns.count - 1, +) - width
    for index in columns.indices.reversed() where excess > 0 && (columns[index].mayTruncate || columns[index].mayWrap) {
      let least = min(widths[index], max(columns[index].title.count, 10))
      let less = min(excess, widths[index] - least)
      widths[index] -= less
      excess -= less
    }
    return rows.map { row in
      var row = row
      for index in columns.indices {
        if columns[index].mayTruncate { row.cells[index] = cut(row.cells[index], to: widths[index]) }
        if columns[index].mayWrap {
          row.cells[index] = wrapped(row.cells[index], to: widths[index]).joined(separator: "\n")
        }
      }
      return row
    }
  }
}

/// How many columns of a terminal `text` takes.
func displayWidth(_ text: String) -> Int {
  text.unicodeScalars.reduce(0) { $0 + max(0, System.columns(of: $1)) }
}

/// `text` in at most `width` columns, with a mark at its end if some of it is missing.
func cut(_ text: String, to width: Int) -> String {
  guard displayWidth(text) > width else { return text }
  // A locale without the character has a plain one.
  let mark = System.columns(of: "\u{2026}") == 1 ? "\u{2026}" : "~"
  var head = String.UnicodeScalarView()
  var taken = 0
  for scalar in text.unicodeScalars {
    taken += max(0, System.columns(of: scalar))
    guard taken < width else { break }
    head.append(scalar)
  }
  return String(head) + mark
}

/// `text` in lines of at most `width` columns, broken at blanks; a word that is longer stands alone.
func wrapped(_ text: String, to width: Int) -> [String] {
  var lines: [String] = []
  for word in text.split(separator: " ") {
    if let last = lines.last, displayWidth(last) + 1 + displayWidth(String(word)) <= width {
      lines[lines.count - 1] = "\(last) \(word)"
    } else {
      lines.append(String(word))
    }
  }
  return lines.isEmpty ? [""] : lines
}

/// A table of libsmartcols, which counts the references to its parts.
///
/// It is safe because the pointer is released with this value, its only holder, and libsmartcols copies all text.
@safe
private struct Printer: ~Copyable {
  private let table: OpaquePointer

  init(isColored: Bool) {
    // Like Swift's own allocations, those of libsmartcols end the program if there is no memory.
    guard let table = unsafe scols_new_table() else { fatalError("out of memory") }
    unsafe self.table = table
    check(unsafe scols_table_enable_ascii(table, 1))
    check(unsafe scols_table_enable_colors(table, isColored ? 1 : 0))
  }

  deinit {
    unsafe scols_unref_table(table)
  }

  func add(_ column: Table.Column) {
    let flags = (column.isRight ? SCOLS_FL_RIGHT : 0) | (column.mayWrap ? SCOLS_FL_WRAP : 0)
    // A width of 0 is found from the cells.
    guard let added = unsafe scols_table_new_column(table, column.title.uppercased(), 0, Int32(flags)) else {
      fatalError("out of memory")
    }
    guard column.mayWrap else { return }
    // Lines are broken where the cell has them.
    check(unsafe scols_column_set_wrapfunc(added, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, nil))
    check(unsafe scols_column_set_safechars(added, "\n"))
  }

  func add(_ cells: [String], _ colors: [Int: Table.Color]) {
    guard let line = unsafe scols_table_new_line(table, nil) else { fatalError("out of memory") }
    for (index, cell) in cells.enumerated() {
      check(unsafe scols_line_set_data(line, index, cell))
      if let color = colors[index], let cell = unsafe scols_line_get_cell(line, index) {
        check(unsafe scols_cell_set_color(cell, color.rawValue))
      }
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
