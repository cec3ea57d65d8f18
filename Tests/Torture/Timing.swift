// Whether the time that a verdict takes tells how near a guess is to a token that is live.

import Foundation
import Harness
import Index
import Seeded
import TokenClient
import Tokens
import Wire

/// Welch's t-test on the times of two kinds of tokens, asked about in random order (Reparaz, Balasch, Verbauwhede: "Dude,
/// is my code constant time?", 2017).
enum Timing {
  /// Above it, two kinds differ.
  private static let bound = 4.5
  /// So many standard errors beyond it, a difference is above it in 19 runs of 20.
  private static let certainty = 1.645
  /// Taken together: what all of them say a little of counts too. Being below it is no proof that they are alike: the
  /// machine may have been busy.
  private static let passes = 3
  /// Of each kind, in each pass: with fewer, Welch's t says nothing.
  private static let least = 1000
  private static let tokens = 200
  /// What a control must find.
  private static let proof = "over all passes"

  /// What the control's calls demand: the more, the longer a verdict on a live token takes.
  private static let scopes = [
    "pipeline:read", "pipeline:write", "collector:read", "collector:write", "metrics:read", "metrics:write",
  ]

  static func run(_ count: Int, seed: UInt64) throws -> [Outcome] {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    var random = SeededRandom(seed: seed)
    let live = try (0..<tokens).map { try daemon.create("t\($0)", scopes: [], set: "full-access").secret }
    // With one, there are 61 guesses near each token: some thousands would stand for the kind, and what is particular to
    // their digests with it. With three hardly a guess comes twice.
    let (near, far) = (Kind.guess(differing: 3), Kind.guess(differing: 41))
    // What is compared is the look-up: neither kind may be turned away before it.
    for (kind, reason) in [
      (near, "UNKNOWN"), (far, "UNKNOWN"), (Kind.live, "ALLOWED"),
    ] {
      for _ in 0..<1000 where try daemon.reason(kind.draw(live, &random), "acme", "prod", scopes) != reason {
        throw Failure(why: "one is not \(reason)")
      }
    }
    let client = TokenClient(socket: daemon.validationSocket, timeout: .seconds(10))
    func ask(_ token: String) throws -> Double {
      let begin = ContinuousClock.now
      _ = try client.validate(token, org: "acme", tenant: "prod", requiring: scopes)
      return (ContinuousClock.now - begin) / .nanoseconds(1)
    }
    let lookUp = try LookUp(live)
    let (guesses, control) = ((near, far), (Kind.live, far))
    let (guess, known) = ("a guess three characters off and one all off", "control: a live token and an unknown one")
    return [
      try compare("over the socket, \(guess)", guesses, live, count, seed, &random, ask),
      try compare("over the socket, \(known)", control, live, count, seed, &random, isControl: true, ask),
      compare("the look-up alone, \(guess)", guesses, live, count, seed, &random, lookUp.time),
      compare("the look-up alone, \(known)", control, live, count, seed, &random, isControl: true, lookUp.time),
    ]
  }

  /// What is asked about.
  private enum Kind {
    case live
    case guess(differing: Int)

    func draw(_ live: [String], _ random: inout SeededRandom) -> String {
      let token = live[random.below(live.count)]
      return switch self {
      // A copy, as guesses are new too.
      case .live: String(decoding: Array(token.utf8), as: UTF8.self)
      case .guess(let differing): Timing.guess(near: token, differing: differing, &random)
      }
    }
  }

  /// What tells a live token from an unknown one, without what carries it there.
  private final class LookUp {
    private static let repetitions = 32
    private var index: IndexWriter

    init(_ live: [String]) throws {
      index = try IndexWriter(expecting: live.count, seed: 3)
      for (number, token) in live.enumerated() {
        let record = IndexWriter.Record(
          digest: Digest(hashing: Array(token.utf8).span), ordinal: UInt32(number),
          tenant: TenantName(stored: "acme", "prod"), scopes: ScopeSet(), state: .active, expiry: .never)
        try index.insert(record, label: [], binding: { [1] }, scopes: { [] })
      }
    }

