// The shape of tokens: the alphabet, the checksum, minting and acceptance.

import Seeded
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
    (UInt32.max, "4gfFC3"),
  ])
  func `numbers are written in six characters, zero-padded`(value: UInt32, text: String) {
    var bytes: [UInt8] = []
    Base62.append(value, width: 6, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == text)
  }

  @Test func `a minted token has its parts in their places, and is accepted`() {
    let token = mint(seed: 1)
    #expect(token.count == 55)
    #expect(token.count == TokenFormat.standard.tokenBytes)
    #expect(Array(token.prefix(7)) == Array("tokend_".utf8))
    #expect(token[18] == 0x5F)
    #expect(token[7..<18].allSatisfy(Base62.isCharacter))
    #expect(token[19...].allSatisfy(Base62.isCharacter))
    #expect(accepts(token))
  }

  @Test func `a secret tells its public id`() {
    var random = SeededRandom(seed: 2)
    let secret = TokenFormat.standard.mint { fill(&$0, from: &random) }
    let id = secret.id
    let bytes = secret.reveal { copy($0) }
    #expect(TokenFormat.isID(id))
    #expect(Array(id.utf8) == Array(bytes[7..<18]))
  }

  @Test func `one seed mints one token, and another seed another`() {
    #expect(mint(seed: 3) == mint(seed: 3))
    #expect(Set((0..<200).map { mint(seed: $0) }).count == 200)
  }

  @Test func `each character is drawn for four values of a byte, and the last eight values are thrown away`() {
    var times = [UInt8: Int]()
    for value in UInt8.min..<248 {
      var body = Set<UInt8>()
      let secret = TokenFormat.standard.mint { (span: inout MutableSpan<UInt8>) in span.update(repeating: value) }
      for character in secret.reveal({ copy($0) })[19..<49] { body.insert(character) }
      #expect(body.count == 1)
      for character in body { times[character, default: 0] += 1 }
    }
    #expect(times.count == 62)
    #expect(times.values.allSatisfy { $0 == 4 })

    var fills = 0
    let secret = TokenFormat.standard.mint { (span: inout MutableSpan<UInt8>) in
      span.update(repeating: fills < 8 ? UInt8(248 + fills) : 0)
      fills += 1
    }
    let body = secret.reveal { copy($0) }[19..<49]
    #expect(fills == 9)
    #expect(body.allSatisfy { $0 == 0x30 })
  }

  @Test func `a generator that fails mints nothing`() {
    struct Empty: Error {}
    #expect(throws: Empty.self) {
      _ = try TokenFormat.standard.mint { (_: inout MutableSpan<UInt8>) throws(Empty) in throw Empty() }
    }
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

private func fill(_ span: inout MutableSpan<UInt8>, from random: inout SeededRandom) {
  for index in 0..<span.count { span[index] = UInt8.random(in: 0...255, using: &random) }
}

private func copy(_ span: Span<UInt8>) -> [UInt8] {
  var bytes: [UInt8] = []
  for index in 0..<span.count { bytes.append(span[index]) }
  return bytes
}

private func mint(seed: UInt64, format: TokenFormat = .standard) -> [UInt8] {
  var random = SeededRandom(seed: seed)
  let secret = format.mint { fill(&$0, from: &random) }
  return secret.reveal { copy($0) }
}

private func accepts(_ token: [UInt8], by format: TokenFormat = .standard) -> Bool { format.accepts(token.span) }
