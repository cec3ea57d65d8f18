// Making tokens: what they are made of, and that their ids rise.

import Seeded
import Testing

@testable import Tokens

@Suite struct MintTests {
  @Test func `a minted token has its parts in their places, and is accepted`() {
    let token = mint(seed: 1)
    #expect(token.count == 55)
    #expect(token.count == TokenFormat.standard.tokenBytes)
    #expect(Array(token.prefix(7)) == Array("tokend_".utf8))
    #expect(token[18] == 0x5F)
    #expect(token[7..<18].allSatisfy(Base62.isCharacter))
    #expect(token[19...].allSatisfy(Base62.isCharacter))
    let isAccepted = TokenFormat.standard.accepts(token.span)
    #expect(isAccepted)
  }

  @Test func `a secret tells its public id`() {
    var random = SeededRandom(seed: 2)
    let secret = Mint(.standard).mint(at: moment) { fill(&$0, from: &random) }
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
      let secret = Mint(.standard).mint(at: moment) { (span: inout MutableSpan<UInt8>) in span.update(repeating: value)
      }
      for character in secret.reveal({ copy($0) })[19..<49] { body.insert(character) }
      #expect(body.count == 1)
      for character in body { times[character, default: 0] += 1 }
    }
    #expect(times.count == 62)
    #expect(times.values.allSatisfy { $0 == 4 })

    var fills = 0
    let secret = Mint(.standard).mint(at: moment) { (span: inout MutableSpan<UInt8>) in
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
      _ = try Mint(.standard).mint(at: moment) { (_: inout MutableSpan<UInt8>) throws(Empty) in throw Empty() }
    }
  }

  @Test func `ids rise, within a second too, and from one second to the next`() {
    let mint = Mint(.standard)
    var random = SeededRandom(seed: 9)
    let ids = (0..<3000).map { number in
      mint.mint(at: Instant(seconds: moment.seconds + Int64(number / 1000))) { fill(&$0, from: &random) }.id
    }
    #expect(ids == ids.sorted())
    #expect(Set(ids).count == ids.count)
  }

  @Test func `no id is made twice though the clock is set back, or tells what no clock tells`() {
    let mint = Mint(.standard)
    let moments = [moment.seconds, 5, moment.seconds, 0, -1, .min, .max, .max, moment.seconds]
    let ids = moments.map { seconds in
      mint.mint(at: Instant(seconds: seconds)) { (span: inout MutableSpan<UInt8>) in span.update(repeating: 7) }.id
    }
    #expect(ids == ids.sorted())
    #expect(Set(ids).count == ids.count)
  }

  @Test func `ids go on from the greatest there was, and whatever that is`() {
    func first(after id: String?) -> String {
      Mint(.standard, after: id).mint(at: moment) { (span: inout MutableSpan<UInt8>) in span.update(repeating: 0) }.id
    }
    let id = first(after: nil)
    #expect(id.hasSuffix("00000") && id < Mint.bound(at: moment))
    #expect(first(after: String(id.dropLast(5)) + "0000z") == String(id.dropLast(5)) + "00010")
    #expect(first(after: "00000000001") == id)
    // Beyond what is made here, or no id at all.
    #expect(first(after: "zzzzzzzzzzz") == id && first(after: "") == id && first(after: "ä0000000001") == id)
    #expect(Mint.bound(at: Instant(seconds: moment.seconds - 1)) == id)
  }

  @Test func `an id begins with the second that it was made in`() {
    let mint = Mint(.standard)
    let id = mint.mint(at: moment) { (span: inout MutableSpan<UInt8>) in span.update(repeating: 61) }.id
    // 1,764,000,000 in base 62, and five times the last digit.
    #expect(id == "1vNYyuzzzzz")
  }

  @Test func `threads that mint at the same time never make the same id`() async {
    let mint = Mint(.standard)
    let ids = await withTaskGroup(of: [String].self) { group in
      for _ in 0..<4 {
        group.addTask {
          (0..<2000).map { _ in
            mint.mint(at: moment) { (span: inout MutableSpan<UInt8>) in span.update(repeating: 3) }.id
          }
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    #expect(Set(ids).count == 8000)
  }
}

/// When tests mint.
private let moment = Instant(seconds: 1_764_000_000)

private func fill(_ span: inout MutableSpan<UInt8>, from random: inout SeededRandom) {
  for index in 0..<span.count { span[index] = UInt8.random(in: 0...255, using: &random) }
}

func copy(_ span: Span<UInt8>) -> [UInt8] {
  var bytes: [UInt8] = []
  for index in 0..<span.count { bytes.append(span[index]) }
  return bytes
}

func mint(seed: UInt64, format: TokenFormat = .standard) -> [UInt8] {
  var random = SeededRandom(seed: seed)
  let secret = Mint(format).mint(at: moment) { fill(&$0, from: &random) }
  return secret.reveal { copy($0) }
}
