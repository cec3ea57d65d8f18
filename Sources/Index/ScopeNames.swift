// The section of a region in which scopes are found by name: a hash table with open addressing.

internal import Linux
private import Tokens

/// The scope names of one region. Readers look up while the one writer adds.
struct ScopeNames {
  private let region: Region

  init(of region: Region) { self.region = region }

  /// A name's place, as a reader sees it at one moment.
  struct Entry {
    fileprivate let offset: Int
    fileprivate let word: UInt32
    /// The scope's bit in scope sets.
    var number: Int { Int(word >> 16 & ~Layout.retiredScope) - 1 }
    /// Nobody holds a scope that was retired.
    var isRetired: Bool { word >> 16 & Layout.retiredScope != 0 }
  }

  /// The entry of `name`, retired or not; nil if there is none.
  func find(_ name: Span<UInt8>) -> Entry? {
    let hash = hash(name)
    // The bound holds even if the table were full.
    for step in 0..<Layout.scopeNameCapacity {
      let offset = offset(hash, step)
      // The number is stored last, with release: once it is seen, the rest is there.
      let word = region.memory.acquire32(offset + 4)
      if word >> 16 == 0 { return nil }
      guard region.memory.load64(offset + 8) == hash else { continue }
      let start = region.layout.text + Int(region.memory.load32(offset)) * 8
      if region.memory.withBytes(start..<start + Int(word & 0xFFFF), { equal($0, name) }) {
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

  private func offset(_ hash: UInt64, _ step: Int) -> Int {
    let place = (Int(truncatingIfNeeded: hash) &+ step) & (Layout.scopeNameCapacity - 1)
    return region.layout.scopeNames &+ place &* Layout.scopeNameBytes
  }

  /// Eight bytes a step, seeded, so that nobody can choose names that collide.
  private func hash(_ name: Span<UInt8>) -> UInt64 {
    func mixed(_ value: UInt64) -> UInt64 {
      let product = value.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
      return product.high ^ product.low
    }
    var hash = region.seed ^ UInt64(name.count)
    var at = 0
    while at + 8 <= name.count {
      hash = mixed(hash ^ name.word(at: at))
      at += 8
    }
    var rest: UInt64 = 0
    for index in at..<name.count { rest = rest << 8 | UInt64(name[index]) }
    return mixed(mixed(hash ^ rest))
  }
}
