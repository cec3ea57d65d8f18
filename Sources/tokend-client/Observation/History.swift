// The numbers of the last minutes, for the sparklines of `top`.

/// One number for each look at the daemon, the oldest first; nil where nothing is known.
struct History {
  /// How many looks are remembered; a wide screen shows no more.
  private static let looks = 300

  private(set) var verdicts: [Double?] = []
  private(set) var denied: [Double?] = []
  /// The histogram's bounds that half and 99 % of the verdicts kept within, in nanoseconds.
  private(set) var p50: [Double?] = []
  private(set) var p99: [Double?] = []
  private var byReason: [String: [Double?]] = [:]

  /// Takes in what happened since the last look; nil if that is not known.
  mutating func add(_ interval: Interval?) {
    let before = verdicts.count
    Self.add(interval?.verdicts, to: &verdicts)
    Self.add(interval?.denied, to: &denied)
    Self.add(interval?.p50.map { Double($0) }, to: &p50)
    Self.add(interval?.p99.map { Double($0) }, to: &p99)
    let rates = Dictionary((interval?.reasons ?? []).map { ($0.name, $0.rate) }) { first, _ in first }
    for name in Set(byReason.keys).union(rates.keys) {
      Self.add(
        interval.map { _ in rates[name] ?? 0 }, to: &byReason[name, default: [Double?](repeating: nil, count: before)])
    }
    // One that has not been given for so long is forgotten.
    byReason = byReason.filter { $0.value.contains { ($0 ?? 0) > 0 } }
  }

  /// The reasons that were given at all, those given the most first: a row does not jump with each look.
  var reasons: [(name: String, rates: [Double?])] {
    byReason.map { (name: $0.key, rates: $0.value, sum: $0.value.reduce(0) { $0 + ($1 ?? 0) }) }
      .sorted { ($1.sum, $0.name) < ($0.sum, $1.name) }.map { (name: $0.name, rates: $0.rates) }
  }

  private static func add(_ value: Double?, to values: inout [Double?]) {
    values.append(value)
    if values.count > looks { values.removeFirst(values.count - looks) }
  }
}