    /// What one look-up took in the mean of some of the same token.
    func time(_ token: String) -> Double {
      let bytes = Array(token.utf8)
      let reader = IndexReader(index.published)
      var found = 0
      let begin = ContinuousClock.now
      for _ in 0..<Self.repetitions { if reader[Digest(hashing: bytes.span)] != nil { found += 1 } }
      let time = (ContinuousClock.now - begin) / .nanoseconds(1) / Double(Self.repetitions)
      return found == -1 ? 0 : time
    }
  }

  private struct Failure: Error { let why: String }

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
    _ what: String, _ kinds: (first: Kind, second: Kind), _ live: [String], _ count: Int, _ seed: UInt64,
    _ random: inout SeededRandom, isControl: Bool = false, _ time: (String) throws -> Double
  ) rethrows -> Outcome {
    var outcome = Outcome("timing: \(what)", seed: seed, injects: false, proof: isControl ? proof : nil)
    let each = count / passes / 2
    guard each >= least else {
      outcome.missing = "\(each) tokens of a kind in a pass: \(least) are needed"
      return outcome
    }
    var found: [Difference] = []
    for _ in 0..<passes {
      // Each with whether it is of the first kind. They are made in the order in which they are asked about: where one lies in
      // memory is not to tell its kind, as reading it leaves the caches another way then.
      let order = (Array(repeating: true, count: each) + Array(repeating: false, count: each)).shuffled(using: &random)
      let tokens = order.map { isFirst in ((isFirst ? kinds.first : kinds.second).draw(live, &random), isFirst) }
      var times: (first: [Double], second: [Double]) = ([], [])
      for (token, isFirst) in tokens {
        if isFirst { times.first.append(try time(token)) } else { times.second.append(try time(token)) }
      }
      found.append(difference(times.first, times.second))
      outcome.runs += 1
      outcome.acknowledged += tokens.count
    }
    let together = Difference(together: found)
    // A pass whose times do not differ, or are none, makes it so, and no comparison with it would hold.
    guard together.t.isFinite else {
      outcome.missing = "Welch's t is no number"
      return outcome
    }
    // What the control knows is which takes longer, too.
    if (isControl ? together.t : abs(together.t)) > bound {
      outcome.add([String(format: "t = %.1f ", together.t) + proof], in: "timing")
    }
    outcome.remark = String(
      format: "t %.1f, %.3f ns; %.3f ns would be seen", together.t, together.nanoseconds,
      (bound + certainty) * together.error)
    return outcome
  }

  /// How much longer one kind took than another.
  private struct Difference {
    let nanoseconds: Double
    /// Its standard error.
    let error: Double
    /// Welch's t.
    var t: Double { nanoseconds / error }

    init(nanoseconds: Double, error: Double) { (self.nanoseconds, self.error) = (nanoseconds, error) }

    /// The mean of several, each weighed by how sure it is: one pass on a busy machine does not hide what the others show.
    init(together all: [Difference]) {
      let weights = all.map { 1 / ($0.error * $0.error) }
      let weight = weights.reduce(0, +)
      nanoseconds = zip(all, weights).reduce(0) { $0 + $1.0.nanoseconds * $1.1 } / weight
      error = (1 / weight).squareRoot()
    }
  }

  /// By the means of the nine tenths that nothing came between.
  private static func difference(_ first: [Double], _ second: [Double]) -> Difference {
    let all = (first + second).sorted()
    let most = all[all.count * 9 / 10]
    let (a, b) = (first.filter { $0 <= most }, second.filter { $0 <= most })
    let (meanA, meanB) = (mean(a), mean(b))
    let spread = variance(a, meanA) / Double(a.count) + variance(b, meanB) / Double(b.count)
    return Difference(nanoseconds: meanA - meanB, error: spread.squareRoot())
  }

  private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  private static func variance(_ values: [Double], _ mean: Double) -> Double {
    values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
  }
}
