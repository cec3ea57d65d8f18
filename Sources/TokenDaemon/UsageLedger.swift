// What tokens were used for, as a worker notes it on the way of a verdict: in one word of memory for each token.

internal import Linux
private import Synchronization
internal import Tokens

/// That a token was allowed.
struct TokenUse: Sendable, Equatable {
  /// The token's number in the store.
  let ordinal: UInt32
  /// When it was last.
  var at: Instant
  /// The scopes that were required of it, by their places among those it holds.
  var places: UInt32 = 0
  /// The scopes that were required of it, beyond the places that have a bit.
  var beyond = ScopeSet()
}

/// The uses that one worker has noted and the journal has not taken. None is left out, however many tokens are used,
/// as long as there is memory: it grows with the tokens that were, by eight bytes each.
final class UsageLedger: Sendable {
  /// Tokens that hold more scopes than there are places, and were asked for one of the others.
  static let mostBeyond = 4096

  /// Oldest first. The worker notes in the last one only.
  private let sheets: Mutex<[UsageSheet]>
  private let beyond = Mutex<[UInt32: TokenUse]>([:])

  /// - Parameter tokens: about how many there are.
  /// - Throws: if there is no memory.
  init(tokens: Int) throws(Errno) { sheets = Mutex([try UsageSheet(tokens: tokens)]) }

  /// The sheet that the worker notes in.
  var newest: UsageSheet { sheets.withLock { $0[$0.count - 1] } }

  /// A new sheet that has a place for `ordinal`, or nil if there is no memory for it. Called by the worker.
  func turn(to ordinal: UInt32) -> UsageSheet? {
    guard let larger = try? UsageSheet(tokens: 2 * (Int(ordinal) + 1)) else { return nil }
    sheets.withLock { $0.append(larger) }
    return larger
  }

  /// Notes scopes that have no place. What is beyond the bound is left out until the next time.
  func note(_ ordinal: UInt32, at moment: Instant, beyond scopes: ScopeSet) {
    beyond.withLock { known in
      guard known[ordinal] != nil || known.count < Self.mostBeyond else { return }
      let before = known[ordinal]?.beyond ?? ScopeSet()
      known[ordinal] = TokenUse(ordinal: ordinal, at: moment, beyond: ScopeSet(words: before.words | scopes.words))
    }
  }

  /// Whether there are uses that the journal has not taken.
  var hasUses: Bool {
    !beyond.withLock { $0.isEmpty }
      || sheets.withLock { $0 }.contains { sheet in (0..<sheet.groups).contains(where: sheet.hasUses) }
  }

  /// Takes out uses, a group of tokens at a time, until there are `most` or all groups have been looked at. Called by
  /// the journal.
  /// - Parameter group: where to go on; 0 to begin.
  /// - Returns: whether all have been looked at.
  func take(from group: inout Int, most: Int, into uses: inout ArraySlice<TokenUse>) -> Bool {
    if group == 0 { takeAside(into: &uses) }
    let sheet = newest
    while group < sheet.groups {
      guard uses.count < most else { return false }
      sheet.take(group, into: &uses)
      group += 1
    }
    return true
  }

  /// Takes what is not in the newest sheet.
  private func takeAside(into uses: inout ArraySlice<TokenUse>) {
    let old = sheets.withLock { sheets in
      let old = sheets.dropLast()
      sheets.removeFirst(old.count)
      return old
    }
    for sheet in old { for group in 0..<sheet.groups { sheet.take(group, into: &uses) } }
    uses += beyond.withLock { beyond in
      let taken = beyond
      beyond.removeAll()
      return taken.values
    }
  }
}

/// Words for the tokens whose ordinals are below a bound: the second of the last use in the upper half, places in the
/// lower. One thread notes, another takes, and neither waits. Memory is taken page by page, when it is first noted in.
struct UsageSheet: Sendable {
  /// Scopes of one token that have a bit.
  static let places = 32
  /// Tokens that share a mark, which says that one of them may have been used.
  private static let groupTokens = 512

  let groups: Int
  private let memory: SharedRegion
  private let words: Int

  init(tokens: Int) throws(Errno) {
    groups = max(4, (tokens + Self.groupTokens - 1) / Self.groupTokens)
    words = (groups + 63) & ~63
    memory = try SharedRegion(bytes: words + groups * Self.groupTokens * 8, inHugePages: false)
  }

  /// Whether it has a word for `ordinal`.
  @inline(__always)
  func has(_ ordinal: UInt32) -> Bool { Int(ordinal) < groups &* Self.groupTokens }

  /// Says that `ordinal`, which it has a word for, will be noted soon.
  @inline(__always)
  func expect(_ ordinal: UInt32) { memory.prefetch(words &+ Int(ordinal) &* 8) }

  /// Notes that a token which it has a word for was allowed.
  @inline(__always)
  func note(_ ordinal: UInt32, at moment: Instant, places: UInt32) {
    let offset = words &+ Int(ordinal) &* 8
    let before = memory.load64(offset)
    let after = UInt64(UInt32(clamping: moment.seconds)) << 32 | (before & 0xFFFF_FFFF) | UInt64(places)
    guard after != before else { return }
    memory.store64(offset, after)
    // Marked after the word, and taken before it: a mark that was taken too early is set again.
    memory.release8(Int(ordinal) / Self.groupTokens, 1)
  }

  /// Whether a token of a group was used since it was taken. Where none of eight groups is marked no memory of theirs is read.
  func hasUses(_ group: Int) -> Bool {
    let marks = memory.load64(group & ~7)
    return marks != 0 && tokens(of: group).contains { memory.load64(words + $0 * 8) != 0 }
  }

  private func tokens(of group: Int) -> Range<Int> { group * Self.groupTokens..<(group + 1) * Self.groupTokens }

  func take(_ group: Int, into uses: inout ArraySlice<TokenUse>) {
    guard memory.take8(group) != 0 else { return }
    for ordinal in tokens(of: group) {
      guard memory.load64(words + ordinal * 8) != 0 else { continue }
      let word = memory.take64(words + ordinal * 8)
      uses.append(
        TokenUse(
          ordinal: UInt32(ordinal), at: Instant(seconds: Int64(word >> 32)), places: UInt32(truncatingIfNeeded: word)))
    }
  }
}
