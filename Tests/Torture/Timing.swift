// Whether the time that a verdict takes tells how near a guess is to a token that is live.

import Foundation
import Harness
import Seeded
import TokenClient
import Tokens
import Wire

/// Welch's t-test on the times of two kinds of tokens, asked about in random order (Reparaz, Balasch, Verbauwhede: "Dude,
/// is my code constant time?", 2017).
enum Timing {
  /// Above it, two kinds differ.
  private static let bound = 4.5
  /// One pass in some thousand is above it by chance; most of them are not. Nor is one below it proof that they are alike:
  /// the machine may have been busy.
  private static let passes = 3
  private static let tokens = 200

  static func run(_ count: Int, seed: UInt64) throws -> [Outcome] {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    var random = SeededRandom(seed: seed)
    let live = try (0..<tokens).map { try daemon.create("t\($0)").secret }
    let near = (0..<4096).map { _ in guess(near: live[random.below(live.count)], differing: 1, &random) }
    let far = (0..<4096).map { _ in guess(near: live[random.below(live.count)], differing: 41, &random) }
    let client = TokenClient(socket: daemon.validationSocket, timeout: .seconds(10))
    var guesses = Outcome("timing: a guess that is one character off, and one that is all off", seed: seed)
    try compare(near, far, count, client, &random, &guesses)
    var control = Outcome("timing: control, live tokens and unknown ones", seed: seed)
    control.mustFail = true
    try compare(live, far, count, client, &random, &control)
    return [guesses, control]
  }

  /// The token with so many of its characters changed, from the end of its secret, and a checksum that is right.
  private static func guess(near token: String, differing: Int, _ random: inout SeededRandom) -> String {
    var bytes = Array(token.utf8.dropLast(TokenFormat.checksumCharacters))
    var (place, left) = (bytes.count - 1, differing)
    while left > 0 {
      if bytes[place] != UInt8(ascii: "_") {
        let old = bytes[place]
        while bytes[place] == old { bytes[place] = Base62.character(UInt8(random.below(62))) }
        left -= 1
      }
      place -= 1
    }
    Base62.append(UInt64(CRC32.of(bytes.span)), width: TokenFormat.checksumCharacters, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func compare(
    _ first: [String], _ second: [String], _ count: Int, _ client: TokenClient, _ random: inout SeededRandom,
    _ outcome: inout Outcome
  ) throws {
    var found: [(t: Double, nanoseconds: Double)] = []
    for _ in 0..<passes {
      var times: (first: [Double], second: [Double]) = ([], [])
      for _ in 0..<count / passes {
        let isFirst = random.below(2) == 0
        let token = isFirst ? first[random.below(first.count)] : second[random.below(second.count)]
        let begin = ContinuousClock.now
        _ = try client.validate(token, org: "acme", tenant: "prod", requiring: [])
        let time = (ContinuousClock.now - begin) / .nanoseconds(1)
        if isFirst { times.first.append(time) } else { times.second.append(time) }
      }
      found.append(difference(times.first, times.second))
      outcome.runs += 1
      outcome.acknowledged += count / passes
    }
    let middle = found.map { abs($0.t) }.sorted()[passes / 2]
    if middle > bound { outcome.add([String(format: "t = %.1f in most of the passes", middle)], in: "timing") }
    outcome.remark = found.map { String(format: "t %.1f, %.0f ns", $0.t, $0.nanoseconds) }.joined(separator: "; ")
  }

  /// Welch's t, and how much longer the first took in the mean, of the nine tenths that nothing came between.
  private static func difference(_ first: [Double], _ second: [Double]) -> (t: Double, nanoseconds: Double) {
    let all = (first + second).sorted()
    let most = all[all.count * 9 / 10]
    let (a, b) = (first.filter { $0 <= most }, second.filter { $0 <= most })
    let (meanA, meanB) = (mean(a), mean(b))
    let spread = variance(a, meanA) / Double(a.count) + variance(b, meanB) / Double(b.count)
    return ((meanA - meanB) / spread.squareRoot(), meanA - meanB)
  }

  private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  private static func variance(_ values: [Double], _ mean: Double) -> Double {
    values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
  }
}
