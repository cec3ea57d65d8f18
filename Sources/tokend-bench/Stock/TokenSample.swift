// The tokens that a benchmark asks about, made from their numbers, so that filling and asking need no file between them.

import Seeded
import Tokens
import Wire

/// Whole tokens side by side, in the order in which they are asked about: nine of ten were issued, one was not. Where
/// in each ten it stands is drawn.
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
    var bytes: [UInt8] = []
    var lives: [Bool] = []
    var random = SeededRandom(seed: 1)
    bytes.reserveCapacity((live + live / 9 + 10) * Self.tokenBytes)
    var absentPlace = 0
    var number = 0
    while number < live {
      let place = lives.count % 10
      if place == 0 { absentPlace = random.below(10) }
      let isLive = place != absentPlace
      let chosen = isLive ? UInt64(number * (population / live)) : Self.firstAbsent + UInt64(lives.count)
      Self.token(chosen).reveal { for index in 0..<$0.count { bytes.append($0[index]) } }
      lives.append(isLive)
      if isLive { number += 1 }
    }
    self.bytes = bytes
    self.lives = lives
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
