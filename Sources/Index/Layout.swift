// Where everything stands in the index's region. Offsets only, no pointers, so that any process can map it anywhere.

/// The region's map: a header, then the scope names, bindings, scope sets, buckets and the pool, each aligned to a cache
/// line.
///
///     header      4096 bytes, described by `Header`
///     scopeNames  1024 × 16   hash table: text u32, length u16, number+1 u16 (0: free; top bit: retired), the name's hash u64
///     bindings    n × 32      org: text u32, length u32; tenant: text u32, length u32; rendering: text u32, length u32; 8 spare
///     scopeSets   n × 128     512 bits; rendering: text u32, length u32; 56 spare
///     buckets     n × 8       hash table of tokens, described by `Bucket`
///     pool        n           texts, and tokens as `TokenRecord` describes them, in the order in which they came
///
/// Texts and tokens are referred to by their distance from the pool's beginning, in units of 8 bytes. Texts are written
/// once, before anything refers to them. Numbers are in this machine's byte order.
@usableFromInline struct Layout: Equatable, Sendable {
  // Computed, here and below: a stored constant of another module is asked for whether it is there yet.
  @inlinable static var magic: UInt64 { 0x31_78_64_6E_65_6B_6F_74 }  // "tokendx1"
  @inlinable static var version: UInt64 { 2 }
  @inlinable static var scopeNameCapacity: Int { 1024 }
  @inlinable static var scopeNameBytes: Int { 16 }
  /// In the number of a scope name: it was retired.
  @inlinable static var retiredScope: UInt32 { 0x8000 }
  @inlinable static var bindingBytes: Int { 32 }
  @inlinable static var scopeSetBytes: Int { 128 }
  /// What references count.
  @inlinable static var poolUnit: Int { 8 }

  /// How much of everything a region has room for.
  @usableFromInline struct Capacity: Equatable, Sendable {
    @usableFromInline var bindings: Int
    @usableFromInline var scopeSets: Int
    @usableFromInline var buckets: Int
    @usableFromInline var poolBytes: Int
  }

  @usableFromInline let capacity: Capacity
  @usableFromInline let scopeNames: Int
  @usableFromInline let bindings: Int
  @usableFromInline let scopeSets: Int
  @usableFromInline let buckets: Int
  @usableFromInline let pool: Int
  @usableFromInline let bytes: Int

  init(_ capacity: Capacity) {
    self.capacity = capacity
    func aligned(_ offset: Int) -> Int { (offset + 63) & ~63 }
    scopeNames = Header.bytes
    bindings = aligned(scopeNames + Self.scopeNameCapacity * Self.scopeNameBytes)
    scopeSets = aligned(bindings + capacity.bindings * Self.bindingBytes)
    buckets = aligned(scopeSets + capacity.scopeSets * Self.scopeSetBytes)
    pool = aligned(buckets + capacity.buckets * Bucket.bytes)
    // A line more, as readers fetch the line behind a record without asking whether its label reaches there.
    bytes = pool + capacity.poolBytes + TokenRecord.bytes
  }
}

/// The words of the header.
@usableFromInline enum Header {
  @inlinable static var bytes: Int { 4096 }
  @inlinable static var magic: Int { 0 }
  @inlinable static var layoutVersion: Int { 8 }
  @inlinable static var bindingCapacity: Int { 16 }
  @inlinable static var scopeSetCapacity: Int { 24 }
  @inlinable static var bucketCapacity: Int { 32 }
  @inlinable static var poolCapacity: Int { 40 }
  /// Seed of the hashes.
  @inlinable static var seed: Int { 48 }
  // On a line of their own: what changes while readers look.
  /// 1 once a newer region has been published: what was just read here may be out of date.
  @inlinable static var superseded: Int { 128 }
  /// The last change that is visible.
  @inlinable static var revision: Int { 136 }
}

/// A place of the hash table: in the lower half of a word the reference of a token's record, 0 if the place is free; in
/// the upper half the hash of its digest. A search begins where the hash, scaled to the number of buckets, says, and goes
/// on to the next bucket until it finds the hash or a free place; only then is a record looked at. A bucket is written
/// once, after its record.
@usableFromInline enum Bucket {
  @inlinable static var bytes: Int { 8 }

  static func word(hash: UInt32, record: UInt32) -> UInt64 { UInt64(hash) << 32 | UInt64(record) }
  @inlinable
  @inline(__always)
  static func hash(_ word: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: word >> 32) }
  @inlinable
  @inline(__always)
  static func record(_ word: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: word) }
}

/// One token: 64 bytes, then those of its label, so that both are fetched at once.
///
/// The version is a sequence lock: odd while the writer changes the record, even when it may be read. Only state and
/// expiry ever change.
@usableFromInline enum TokenRecord {
  @inlinable static var bytes: Int { 64 }
  /// Two lines hold most records with their labels.
  @inlinable static var alignment: Int { 32 }
  @inlinable static var version: Int { 0 }
  @inlinable static var state: Int { 4 }
  @inlinable static var expiry: Int { 8 }
  @inlinable static var binding: Int { 16 }
  @inlinable static var scopeSet: Int { 20 }
  @inlinable static var ordinal: Int { 24 }
  @inlinable static var labelBytes: Int { 28 }
  @inlinable static var digest: Int { 32 }
  @inlinable static var label: Int { 64 }
}
