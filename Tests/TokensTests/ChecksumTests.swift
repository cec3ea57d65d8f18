// CRC-32 and SHA-256 against what others compute.

import Seeded
import Testing

@testable import Tokens

@Suite struct ChecksumTests {
  @Test(
    arguments: [
      ("", 0), ("123456789", 0xCBF4_3926), ("a", 0xE8B7_BE43), ("abc", 0x3524_41C2),
      ("The quick brown fox jumps over the lazy dog", 0x414F_A339),
    ] as [(String, UInt32)])
  func `CRC-32 gives the vectors of IEEE 802 point 3`(text: String, checksum: UInt32) {
    let found = CRC32.of(Array(text.utf8).span)
    #expect(found == checksum)
  }

  @Test func `CRC-32 by eights is CRC-32 by bits, at every length`() {
    var random = SeededRandom(seed: 11)
    for count in 0..<100 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      var slow: UInt32 = .max
      for byte in bytes {
        slow ^= UInt32(byte)
        for _ in 0..<8 { slow = (slow >> 1) ^ (slow & 1 == 1 ? 0xEDB8_8320 : 0) }
      }
      let found = CRC32.of(bytes.span)
      #expect(found == ~slow, "\(count) bytes")
    }
  }

  @Test(arguments: [
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func `SHA-256 gives the vectors of FIPS 180`(text: String, hexadecimal: String) throws {
    #expect(hex(Digest(hashing: Array(text.utf8).span).bytes) == hexadecimal)
  }

  @Test func `a digest is made of exactly 32 bytes, and gives them back`() {
    let bytes = (0..<32).map { UInt8($0 * 7) }
    let digest = Digest(bytes.span)
    let cut = Array(bytes.dropLast())
    let grown = bytes + [0]
    let short = Digest(cut.span)
    let long = Digest(grown.span)
    #expect(digest?.bytes == bytes)
    #expect(short == nil)
    #expect(long == nil)
  }

  @Test func `wiped bytes are zeros`() {
    var bytes = Array("secret".utf8)
    wipe(&bytes)
    #expect(bytes == [0, 0, 0, 0, 0, 0])
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { (($0 < 16) ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
