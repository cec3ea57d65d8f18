// A line of what may have been leaked.

import Tokens

/// Finds tokens in text that was not made for it: logs, configurations, shell histories.
enum LeakLine {
  enum Kind { case token, digest, nothing }

  enum Item: Equatable {
    case token([UInt8])
    case digest(String)
    /// A line that has something, but neither.
    case nothing
  }

  /// What a line has: nothing at all if it is blank.
  static func items(in line: [UInt8]) -> [Item] {
    let words = line.split { $0 == 0x20 || $0 == 0x09 }
    guard let first = words.first else { return [] }
    if first.count == 64, first.allSatisfy(isHexadecimal) { return [.digest(String(decoding: first, as: UTF8.self))] }
    let tokens = tokens(in: line)
    return tokens.isEmpty ? [.nothing] : tokens.map { .token($0) }
  }

  /// Every place where an underscore, a public id, an underscore, a secret and a checksum stand. Where a token begins
  /// and ends in a longer run of letters, its checksum says; without one that fits, as much as could be one is taken.
  private static func tokens(in line: [UInt8]) -> [[UInt8]] {
    let tail = TokenFormat.idBytes + 1 + TokenFormat.secretCharacters + TokenFormat.checksumCharacters
    var tokens: [[UInt8]] = []
    for first in line.indices where line[first] == 0x5F {
      let end = first + 1 + tail
      guard end <= line.count, line[first + 1 + TokenFormat.idBytes] == 0x5F,
        line[(first + 1)..<end].enumerated().allSatisfy({ $0 == TokenFormat.idBytes || Base62.isCharacter($1) })
      else { continue }
      let letters = line[..<first].reversed().prefix(6).prefix { isPrefixCharacter($0) }.count
      guard letters > 0 else { continue }
      let starts = (1...letters).map { first - $0 }
      let start = starts.first { TokenFormat.hasChecksum(line[$0..<end]) } ?? starts[letters - 1]
      tokens.append(Array(line[start..<end]))
    }
    return tokens
  }

  private static func isPrefixCharacter(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
  }
}
