// A terminal's whole screen. This file is the one import site of ncurses.

private import CNcurses

/// The screen, from when it is opened until the value goes; then the terminal is as it was. ncurses sees to that too if
/// the program is ended by SIGINT or SIGTERM.
struct Screen: ~Copyable {
  /// What came from the keyboard.
  enum Key: Equatable {
    case character(Unicode.Scalar)
    case resized
    case other
    /// None will come any more: the terminal has gone.
    case hungUp
  }

  private let isColored: Bool

  /// - Throws: if the terminal is none that ncurses knows, or has no screen. The call is newterm(3).
  init() throws(Failure) {
    guard cncurses_open() == 0 else {
      throw Failure(
        .usage, "the terminal is of a kind that is not known here, or has no screen: set TERM, or take status")
    }
    isColored = Terminal.showsColor && cncurses_has_colors() != 0
  }

  deinit { cncurses_close() }

  var width: Int { Int(cncurses_width()) }
  var height: Int { Int(cncurses_height()) }

  /// Shows lines, from the top; what does not fit is left out.
  func show(_ lines: [Dashboard.Line]) {
    cncurses_begin()
    for (row, line) in lines.prefix(height).enumerated() {
      var column = 0
      for part in line.parts {
        let text = cut(part.text, to: width - column)
        guard !text.isEmpty else { break }
        unsafe cncurses_write(
          Int32(row), Int32(column), text, isColored ? pair(of: part.style) : 0, part.isBold ? 1 : 0)
        column += displayWidth(text)
      }
    }
    cncurses_end()
  }

  /// Waits for a key.
  /// - Returns: nil if none came in time.
  func key(within time: Duration) -> Key? {
    let milliseconds = max(0, time / .milliseconds(1))
    let code = cncurses_key(Int32(clamping: Int(milliseconds)))
    if code < 0 { return cncurses_has_hung_up() != 0 ? .hungUp : nil }
    if code == cncurses_resized() { return .resized }
    return Unicode.Scalar(UInt32(code)).map { $0.isASCII ? .character($0) : .other } ?? .other
  }

  private func pair(of style: Dashboard.Style) -> Int32 {
    switch style {
    case .plain: 0
    case .good: 1
    case .bad: 2
    case .title: 3
    }
  }
}
