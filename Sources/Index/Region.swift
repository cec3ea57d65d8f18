// One region and the sections of its layout: what reader and writer share.

internal import Linux
private import Tokens

/// A region with its layout. Readers use what is here freely; only the one writer calls what `IndexWriter` adds.
package final class Region: Sendable {
  let memory: SharedRegion
  let layout: Layout
  let seed: UInt64

  /// An empty region.
  init(_ capacity: Layout.Capacity, seed: UInt64) throws(Errno) {
    layout = Layout(capacity)
    memory = try SharedRegion(bytes: layout.bytes)
    self.seed = seed
    memory.store64(Header.magic, Layout.magic)
    memory.store64(Header.layoutVersion, 1)
    memory.store64(Header.slotCapacity, UInt64(capacity.slots))
    memory.store64(Header.bindingCapacity, UInt64(capacity.bindings))
    memory.store64(Header.scopeSetCapacity, UInt64(capacity.scopeSets))
    memory.store64(Header.textCapacity, UInt64(capacity.textBytes))
    memory.store64(Header.seed, seed)
  }

  /// Whether a newer region has taken this one's place.
  @inline(__always)
  var isSuperseded: Bool { memory.acquire32(Header.superseded) != 0 }

  @inline(__always)
  var revision: UInt64 { memory.acquire64(Header.revision) }

  /// The slot where the search for a digest begins. Digests of tokens that were made here are uniform, but whoever may
  /// import digests chooses them: all of a digest is hashed with the region's seed, so that nobody can choose digests that
  /// begin at one place and make every search there long. The hash, scaled, spreads evenly over any number of slots.
  @inline(__always)
  func home(_ words: SIMD4<UInt64>) -> Int {
    let left = (words[0] ^ seed).multipliedFullWidth(by: words[1] ^ (seed &* 0x9E37_79B9_7F4A_7C15 | 1))
    let right = (words[2] ^ ~seed).multipliedFullWidth(by: words[3] ^ (seed &* 0xC2B2_AE3D_27D4_EB4F | 1))
    var hash = left.high ^ left.low ^ (right.high ^ right.low) &* 0x9E37_79B9_7F4A_7C15
    // Only its highest bits count below: all others must reach them.
    hash = (hash ^ hash >> 32) &* 0xD6E8_FEB8_6659_FD93
    hash = (hash ^ hash >> 32) &* 0xD6E8_FEB8_6659_FD93
    return Int(hash.multipliedFullWidth(by: UInt64(layout.capacity.slots)).high)
  }

  /// The digest in the slot at `offset`.
  func digest(at offset: Int) -> SIMD4<UInt64> {
    SIMD4(
      memory.load64(offset + Slot.digest), memory.load64(offset + Slot.digest + 8),
      memory.load64(offset + Slot.digest + 16), memory.load64(offset + Slot.digest + 24))
  }

  @inline(__always)
  func slotOffset(_ index: Int) -> Int { layout.slots &+ index &* Slot.bytes }

  @inline(__always)
  func next(_ index: Int) -> Int { index &+ 1 == layout.capacity.slots ? 0 : index &+ 1 }

  /// The bytes of text that a (offset, length) pair of words at `offset` refers to.
  @inline(__always)
  func text(at offset: Int) -> Range<Int> {
    let start = layout.text &+ Int(memory.load32(offset)) &* 8
    return start..<start &+ Int(memory.load32(offset &+ 4))
  }

  /// The bytes of a label: two bytes of length come before it.
  @inline(__always)
  func label(_ reference: UInt32) -> Range<Int> {
    let start = labelOffset(reference)
    let count = Int(memory.load32(start) & 0xFFFF)
    return start &+ 2..<start &+ 2 &+ count
  }

  @inline(__always)
  func labelOffset(_ reference: UInt32) -> Int { layout.text &+ Int(reference) &* 8 }

  func bindingOffset(_ number: UInt32) -> Int { layout.bindings + Int(number) * Layout.bindingBytes }
  func scopeSetOffset(_ number: UInt32) -> Int { layout.scopeSets + Int(number) * Layout.scopeSetBytes }
}
