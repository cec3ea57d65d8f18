// The tokens that a benchmark asks about, made from their numbers, so that filling and asking need no file between them.

import Seeded
import Tokens
import Wire

/// Whole tokens side by side, in the order in which they are asked about, which is drawn: nine of ten were issued, one was
/// not. Tokens that were made one after the other lie side by side in a server's memory, and are not to be asked so.
struct TokenSample {
  static let tokenBytes = TokenFormat.standard.tokenBytes
  /// The number of the first token that was never issued.
  private static let firstAbsent: UInt64 = 1 << 40

  private let bytes: [UInt8]
  private let lives: [Bool]

  /// - Parameters:
  ///   - live: how many different tokens that were issued.
  ///   - population: how many were issued; the sample is spread over them.
  init(live: Int, of population: Int) {
    var numbers = (0..<live).map { UInt64($0 * (population / live)) }
    numbers += (0..<live / 9).map { Self.firstAbsent + UInt64($0) }
    var random = SeededRandom(seed: 1)
    numbers.shuffle(using: &random)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(numbers.count * Self.tokenBytes)
    for number in numbers {
      Self.token(number).reveal { for index in 0..<$0.count { bytes.append($0[index]) } }
    }
    self.bytes = bytes
    lives = numbers.map { $0 < Self.firstAbsent }
  }

  var count: Int { lives.count }

  /// Whether the token at `index` was issued.
  func isLive(_ index: Int) -> Bool { lives[index] }

  /// Writes the token at `index`.
  @inline(__always)
  func append(_ index: Int, to out: inout OutBuffer) {
    out.append(bytes.span.extracting(index * Self.tokenBytes..<(index + 1) * Self.tokenBytes))
  }

  /// The token with a number.
  static func token(_ number: UInt64) -> Secret {
    var random = SeededRandom(seed: (number + 1) &* 0xD6E8_FEB8_6659_FD93)
    // Moments are drawn too: what is imported has ids in no order.
    let moment = Instant(seconds: Int64.random(in: 0..<2_000_000_000, using: &random))
    return Mint(.standard).mint(at: moment) { (span: inout MutableSpan<UInt8>) in
      for index in 0..<span.count { span[index] = UInt8(truncatingIfNeeded: random.next()) }
    }
  }
}
