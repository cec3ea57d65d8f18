// A row of numbers as a row of bars.

import Linux

/// Draws the newest numbers as bars of eight heights, the highest number as the highest bar.
enum Sparkline {
  private static let blocks: [Unicode.Scalar] = (0x2581...0x2588).compactMap(Unicode.Scalar.init)
  /// For locales without those.
  private static let plain = Array("_.-:=+*#".unicodeScalars)

  /// - Parameters:
  ///   - values: oldest first; nil where nothing is known, which is left blank.
  ///   - width: how many of the newest are shown; fewer stand at the right.
  static func text(_ values: [Double?], width: Int) -> String {
    let bars = System.columns(of: "\u{2581}") == 1 ? blocks : plain
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
