// SHA-256 of a whole token: what is stored and indexed in the token's place.

private import CNettle
private import Glibc

/// 32 bytes of SHA-256, as four words. With 178 random bits in a token, one plain hash is as strong as a slow one
/// (OWASP ASVS 5.0, 11.4.2 and 11.5.1).
public struct Digest: Sendable, Hashable {
  /// The bytes in order, eight to a word, as this machine lays words out.
  @usableFromInline package let words: SIMD4<UInt64>

  @inlinable package init(words: SIMD4<UInt64>) { self.words = words }

  /// The digest of `bytes`, computed without an allocation. The calls are nettle's sha256_init, sha256_update and
  /// sha256_digest.
  package init(hashing bytes: Span<UInt8>) {
    var context = sha256_ctx()
    var words = SIMD4<UInt64>()
    unsafe nettle_sha256_init(&context)
    unsafe bytes.withUnsafeBufferPointer { unsafe nettle_sha256_update(&context, $0.count, $0.baseAddress) }
    unsafe withUnsafeMutableBytes(of: &words) {
      unsafe nettle_sha256_digest(&context, $0.count, $0.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
    // What was hashed last is still in its block.
    unsafe explicit_bzero(&context, MemoryLayout<sha256_ctx>.size)
    self.words = words
  }

  /// - Returns: nil unless `bytes` are 32.
  package init?(_ bytes: Span<UInt8>) {
    guard bytes.count == 32 else { return nil }
    var words = SIMD4<UInt64>()
    for word in 0..<4 { words[word] = bytes.word(at: 8 * word).littleEndian }
    self.words = words
  }

  /// Reads 64 hexadecimal digits.
  package init?(hex text: String) {
    let digits = Array(text.utf8)
    guard digits.count == 64 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: 64, by: 2) {
      guard let high = Self.value(digits[index]), let low = Self.value(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    self.init(bytes.span)
  }

  /// Reads 44 characters of base64, the last of which is padding. The calls are nettle's base64_decode_update and
  /// base64_decode_final.
  package init?(base64 text: String) {
    guard text.utf8.count == 44 else { return nil }
    var decoder = unsafe base64_decode_ctx()
    var bytes = [UInt8](repeating: 0, count: 36)
    var count = bytes.count
    unsafe nettle_base64_decode_init(&decoder)
    guard unsafe nettle_base64_decode_update(&decoder, &count, &bytes, 44, text) == 1, count == 32,
      unsafe nettle_base64_decode_final(&decoder) == 1
    else { return nil }
    self.init(bytes.span.extracting(0..<32))
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x41...0x46: digit - 0x41 + 10
    case 0x61...0x66: digit - 0x61 + 10
    default: nil
    }
  }

  /// The 32 bytes in order.
  package var bytes: [UInt8] {
    (0..<32).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(8 * ($0 % 8))) }
  }
}

/// Bytes as hexadecimal digits, two each.
package func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
