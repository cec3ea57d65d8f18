// SHA-256 of a whole token: what is stored and indexed in the token's place.

private import CCrypto

/// 32 bytes of SHA-256, as four words. With 178 random bits in a token, one plain hash is as strong as a slow one
/// (OWASP ASVS 5.0, 11.4.2 and 11.5.1).
package struct Digest: Sendable, Hashable {
  /// The bytes in order, eight to a word, as this machine lays words out.
  package let words: SIMD4<UInt64>

  package init(words: SIMD4<UInt64>) { self.words = words }

  /// - Returns: nil unless `bytes` are 32.
  package init?(_ bytes: Span<UInt8>) {
    guard bytes.count == 32 else { return nil }
    var words = SIMD4<UInt64>()
    for word in 0..<4 {
      var value: UInt64 = 0
      for byte in 0..<8 { value |= UInt64(bytes[word * 8 + byte]) << UInt64(8 * byte) }
      words[word] = value
    }
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

  /// Reads 44 characters of base64, the last of which is padding. The call is EVP_DecodeBlock(3).
  package init?(base64 text: String) {
    let characters = Array(text.utf8)
    guard characters.count == 44, characters.last == 0x3D else { return nil }
    var bytes = [UInt8](repeating: 0, count: 33)
    guard unsafe EVP_DecodeBlock(&bytes, characters, 44) == 33 else { return nil }
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

/// Computes digests, one after another, with one context. Owned by one thread.
@safe package struct Digester: ~Copyable {
  /// SHA-256, fetched once in the life of the process: left to itself, each hash would fetch it anew, which takes longer
  /// than the hash. Nothing changes it, so that all threads may use it.
  private nonisolated(unsafe) static let algorithm = unsafe EVP_MD_fetch(nil, "SHA256", nil)

  private let context: OpaquePointer

  /// - Returns: nil if libcrypto has no SHA-256 or no memory.
  package init?() {
    guard unsafe Self.algorithm != nil, let context = unsafe EVP_MD_CTX_new() else { return nil }
    // What is hashed later begins with this algorithm again.
    guard unsafe EVP_DigestInit_ex2(context, Self.algorithm, nil) == 1 else {
      unsafe EVP_MD_CTX_free(context)
      return nil
    }
    unsafe self.context = context
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  /// The digest of `bytes`, or nil if libcrypto failed, which decides nothing. The calls are EVP_DigestInit_ex2(3) and
  /// those after it.
  package borrowing func digest(of bytes: Span<UInt8>) -> Digest? {
    var words = SIMD4<UInt64>()
    let done = unsafe bytes.withUnsafeBytes { input in
      unsafe EVP_DigestInit_ex2(context, nil, nil) == 1
        && EVP_DigestUpdate(context, input.baseAddress, input.count) == 1
        && withUnsafeMutableBytes(of: &words) {
          unsafe EVP_DigestFinal_ex(context, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), nil) == 1
        }
    }
    return done ? Digest(words: words) : nil
  }
}
