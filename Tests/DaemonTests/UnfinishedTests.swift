// How what a daemon held of connections is written down for the next one.

import Testing

@testable import TokenDaemon

@Suite struct UnfinishedTests {
  private func unfinished(_ input: [UInt8], _ passing: Int, _ output: [UInt8]) -> Unfinished {
    Unfinished(input: input.span, passing: passing, output: output.span)
  }

  @Test func `what was written is read, in its order`() throws {
    var bytes: [UInt8] = []
    let all = [unfinished([1, 2, 3], 0, []), unfinished([], 70_000, [9]), unfinished([], 0, [])]
    for one in all {
      let before = bytes.count
      one.append(to: &bytes)
      #expect(bytes.count - before == one.recordBytes)
    }
    let records = Unfinished.records(in: bytes.span)
    let read = try #require(records)
    #expect(read.count == all.count)
    for (number, one) in all.enumerated() {
      let found = read[number]
      #expect(found.input == one.input)
      #expect(found.passing == one.passing)
      #expect(found.output == one.output)
    }
  }

  @Test func `nothing is no records, and what was cut off or makes no sense is none at all`() {
    var bytes: [UInt8] = []
    unfinished([1, 2, 3], 5, [4]).append(to: &bytes)
    let nothing: [UInt8] = []
    let none = Unfinished.records(in: nothing.span)
    #expect(none?.isEmpty == true)
    for count in 1..<bytes.count {
      let part = Array(bytes.prefix(count))
      let records = Unfinished.records(in: part.span)
      #expect(records == nil, "\(count) bytes")
    }
    // Counts that no file could hold, in each of the three places.
    for word in 0...2 {
      for value: UInt8 in [0x7f, 0xff] {
        var wrong = bytes
        for place in 0..<8 { wrong[word * 8 + place] = value }
        let records = Unfinished.records(in: wrong.span)
        #expect(records == nil, "word \(word)")
      }
    }
  }
}
