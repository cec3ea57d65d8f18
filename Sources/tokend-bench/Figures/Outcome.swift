// What runs came to.

/// What one run came to.
struct Outcome {
  /// Of what the questions count, a second.
  var rate = 0.0
  /// Of whole requests.
  var latency = LatencyHistogram()
}

/// One subject under one load, all rounds.
struct Cell {
  let load: String
  let subject: String
  var rates: [Double] = []
  /// In nanoseconds.
  var p50: [Double] = []
  var p99: [Double] = []
  var p999: [Double] = []
  /// What else is told of each round, by the report's titles; nil where there is nothing to tell.
  var others: [[Double?]] = []

  init(load: String, subject: String) {
    self.load = load
    self.subject = subject
  }

  mutating func add(_ outcome: Outcome, others: [Double?] = []) {
    rates.append(outcome.rate)
    self.others.append(others)
    // Where nothing was asked, nothing took any time.
    guard outcome.latency.count > 0 else { return }
    p50.append(Double(outcome.latency.nanoseconds(atShare: 0.5)))
    p99.append(Double(outcome.latency.nanoseconds(atShare: 0.99)))
    p999.append(Double(outcome.latency.nanoseconds(atShare: 0.999)))
  }
}
