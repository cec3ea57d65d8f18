// Where everything stands in the index's region. Offsets only, no pointers, so that any process can map it anywhere.

/// The region's map: a header, then the scope names, bindings, scope sets, text and slots, each aligned to a cache line.
///
///     header      4096 bytes, described by `Header`
///     scopeNames  1024 × 16   hash table: text offset u32, length u16, number+1 u16 (0: free; top bit: retired), the name's hash u64
///     bindings    n × 32      org: offset u32, length u32; tenant: offset u32, length u32; rendering: offset u32, length u32; 8 spare
///     scopeSets   n × 128     512 bits; rendering: offset u32, length u32; 56 spare
///     text        n           bytes that are written once, before anything refers to them
///     slots       n × 64      described by `Slot`
///
/// Text offsets count from the section's beginning in units of 8 bytes. Numbers are in this machine's byte order.
struct Layout: Equatable {
  static let magic: UInt64 = 0x31_78_64_6E_65_6B_6F_74  // "tokendx1"
  static let scopeNameCapacity = 1024
  static let scopeNameBytes = 16
  /// In the number of a scope name: it was retired.
  static let retiredScope: UInt32 = 0x8000
  static let bindingBytes = 32
  static let scopeSetBytes = 128

  /// How much of everything a region has room for.
  struct Capacity: Equatable {
    var slots: Int
    var bindings: Int
    var scopeSets: Int
    var textBytes: Int
  }

  let capacity: Capacity
  let scopeNames: Int
  let bindings: Int
  let scopeSets: Int
  let text: Int
  let slots: Int
  let bytes: Int

  init(_ capacity: Capacity) {
    self.capacity = capacity
    func aligned(_ offset: Int) -> Int { (offset + 63) & ~63 }
    scopeNames = Header.bytes
    bindings = aligned(scopeNames + Self.scopeNameCapacity * Self.scopeNameBytes)
    scopeSets = aligned(bindings + capacity.bindings * Self.bindingBytes)
    text = aligned(scopeSets + capacity.scopeSets * Self.scopeSetBytes)
    slots = aligned(text + capacity.textBytes)
    bytes = slots + capacity.slots * Slot.bytes
  }
}

/// The words of the header.
enum Header {
  static let bytes = 4096
  static let magic = 0
  static let layoutVersion = 8
  static let slotCapacity = 16
  static let bindingCapacity = 24
  static let scopeSetCapacity = 32
  static let textCapacity = 40
  /// Seed of the hash of scope names.
  static let seed = 48
  // On a line of their own: what changes while readers look.
  /// 1 once a newer region has been published: what was just read here may be out of date.
  static let superseded = 128
  /// The last change that is visible.
  static let revision = 136
}

/// One token, in 64 bytes of one cache line.
///
/// The version is a sequence lock: 0 for a slot never used, odd while the writer is in it, even when it may be read. The
/// digest, binding, scope set and label never change once the version has been even; state and expiry may.
enum Slot {
  static let bytes = 64
  static let version = 0
  static let label = 4
  static let expiry = 8
  static let binding = 16
  static let scopeSet = 20
  static let ordinal = 24
  static let state = 28
  static let digest = 32
}
