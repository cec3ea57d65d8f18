// One region and the sections of its layout: what reader and writer share.

public import Linux
private import Tokens

/// A region with its layout. Readers use what is here freely; only the one writer calls what `IndexWriter` adds.
public final class Region: Sendable {
  @usableFromInline let memory: SharedRegion
  @usableFromInline let layout: Layout
  @usableFromInline let seed: UInt64

  /// An empty region, whose pool takes no memory yet.
  init(_ capacity: Layout.Capacity, seed: UInt64) throws(Errno) {
    layout = Layout(capacity)
    memory = try SharedRegion(bytes: layout.bytes)
    self.seed = seed
    try memory.take(0..<layout.pool)
    memory.store64(Header.magic, Layout.magic)
    memory.store64(Header.layoutVersion, Layout.version)
    memory.store64(Header.bindingCapacity, UInt64(capacity.bindings))
    memory.store64(Header.scopeSetCapacity, UInt64(capacity.scopeSets))
    memory.store64(Header.bucketCapacity, UInt64(capacity.buckets))
    memory.store64(Header.poolCapacity, UInt64(capacity.poolBytes))
    memory.store64(Header.seed, seed)
  }

  /// Whether a newer region has taken this one's place.
  @inlinable
  @inline(__always)
  var isSuperseded: Bool { memory.acquire32(Header.superseded) != 0 }

  @inlinable
  @inline(__always)
  var revision: UInt64 { memory.acquire64(Header.revision) }

  /// The hash of a digest. Digests of tokens that were made here are uniform, but whoever may import digests chooses
  /// them: all of a digest is hashed with the region's seed, so that nobody can choose digests that begin at one place and
  /// make every search there long.
  @inlinable
  @inline(__always)
  func hash(_ words: SIMD4<UInt64>) -> UInt32 {
    let left = (words[0] ^ seed).multipliedFullWidth(by: words[1] ^ (seed &* 0x9E37_79B9_7F4A_7C15 | 1))
    let right = (words[2] ^ ~seed).multipliedFullWidth(by: words[3] ^ (seed &* 0xC2B2_AE3D_27D4_EB4F | 1))
    var hash = left.high ^ left.low ^ (right.high ^ right.low) &* 0x9E37_79B9_7F4A_7C15
    // Only its highest bits are kept: all others must reach them.
    hash = (hash ^ hash >> 32) &* 0xD6E8_FEB8_6659_FD93
    hash = (hash ^ hash >> 32) &* 0xD6E8_FEB8_6659_FD93
    return UInt32(truncatingIfNeeded: hash >> 32)
  }

  /// The bucket where the search for a hash begins: scaled, hashes spread evenly over any number of buckets.
  @inlinable
  @inline(__always)
  func home(_ hash: UInt32) -> Int { Int((UInt64(hash) &* UInt64(layout.capacity.buckets)) >> 32) }

  @inlinable
  @inline(__always)
  func bucketOffset(_ index: Int) -> Int { layout.buckets &+ index &* Bucket.bytes }

  @inlinable
  @inline(__always)
  func next(_ index: Int) -> Int { index &+ 1 == layout.capacity.buckets ? 0 : index &+ 1 }

  /// Where the pool holds what is referred to.
  @inlinable
  @inline(__always)
  func poolOffset(_ reference: UInt32) -> Int { layout.pool &+ Int(reference) &* Layout.poolUnit }

  /// Whether the record at `offset` is of `digest`.
  @inlinable
  @inline(__always)
  func record(at offset: Int, isOf digest: SIMD4<UInt64>) -> Bool {
    memory.load64(offset + TokenRecord.digest) == digest[0]
      && memory.load64(offset + TokenRecord.digest + 8) == digest[1]
      && memory.load64(offset + TokenRecord.digest + 16) == digest[2]
      && memory.load64(offset + TokenRecord.digest + 24) == digest[3]
  }

  /// The bytes of the text that a (reference, length) pair of words at `offset` refers to.
  @inlinable
  @inline(__always)
  func text(at offset: Int) -> Range<Int> {
    let start = poolOffset(memory.load32(offset))
    return start..<start &+ Int(memory.load32(offset &+ 4))
  }

  @inlinable
  @inline(__always)
  func bindingOffset(_ number: UInt32) -> Int { layout.bindings &+ Int(number) &* Layout.bindingBytes }
  @inlinable
  @inline(__always)
  func scopeSetOffset(_ number: UInt32) -> Int { layout.scopeSets &+ Int(number) &* Layout.scopeSetBytes }
}
