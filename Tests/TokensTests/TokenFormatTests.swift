// The shape of tokens: the alphabet, the checksum and acceptance.

import Testing

@testable import Tokens

@Suite struct TokenFormatTests {
  private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  @Test func `the alphabet is digits, capitals and small letters, in the order of ASCII`() {
    #expect((0..<62).map { Base62.character($0) } == Self.alphabet)
    #expect((0..<62).map { Base62.digit(Base62.character($0)) } == Array(0..<62))
  }

  @Test func `no byte outside the alphabet is of it`() {
    #expect((0...255).filter { Base62.isCharacter($0) } == Self.alphabet)
  }

  @Test(arguments: [
    (0, "000000"), (1, "000001"), (61, "00000z"), (62, "000010"), (3843, "0000zz"), (0xCBF4_3926, "3jZRME"),
    (0xFFFF_FFFF, "4gfFC3"),
  ])
  func `numbers are written in six characters, zero-padded`(value: UInt64, text: String) {
    var bytes: [UInt8] = []
    Base62.append(value, width: 6, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == text)
  }

  @Test func `a change of any one character is refused`() {
    let token = mint(seed: 4)
    for index in token.indices {
      for byte in UInt8.min...255 where byte != token[index] {
        var changed = token
        changed[index] = byte
        if accepts(changed) { Issue.record("accepted with \(byte) at \(index)") }
      }
    }
  }

  @Test(arguments: [0, 1, 7, 18, 48, 54])
  func `a part of a token is refused`(bytes: Int) {
    #expect(!accepts(Array(mint(seed: 5).prefix(bytes))))
  }

  @Test func `more than a token is refused`() {
    let token = mint(seed: 6)
    #expect(!accepts(token + [0x30]))
    #expect(!accepts([0x20] + token))
    #expect(!accepts(token + token))
  }

  @Test func `a checksum that wraps around 32 bits is refused`() {
    let token = mint(seed: 7)
    var value = token.suffix(6).reduce(UInt64(0)) { $0 * 62 + UInt64(Base62.digit($1)) } + 1 << 32
    var checksum = [UInt8](repeating: 0, count: 6)
    for index in checksum.indices.reversed() {
      checksum[index] = Base62.character(UInt8(value % 62))
      value /= 62
    }
    #expect(value == 0)
    #expect(!accepts(token.dropLast(6) + checksum))
  }

  @Test func `another deployment's token is refused`() throws {
    let other = try #require(TokenFormat(prefix: "acme_"))
    let token = mint(seed: 8, format: other)
    #expect(token.count == 53)
    #expect(accepts(token, by: other))
    #expect(!accepts(token))
    #expect(!accepts(mint(seed: 8), by: other))
  }

  @Test(arguments: [
    ("ab_", true), ("tokend_", true), ("a1_", true), ("t00000_", true), ("a_", false), ("toolong_", false),
    ("token", false), ("1ab_", false), ("_ab_", false), ("Tok_", false), ("a_b_", false), ("a-b_", false), ("", false),
    ("äb_", false),
  ])
  func `a prefix is three to seven lowercase letters and digits with an underscore last`(prefix: String, good: Bool) {
    #expect((TokenFormat(prefix: prefix) != nil) == good)
  }

  @Test(arguments: [
    ("0123456789A", true), ("zzzzzzzzzzz", true), ("0123456789", false), ("0123456789AB", false), ("", false),
    ("0123456789_", false), ("012345678ä", false),
  ])
  func `a public id is eleven characters of the alphabet`(text: String, good: Bool) {
    #expect(TokenFormat.isID(text) == good)
  }
}

private func accepts(_ token: [UInt8], by format: TokenFormat = .standard) -> Bool { format.accepts(token.span) }
