// What a benchmark is asked to do.

/// A benchmark's arguments, by their places.
struct Arguments {
  let words: [String]

  /// A whole number, a thousand million at most.
  func number(_ place: Int, atLeast least: Int) throws -> Int {
    guard let number = Int(words[place]), number >= least, number <= 1_000_000_000 else {
      throw BenchFailure("\(words[place]): give a whole number, at least \(least) and at most 1000000000")
    }
    return number
  }

  /// How long a turn takes: shorter ones are over before an answer has come.
  func seconds(_ place: Int) throws -> Double {
    guard let seconds = Double(words[place]), seconds >= 0.01, seconds <= 600 else {
      throw BenchFailure("\(words[place]): give seconds, at least 0.01 and at most 600")
    }
    return seconds
  }

  /// The sample that is asked about when the number of tokens stands at `place`.
  func sample(_ place: Int) throws -> TokenSample {
    let tokens = try number(place, atLeast: 10)
    return TokenSample(live: min(tokens, 1_000_000), of: tokens)
  }
}
