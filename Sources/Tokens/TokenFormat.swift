// What a token looks like: prefix, public id, secret, checksum. The shape is checked before anything is hashed.

/// `tokend_<11 base62: public id>_<30 base62: secret><6 base62: CRC-32 of all before it>`: 55 bytes with the prefix
/// that is the default, so that its SHA-256 takes a single block. Scanners find it by the expression in docs/tokens.md.
package struct TokenFormat: Sendable, Equatable {
  /// The bytes of a public id.
  package static let idBytes = 11
  /// The base-62 characters of a secret: 178 bits.
  package static let secretCharacters = 30
  /// The base-62 characters of the checksum.
  package static let checksumCharacters = 6
  /// What every token begins with.
  package static let standard = TokenFormat(knownGood: "tokend_")

  /// What every token of this deployment begins with, such as "tokend_".
  package let prefix: String
  /// What can be seen of a token without knowing more.
  package let shape: Shape

  /// The shape of a deployment's tokens, as words to compare with: it is copied without counting references.
  package struct Shape: Sendable, Equatable {
    /// The bytes of a whole token: at most 55.
    package let tokenBytes: Int
    /// The prefix as the first bytes of a word, and a word with ones in its place.
    fileprivate let prefixWord: UInt64
    fileprivate let prefixMask: UInt64

    fileprivate init(prefix: String) {
      var (count, word, mask) = (0, UInt64(0), UInt64(0))
      for byte in prefix.utf8 {
        word |= UInt64(byte) << UInt64(8 * count)
        mask |= 0xFF << UInt64(8 * count)
        count += 1
      }
      (prefixWord, prefixMask) = (word.littleEndian, mask.littleEndian)
      tokenBytes = count + TokenFormat.idBytes + 1 + TokenFormat.secretCharacters + TokenFormat.checksumCharacters
    }
  }

  /// - Returns: nil unless `prefix` has 3 to 7 bytes (more would need a second block of SHA-256), lowercase letters and
  ///   digits, beginning with a letter, and one underscore at the end.
  package init?(prefix: String) {
    let bytes = Array(prefix.utf8)
    guard (3...7).contains(bytes.count), bytes.last == 0x5F,
      let first = bytes.first, (0x61...0x7A).contains(first),
      bytes.dropLast().allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) })
    else { return nil }
    self.init(knownGood: prefix)
  }

  private init(knownGood prefix: String) {
    self.prefix = prefix
    shape = Shape(prefix: prefix)
  }

  /// The bytes of a whole token: at most 55.
  package var tokenBytes: Int { shape.tokenBytes }

  /// Whether `token` has this shape and a matching checksum. Says nothing of whether it was ever issued.
  package func accepts(_ token: Span<UInt8>) -> Bool { shape.accepts(token) }

  /// Whether the last six of `bytes` are the checksum of those before, whatever the prefix.
  package static func hasChecksum(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard bytes.count > checksumCharacters else { return false }
    var checksum: [UInt8] = []
    Base62.append(
      UInt64(CRC32.of(Array(bytes.dropLast(checksumCharacters)).span)), width: checksumCharacters, to: &checksum)
    return bytes.suffix(checksumCharacters).elementsEqual(checksum)
  }

  /// The public id of a token that is of this shape.
  package func id(of token: Span<UInt8>) -> String {
    String(copyingASCII: token.extracting(prefix.utf8.count..<prefix.utf8.count + Self.idBytes))
  }

  /// Whether `text` could be a public id.
  package static func isID(_ text: String) -> Bool {
    text.utf8.count == idBytes && text.utf8.allSatisfy(Base62.isCharacter)
  }
}

extension TokenFormat.Shape {
  /// Whether `token` has this shape and a matching checksum. Says nothing of whether it was ever issued.
  package func accepts(_ token: Span<UInt8>) -> Bool {
    let count = tokenBytes
    guard token.count == count, token.word(at: 0) & prefixMask == prefixWord else { return false }
    // Eight at a time: the id, whose second word has the separator and some of the secret, then the rest, some twice.
    let id = count - 48
    let separator: UInt64 = 0xFF << 24
    let second = token.word(at: id + 8).littleEndian
    guard second & separator == 0x5F << 24 else { return false }
    let strangers =
      Base62.strangers(token.word(at: id)) | Base62.strangers(second & ~separator | 0x30 << 24)
      | Base62.strangers(token.word(at: id + 16)) | Base62.strangers(token.word(at: id + 24))
      | Base62.strangers(token.word(at: id + 32)) | Base62.strangers(token.word(at: id + 40))
    guard strangers == 0 else { return false }
    let body = count - TokenFormat.checksumCharacters
    var checksum: UInt64 = 0
    for index in body..<count { checksum = checksum &* 62 &+ UInt64(Base62.digit(token[index])) }
    return checksum == UInt64(CRC32.of(token.extracting(0..<body)))
  }
}

extension String {
  /// A text of bytes that are known to be letters and digits.
  fileprivate init(copyingASCII bytes: Span<UInt8>) {
    self = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
  }
}
