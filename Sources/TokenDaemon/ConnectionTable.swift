// The connections of one worker, by the words that its poller knows them by.

internal import Linux
internal import Tokens

/// Finds a connection by its word in constant time. A word is never used again, so an event or an outcome that comes
/// too late finds nothing, rather than the next peer.
struct ConnectionTable: ~Copyable {
  /// Words below are free for other uses of the poller.
  static let firstWord: UInt64 = 16
  private static let placeBits: UInt64 = 24

  private var places: [Connection?] = []
  private var free: [Int] = []
  private var serial: UInt64 = 0

  /// Makes a connection of an accepted descriptor.
  mutating func add(
    _ descriptor: consuming Descriptor, caller: Caller, account: PeerAccounts.Account, entrance: Entrance,
    counter: PeerCounters.Counter
  ) -> Connection {
    let place = free.popLast() ?? places.count
    serial += 1
    let word = (serial << Self.placeBits | UInt64(place)) + Self.firstWord
    let connection = Connection(
      descriptor, caller: caller, account: account, entrance: entrance, counter: counter, word: word)
    if place == places.count { places.append(connection) } else { places[place] = connection }
    return connection
  }

  /// The connection with this word, or nil if it has gone.
  subscript(word: UInt64) -> Connection? {
    let place = Self.place(word)
    guard place < places.count, let connection = places[place], connection.word == word else { return nil }
    return connection
  }

  /// Lets go of a connection; `false` if it had gone already.
  @discardableResult
  mutating func remove(_ connection: Connection) -> Bool {
    let place = Self.place(connection.word)
    guard places[place] === connection else { return false }
    places[place] = nil
    free.append(place)
    return true
  }

  var all: [Connection] { places.compactMap { $0 } }

  private static func place(_ word: UInt64) -> Int { Int((word - firstWord) & (1 << placeBits - 1)) }
}
