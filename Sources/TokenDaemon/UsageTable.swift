// What tokens were used for, as a worker sees it: noted in memory on the way of a verdict, handed over now and then.

internal import Tokens

/// That a token was allowed.
struct TokenUse: Sendable {
  /// The token's number in the store.
  let ordinal: UInt32
  /// When it was last.
  var at: Instant
  /// The scopes that were required of it.
  var scopes: ScopeSet
}

/// The uses that a worker has not handed over yet, one for each token. Noting one costs a look into a table of fixed
/// size, and no allocation. Owned by one worker.
struct UsageTable: ~Copyable {
  /// Tokens that fit; when it is full, it must be handed over.
  static let capacity = 2048

  private var uses: [TokenUse] = []
  /// Where a token's use stands in `uses`, plus one; open addressing, twice as large as needed.
  private var places = [UInt16](repeating: 0, count: capacity * 2)
  /// When the first of them was noted.
  private(set) var began = Instant.never

  init() { uses.reserveCapacity(Self.capacity) }

  var isEmpty: Bool { uses.isEmpty }
  var isFull: Bool { uses.count == Self.capacity }

  /// Notes that a token was allowed. If the table is full, a token that is not in it is left out.
  mutating func note(_ ordinal: UInt32, at moment: Instant, scopes: ScopeSet) {
    let mask = places.count - 1
    var index = Int(truncatingIfNeeded: UInt64(ordinal) &* 0x9E37_79B9_7F4A_7C15 >> 40) & mask
    while places[index] != 0 {
      let place = Int(places[index]) - 1
      if uses[place].ordinal == ordinal {
        uses[place].at = max(uses[place].at, moment)
        uses[place].scopes.words |= scopes.words
        return
      }
      index = (index + 1) & mask
    }
    guard !isFull else { return }
    if uses.isEmpty { began = moment }
    uses.append(TokenUse(ordinal: ordinal, at: moment, scopes: scopes))
    places[index] = UInt16(uses.count)
  }

  /// All uses, and none afterwards.
  mutating func take() -> [TokenUse] {
    let taken = uses
    uses.removeAll(keepingCapacity: false)
    uses.reserveCapacity(Self.capacity)
    for index in places.indices { places[index] = 0 }
    began = .never
    return taken
  }
}
