// The section of a region in which scopes are found by name: a hash table with open addressing.

public import Linux
public import Tokens

/// The scope names of one region. Readers look up while the one writer adds.
@usableFromInline struct ScopeNames {
  @usableFromInline let region: Region

  @inlinable init(of region: Region) { self.region = region }

  /// A name's place, as a reader sees it at one moment.
  @usableFromInline struct Entry {
    @usableFromInline let offset: Int
    @usableFromInline let word: UInt32

    @inlinable init(offset: Int, word: UInt32) { (self.offset, self.word) = (offset, word) }

    /// The scope's bit in scope sets.
    @inlinable var number: Int { Int(word >> 16 & ~Layout.retiredScope) - 1 }
    /// Nobody holds a scope that was retired.
    @inlinable var isRetired: Bool { word >> 16 & Layout.retiredScope != 0 }
  }

  /// The entry of `name`, retired or not; nil if there is none.
  @inlinable
  @inline(__always)
  func find(_ name: Span<UInt8>) -> Entry? {
    let hash = hash(name)
    // The bound holds even if the table were full.
    for step in 0..<Layout.scopeNameCapacity {
      let offset = offset(hash, step)
      // The number is stored last, with release: once it is seen, the rest is there.
      let word = region.memory.acquire32(offset + 4)
      if word >> 16 == 0 { return nil }
      guard region.memory.load64(offset + 8) == hash else { continue }
      let start = region.poolOffset(region.memory.load32(offset))
      let memory = region.memory
      if equal(memory.text(start..<start + Int(word & 0xFFFF)), name) {
        return Entry(offset: offset, word: word)
      }
    }
    return nil
  }

  /// Adds a name that is not there, whose bytes stand in the region at `text`.
  /// - Returns: whether there was room.
  func add(_ name: Span<UInt8>, text: UInt32, number: Int) -> Bool {
    let hash = hash(name)
    for step in 0..<Layout.scopeNameCapacity {
      let offset = offset(hash, step)
      guard region.memory.load32(offset + 4) >> 16 == 0 else { continue }
      region.memory.store32(offset, text)
      region.memory.store64(offset + 8, hash)
      region.memory.release32(offset + 4, UInt32(number + 1) << 16 | UInt32(name.count))
      return true
    }
    return false
  }

  /// Readers see it at once.
  func set(_ entry: Entry, retired isRetired: Bool) {
    let flag = Layout.retiredScope << 16
    region.memory.release32(entry.offset + 4, isRetired ? entry.word | flag : entry.word & ~flag)
  }

  @inlinable func offset(_ hash: UInt64, _ step: Int) -> Int {
    let place = (Int(truncatingIfNeeded: hash) &+ step) & (Layout.scopeNameCapacity - 1)
    return region.layout.scopeNames &+ place &* Layout.scopeNameBytes
  }

  /// Eight bytes a step, seeded, so that nobody can choose names that collide.
  @inlinable
  @inline(__always)
  func hash(_ name: Span<UInt8>) -> UInt64 {
    func mixed(_ value: UInt64) -> UInt64 {
      let product = value.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
      return product.high ^ product.low
    }
    let count = name.count
    let hash = region.seed ^ UInt64(count)
    if count < 8 {
      // Twice four bytes, which overlap, or one by one.
      if count >= 4 { return mixed(hash ^ (UInt64(name.halfWord(at: 0)) << 32 | UInt64(name.halfWord(at: count - 4)))) }
      var word: UInt64 = 0
      for index in 0..<count { word = word << 8 | UInt64(name[index]) }
      return mixed(hash ^ word)
    }
    var mix = hash
    var at = 0
    while at + 8 < count {
      mix = mixed(mix ^ name.word(at: at))
      at += 8
    }
    // The last eight, some of which may have been mixed in.
    return mixed(mixed(mix ^ name.word(at: count - 8)))
  }
}
