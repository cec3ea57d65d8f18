// The checksum at the end of a token: it finds typing errors before anything is hashed, and is never security.

private import CDeflate

/// CRC-32 as in IEEE 802.3 (reflected, polynomial 0xEDB88320).
package enum CRC32 {
  /// The checksum of all of `bytes`. The call is libdeflate_crc32.
  package static func of(_ bytes: Span<UInt8>) -> UInt32 {
    unsafe bytes.withUnsafeBytes { unsafe libdeflate_crc32(0, $0.baseAddress, $0.count) }
  }
}
