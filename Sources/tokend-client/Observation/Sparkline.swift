// A row of numbers as a row of bars.

import Linux

/// Draws the newest numbers as bars of eight heights, the highest number as the highest bar.
enum Sparkline {
  /// What bars are made of, the lowest first.
  enum Bars: String {
    case blocks = "▁▂▃▄▅▆▇█"
    /// For locales without those.
    case ascii = "_.-:=+*#"

    /// Those that the locale can show.
    static var shown: Bars { System.columns(of: "\u{2581}") == 1 ? .blocks : .ascii }
  }

  /// - Parameters:
  ///   - values: oldest first; nil where nothing is known, which is left blank.
  ///   - width: how many of the newest are shown; fewer stand at the right.
  static func text(_ values: [Double?], width: Int, of bars: Bars) -> String {
    let bars = Array(bars.rawValue.unicodeScalars)
    let shown = values.suffix(max(0, width))
    let highest = shown.compactMap { $0 }.max() ?? 0
    var text = String(repeating: " ", count: max(0, width) - shown.count)
    for value in shown {
      guard let value else {
        text += " "
        continue
      }
      let height = highest > 0 ? Int((value / highest * Double(bars.count)).rounded(.up)) - 1 : 0
      text.unicodeScalars.append(bars[min(max(height, 0), bars.count - 1)])
    }
    return text
  }
}
