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

  /// Every run of a token's characters that ends in "_", a public id, "_", a secret and a checksum, after a prefix.
  private static func tokens(in line: [UInt8]) -> [[UInt8]] {
    let runs = line.split { !(Base62.isCharacter($0) || $0 == 0x5F) }
    let rest = TokenFormat.idBytes + 1 + TokenFormat.secretCharacters + TokenFormat.checksumCharacters
    var tokens: [[UInt8]] = []
    for run in runs {
      let parts = run.split(separator: 0x5F, omittingEmptySubsequences: false)
      for index in parts.indices.dropFirst() where index + 1 < parts.endIndex {
        let (prefix, id, secret) = (parts[index - 1], parts[index], parts[index + 1])
        guard !prefix.isEmpty, id.count + 1 + secret.count == rest, id.count == TokenFormat.idBytes else { continue }
        tokens.append(Array(line[prefix.startIndex..<secret.endIndex]))
      }
    }
    return tokens
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
  }
}
