// How far a long work has come, for a person who waits for it.

/// A line on standard error that is written over, if standard error is a terminal; nothing otherwise.
final class Progress {
  private let what: String
  private let total: Int?
  private var isShown = false

  /// - Parameter total: how many there are in all, for a bar; nil if that is not known.
  init(_ what: String, of total: Int? = nil) {
    self.what = what
    self.total = total
  }

  func reached(_ count: Int) {
    guard Terminal.Stream.error.isTerminal else { return }
    isShown = true
    guard let total, total > 0 else { return Terminal.writeError("\r\(count) \(what)") }
    let done = min(30, count * 30 / total)
    let bar = String(repeating: "#", count: done) + String(repeating: "-", count: 30 - done)
    Terminal.writeError("\r[\(bar)] \(count) of \(total) \(what)")
  }

  /// Leaves the line as it is.
  func end() { if isShown { Terminal.writeError("\n") } }
}
