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
struct Layout: Equatable {
  static let magic: UInt64 = 0x31_78_64_6E_65_6B_6F_74  // "tokendx1"
  static let version: UInt64 = 2
  static let scopeNameCapacity = 1024
  static let scopeNameBytes = 16
  /// In the number of a scope name: it was retired.
  static let retiredScope: UInt32 = 0x8000
  static let bindingBytes = 32
  static let scopeSetBytes = 128
  /// What references count.
  static let poolUnit = 8

  /// How much of everything a region has room for.
  struct Capacity: Equatable {
    var bindings: Int
    var scopeSets: Int
    var buckets: Int
    var poolBytes: Int
  }

  let capacity: Capacity
  let scopeNames: Int
  let bindings: Int
  let scopeSets: Int
  let buckets: Int
  let pool: Int
  let bytes: Int

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
enum Header {
  static let bytes = 4096
  static let magic = 0
  static let layoutVersion = 8
  static let bindingCapacity = 16
  static let scopeSetCapacity = 24
  static let bucketCapacity = 32
  static let poolCapacity = 40
  /// Seed of the hashes.
  static let seed = 48
  // On a line of their own: what changes while readers look.
  /// 1 once a newer region has been published: what was just read here may be out of date.
  static let superseded = 128
  /// The last change that is visible.
  static let revision = 136
}

/// A place of the hash table: in the lower half of a word the reference of a token's record, 0 if the place is free; in
/// the upper half the hash of its digest. A search begins where the hash, scaled to the number of buckets, says, and goes
/// on to the next bucket until it finds the hash or a free place; only then is a record looked at. A bucket is written
/// once, after its record.
enum Bucket {
  static let bytes = 8

  static func word(hash: UInt32, record: UInt32) -> UInt64 { UInt64(hash) << 32 | UInt64(record) }
  @inline(__always)
  static func hash(_ word: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: word >> 32) }
  @inline(__always)
  static func record(_ word: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: word) }
}

/// One token: 64 bytes, then those of its label, so that both are fetched at once.
///
/// The version is a sequence lock: odd while the writer changes the record, even when it may be read. Only state and
/// expiry ever change.
enum TokenRecord {
  static let bytes = 64
  /// Two lines hold most records with their labels.
  static let alignment = 32
  static let version = 0
  static let state = 4
  static let expiry = 8
  static let binding = 16
  static let scopeSet = 20
  static let ordinal = 24
  static let labelBytes = 28
  static let digest = 32
  static let label = 64
}
