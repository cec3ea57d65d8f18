// The checksum at the end of a token: it finds typing errors before anything is hashed, and is never security.

/// CRC-32 as in IEEE 802.3 (reflected, polynomial 0xEDB88320), sixteen bytes a step, as each byte of a step is looked up on its own.
package enum CRC32 {
  /// `tables[k * 256 + b]` is the checksum of byte `b` followed by `k` zero bytes.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 16 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = (value >> 1) ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
      tables[byte] = value
    }
    for index in 256..<16 * 256 {
      let before = tables[index - 256]
      tables[index] = (before >> 8) ^ tables[Int(before & 0xFF)]
    }
    return tables
  }()

  /// The checksum of all of `bytes`.
  package static func of(_ bytes: Span<UInt8>) -> UInt32 {
    let tables = Self.tables.span
    var crc: UInt32 = 0xFFFF_FFFF
    var index = 0
    while index + 16 <= bytes.count {
      let low = bytes.word(at: index).littleEndian ^ UInt64(crc)
      let high = bytes.word(at: index + 8).littleEndian
      crc = step(low, 15, tables) ^ step(high, 7, tables)
      index += 16
    }
    while index < bytes.count {
      crc = (crc >> 8) ^ tables[Int((crc ^ UInt32(bytes[index])) & 0xFF)]
      index += 1
    }
    return ~crc
  }

  /// What eight bytes come to, the first of which has `after` others behind it in its step.
  @inline(__always)
  private static func step(_ word: UInt64, _ after: Int, _ tables: Span<UInt32>) -> UInt32 {
    var crc: UInt32 = 0
    for byte in 0..<8 {
      // Less than sixteen tables of 256: `after` is 15 or 7.
      crc ^= unsafe tables[unchecked: (after - byte) * 256 + Int(word >> UInt64(8 * byte) & 0xFF)]
    }
    return crc
  }
}
