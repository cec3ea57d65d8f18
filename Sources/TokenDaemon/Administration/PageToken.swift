// Where a listing goes on: opaque to clients, and of no use to any listing but the one it came from.

internal import Tokens

/// Encodes the last key of a page together with a digest of what was listed.
enum PageToken {
  private static let version: Character = "1"

  /// - Parameters:
  ///   - key: the last item's key.
  ///   - listing: everything that makes the listing what it is: its kind, tenant, filter.
  static func encode(key: String, of listing: [String]) -> String {
    String(version) + check(key, listing) + hexadecimal(Array(key.utf8))
  }

  /// - Throws: a refusal if `token` is damaged, of another listing, or of another version.
  static func decode(_ token: String, of listing: [String]) throws(Refusal) -> String {
    let refusal = Refusal.badPageToken
    guard token.first == version, token.utf8.count >= 17, token.utf8.count < 1024, token.utf8.count % 2 == 1 else {
      throw refusal
    }
    let text = Array(token.utf8.dropFirst())
    var key: [UInt8] = []
    for index in stride(from: 16, to: text.count, by: 2) {
      guard let byte = UInt8(String(decoding: text[index..<index + 2], as: UTF8.self), radix: 16) else { throw refusal }
      key.append(byte)
    }
    guard let decoded = String(validating: key, as: UTF8.self),
      encode(key: decoded, of: listing) == token
    else { throw refusal }
    return decoded
  }

  private static func check(_ key: String, _ listing: [String]) -> String {
    let text = (listing + [key]).map { "\($0.utf8.count):\($0)" }.joined()
    return hexadecimal(Array(Digest(hashing: Array(text.utf8).span).bytes.prefix(8)))
  }
}
