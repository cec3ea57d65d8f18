// Where tokens are made, with public ids that rise.

private import Synchronization

/// Makes tokens of one format. Shared by all threads of a daemon.
///
/// A public id is six characters of the second since 1970 and five that were drawn, and is greater than all that were made
/// before it, as long as the daemon runs: whatever is kept in the order of ids grows at its end, so that a new row changes
/// the page that the one before it changed (docs/decisions/0028-ids-rise.md). Nothing relies on it, and no id is made
/// twice though the clock be set back. After a restart that goes on from the greatest id there is up to that second. If the
/// clock was set back before, it may come to a second in which ids were made already: whoever keeps tokens must refuse an
/// id that is taken.
package final class Mint: Sendable {
  /// The characters of an id that are drawn.
  private static let drawnCharacters = 5
  /// How many ids a second has: 62^5.
  private static let idsOfSecond: UInt64 = 916_132_832
  /// The last second that an id can tell, in the year 2600: later ones count on from there.
  private static let lastSecond: Int64 = 20_000_000_000

  package let format: TokenFormat
  /// The number of the last id.
  private let last = Atomic<UInt64>(0)

  /// - Parameter id: one that was made before, beyond which ids begin; nil if there is none.
  package init(_ format: TokenFormat, after id: String? = nil) {
    self.format = format
    last.store(id.flatMap(Self.number) ?? 0, ordering: .relaxed)
  }

  /// What every id that was made up to `now` is less than, as text.
  package static func bound(at now: Instant) -> String {
    var text: [UInt8] = []
    Base62.append(first(of: now) + idsOfSecond, width: TokenFormat.idBytes, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// The number of an id; nil if it is none, or greater than all that are made here.
  private static func number(of id: String) -> UInt64? {
    guard TokenFormat.isID(id) else { return nil }
    var number: UInt64 = 0
    for character in id.utf8 {
      let (high, isTooLarge) = number.multipliedReportingOverflow(by: 62)
      let (sum, isLarger) = high.addingReportingOverflow(UInt64(Base62.digit(character)))
      guard !isTooLarge, !isLarger else { return nil }
      number = sum
    }
    return number
  }

  /// The number of the first id of a second.
  private static func first(of now: Instant) -> UInt64 {
    UInt64(min(max(now.seconds, 0), lastSecond)) * idsOfSecond
  }

  /// Makes a new token from the generator.
  ///
  /// Characters are drawn without bias: of each random byte the values 248 and above are thrown away, as 248 = 4 × 62.
  package func mint<Failure: Error>(
    at now: Instant, from fill: (inout MutableSpan<UInt8>) throws(Failure) -> Void
  ) throws(Failure) -> Secret {
    let count = Self.drawnCharacters + TokenFormat.secretCharacters
    var drawn: [UInt8] = []
    drawn.reserveCapacity(count)
    var pool = InlineArray<64, UInt8>(repeating: 0)
    while drawn.count < count {
      var span = pool.mutableSpan
      try fill(&span)
      for index in 0..<span.count where span[index] < 248 && drawn.count < count {
        drawn.append(span[index] % 62)
        span[index] = 0
      }
    }
    let place = drawn.prefix(Self.drawnCharacters).reduce(0) { $0 * 62 + UInt64($1) }
    var token: [UInt8] = []
    token.reserveCapacity(format.tokenBytes)
    token.append(contentsOf: format.prefix.utf8)
    Base62.append(nextID(at: now, place: place), width: TokenFormat.idBytes, to: &token)
    token.append(0x5F)
    for digit in drawn.dropFirst(Self.drawnCharacters) { token.append(Base62.character(digit)) }
    Base62.append(UInt64(CRC32.of(token.span)), width: TokenFormat.checksumCharacters, to: &token)
    let secret = Secret(copying: token.span, idAt: format.prefix.utf8.count)
    wipe(&drawn)
    wipe(&token)
    return secret
  }

  /// The number of an id: that of `place` in the second, or, if that is not beyond the last, the next one.
  private func nextID(at now: Instant, place: UInt64) -> UInt64 {
    let wanted = Self.first(of: now) + place
    var before = last.load(ordering: .relaxed)
    while true {
      let id = max(before + 1, wanted)
      let (isDone, found) = last.compareExchange(expected: before, desired: id, ordering: .relaxed)
      if isDone { return id }
      before = found
    }
  }
}
