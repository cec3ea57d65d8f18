// What a daemon that stops held of a connection, for the one that is started next.

internal import Tokens
private import Wire

/// Bytes of a peer that make no whole frame yet, or wait for their turn, and replies that its socket did not take. Both
/// may bear secrets: they are overwritten when the last reference goes.
final class Unfinished: Sendable {
  let input: [UInt8]
  /// How many bytes that are still to arrive belong to a frame that is not read.
  let passing: Int
  let output: [UInt8]

  init(input: Span<UInt8>, passing: Int, output: Span<UInt8>) {
    self.input = Array(copying: input)
    self.passing = passing
    self.output = Array(copying: output)
  }

  deinit {
    wipe(atEndOf: input)
    wipe(atEndOf: output)
  }

  /// What a record begins with: the three numbers.
  private static let headerWords = 3

  /// The bytes of the record that `append` writes.
  var recordBytes: Int { Self.headerWords * 8 + input.count + output.count }

  /// Writes a record: three words of 64 bits, the lowest byte first, and the bytes.
  func append(to bytes: inout [UInt8]) {
    for word in [UInt64(input.count), UInt64(passing), UInt64(output.count)] {
      for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    bytes += input
    bytes += output
  }

  /// Reads the records that fill `bytes`, in their order; nil if they make no sense.
  static func records(in bytes: Span<UInt8>) -> [Unfinished]? {
    var records: [Unfinished] = []
    var at = 0
    while at < bytes.count {
      guard bytes.count - at >= headerWords * 8 else { return nil }
      var words: [UInt64] = []
      for word in 0..<headerWords {
        words.append((0..<8).reduce(0) { $0 | UInt64(bytes[at + word * 8 + $1]) << UInt64($1 * 8) })
      }
      at += headerWords * 8
      guard let input = Int(exactly: words[0]), let passing = Int(exactly: words[1]),
        let output = Int(exactly: words[2]),
        passing <= Int(UInt32.max), input <= bytes.count - at, output <= bytes.count - at - input
      else { return nil }
      records.append(
        Unfinished(
          input: bytes.extracting(at..<at + input), passing: passing,
          output: bytes.extracting(at + input..<at + input + output)))
      at += input + output
    }
    return records
  }
}
