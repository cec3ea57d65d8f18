// The alphabet of tokens: digits, capitals, small letters, in the order of ASCII.

/// Base 62 with the alphabet `0-9A-Za-z`.
package enum Base62 {
  /// The character for `digit`, which is less than 62.
  package static func character(_ digit: UInt8) -> UInt8 {
    switch digit {
    case 0..<10: 0x30 + digit
    case 10..<36: 0x41 + digit - 10
    default: 0x61 + digit - 36
    }
  }

  /// Whether `byte` is of the alphabet.
  @inline(__always)
  package static func isCharacter(_ byte: UInt8) -> Bool {
    // Each range is one subtraction and one comparison, without a branch.
    (byte &- 0x30 < 10) || ((byte | 0x20) &- 0x61 < 26)
  }

  /// The top bit of each byte of `word` that is not of the alphabet; zero if all eight are.
  @inline(__always)
  static func strangers(_ word: UInt64) -> UInt64 {
    let tops: UInt64 = 0x8080_8080_8080_8080
    // For bytes below 128: the top bit of each that is at least `least`. No sum reaches the next
    // byte, as top bits are put aside.
    func atLeast(_ least: UInt8, _ bytes: UInt64) -> UInt64 { bytes &+ UInt64(0x80 - least) &* 0x0101_0101_0101_0101 }
    let low = word & ~tops
    let small = low | 0x2020_2020_2020_2020
    let digits = atLeast(0x30, low) & ~atLeast(0x3A, low)
    let letters = atLeast(0x61, small) & ~atLeast(0x7B, small)
    return (~(digits | letters) | word) & tops
  }

  /// The value of a character of the alphabet.
  @inline(__always)
  static func digit(_ character: UInt8) -> UInt8 {
    // Capitals stand 7 beyond the digits' end, small letters 6 beyond the capitals'.
    character &- 0x30 &- (character > 0x39 ? 7 : 0) &- (character > 0x5A ? 6 : 0)
  }

  /// Appends `value` in `width` characters, zero-padded. 62^6 exceeds 2^32, so six hold any 32-bit value, and 62^11 exceeds 2^64.
  package static func append(_ value: UInt64, width: Int, to bytes: inout [UInt8]) {
    var characters = [UInt8](repeating: character(0), count: width)
    var rest = value
    for index in stride(from: width - 1, through: 0, by: -1) {
      characters[index] = character(UInt8(rest % 62))
      rest /= 62
    }
    bytes.append(contentsOf: characters)
  }
}
