// Lock-free look-ups. Every worker has a reader of its own.

public import Linux
public import Tokens

/// Reads the published index. A look-up and all that is asked of its entry belong to one region; `isCurrent` afterwards
/// says whether that region still counts. If not, call `refresh` and begin again.
public struct IndexReader: ~Copyable {
  private let index: PublishedIndex
  @usableFromInline var region: Region

  package init(_ index: PublishedIndex) {
    self.index = index
    region = index.current
  }

  /// What the index knows of a token.
  public struct Entry {
    /// What an administrator has made of it.
    @usableFromInline package let state: TokenState
    /// An exclusive bound.
    @usableFromInline package let expiry: Instant
    /// The number of its tenant in this region, less than `bindings`.
    @usableFromInline package let binding: UInt32
    /// The number of its set of scopes in this region.
    @usableFromInline package let scopeSet: UInt32
    /// The token's number in the store.
    @usableFromInline package let ordinal: UInt32
    /// Where its label is in the region.
    @usableFromInline let labelStart: Int
    @usableFromInline let labelBytes: Int

    @inlinable init(
      state: TokenState, expiry: Instant, binding: UInt32, scopeSet: UInt32, ordinal: UInt32, labelStart: Int,
      labelBytes: Int
    ) {
      (self.state, self.expiry, self.binding, self.scopeSet) = (state, expiry, binding, scopeSet)
      (self.ordinal, self.labelStart, self.labelBytes) = (ordinal, labelStart, labelBytes)
    }
  }

  /// The last change that a look-up made now will see.
  @inlinable
  @inline(__always)
  package var revision: UInt64 { region.revision }

  /// Whether no newer region has been published since the last `refresh`.
  @inlinable
  @inline(__always)
  package var isCurrent: Bool { !region.isSuperseded }

  /// Turns to the newest region.
  package mutating func refresh() { region = index.current }

  /// A search for a digest, in the region of the moment: it must be ended before the next `refresh`.
  public struct Probe {
    /// What is searched for, and its hash.
    @usableFromInline package let digest: Digest
    @usableFromInline let hash: UInt32
    /// The bucket to look at next.
    @usableFromInline var bucket: Int
    /// Where the record is that has been found by its hash; 0 for none.
    @usableFromInline var record = 0

    @inlinable init(digest: Digest, hash: UInt32, bucket: Int) {
      (self.digest, self.hash, self.bucket) = (digest, hash, bucket)
    }

    /// A search for nothing, which finds nothing.
    @inlinable package static var none: Probe { Probe(digest: Digest(words: SIMD4()), hash: 0, bucket: 0) }
  }

  /// Begins a search: the bucket that it will look at comes nearer meanwhile.
  @inlinable
  @inline(__always)
  package func probe(_ digest: Digest) -> Probe {
    let hash = region.hash(digest.words)
    let home = region.home(hash)
    region.memory.prefetch(region.bucketOffset(home))
    return Probe(digest: digest, hash: hash, bucket: home)
  }

  /// Goes on with a search: the record that it will look at comes nearer meanwhile.
  @inlinable
  @inline(__always)
  package func approach(_ probe: inout Probe) {
    if probe.record == 0 { find(&probe) }
    guard probe.record != 0 else { return }
    region.memory.prefetch(probe.record)
    // A record and its label lie in two lines.
    region.memory.prefetch(probe.record &+ TokenRecord.bytes)
  }

  /// The entry of `digest`, or nil if it is not in the index, which is final: the index is complete.
  package subscript(digest: Digest) -> Entry? {
    var probe = probe(digest)
    find(&probe)
    return self[probe]
  }

  /// The entry that is searched for, or nil. The search has been gone on with.
  @inlinable
  @inline(__always)
  package subscript(probe: Probe) -> Entry? {
    var probe = probe
    while probe.record != 0 {
      if region.record(at: probe.record, isOf: probe.digest.words) { return read(probe.record) }
      // Another digest of the same hash.
      find(&probe)
    }
    return nil
  }

  /// Turns to the next record with the hash that is searched for, or none.
  @inlinable
  @inline(__always)
  func find(_ probe: inout Probe) {
    let region = region
    // Bounded by the table; the writer keeps a third of it free, so that a search ends soon.
    for _ in 0..<region.layout.capacity.buckets {
      let word = region.memory.acquire64(region.bucketOffset(probe.bucket))
      if word == 0 { break }
      probe.bucket = region.next(probe.bucket)
      if Bucket.hash(word) == probe.hash {
        probe.record = region.poolOffset(Bucket.record(word))
        return
      }
    }
    probe.record = 0
  }

  /// Copies a record, again for as long as the writer is in it.
  @inlinable
  @inline(__always)
  func read(_ at: Int) -> Entry {
    let memory = region.memory
    while true {
      let before = memory.acquire32(at + TokenRecord.version)
      let entry = Entry(
        // A state that is none of ours would be a fault in memory: it denies.
        state: TokenState(rawValue: UInt8(truncatingIfNeeded: memory.load32(at + TokenRecord.state))) ?? .revoked,
        expiry: Instant(seconds: Int64(bitPattern: memory.load64(at + TokenRecord.expiry))),
        binding: memory.load32(at + TokenRecord.binding),
        scopeSet: memory.load32(at + TokenRecord.scopeSet),
        ordinal: memory.load32(at + TokenRecord.ordinal),
        labelStart: at + TokenRecord.label,
        labelBytes: Int(memory.load32(at + TokenRecord.labelBytes)))
      memory.fenceAcquire()
      if before & 1 == 0, memory.load32(at + TokenRecord.version) == before { return entry }
    }
  }

  /// Whether the entry is bound to this org and tenant.
  @inlinable
  @inline(__always)
  package func isBound(_ entry: Entry, org: Span<UInt8>, tenant: Span<UInt8>) -> Bool {
    let at = region.bindingOffset(entry.binding)
    let memory = region.memory
    return equal(memory.text(region.text(at: at)), org) && equal(memory.text(region.text(at: at + 8)), tenant)
  }

  /// How many bindings there may be, and the bytes that the region takes.
  package var bindings: Int { region.layout.capacity.bindings }
  package var mappedBytes: Int { region.memory.bytes }

  /// The org and tenant of the binding with that number; empty if there is none yet.
  package func tenant(_ binding: Int) -> (org: String, tenant: String) {
    let at = region.bindingOffset(UInt32(binding))
    let memory = region.memory
    return (
      unsafe memory.text(region.text(at: at)).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) },
      unsafe memory.text(region.text(at: at + 8)).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    )
  }

  /// The number of the registered scope called `name`; nil if there is none, and then nobody holds it.
  @inlinable
  @inline(__always)
  package func scope(named name: Span<UInt8>) -> Int? {
    guard let entry = ScopeNames(of: region).find(name), !entry.isRetired else { return nil }
    return entry.number
  }

  /// The scopes that the entry holds.
  package func scopeSet(of entry: Entry) -> ScopeSet {
    let set = region.scopeSetOffset(entry.scopeSet)
    var words = SIMD8<UInt64>()
    for word in 0..<8 { words[word] = region.memory.load64(set + 8 * word) }
    return ScopeSet(words: words)
  }

  /// Where the scope with that number stands among those that the entry holds, in rising order; nil if it holds it not.
  @inlinable
  @inline(__always)
  package func place(of number: Int, in entry: Entry) -> Int? {
    let set = region.scopeSetOffset(entry.scopeSet)
    let word = region.memory.load64(set + number / 64 * 8)
    let bit: UInt64 = 1 << UInt64(number & 63)
    guard word & bit != 0 else { return nil }
    var place = (word & (bit - 1)).nonzeroBitCount
    for lower in 0..<number / 64 { place += region.memory.load64(set + lower * 8).nonzeroBitCount }
    return place
  }

  // The renderings that the writer was given with each entry, its binding and its scope set: ranges for `text`.

  /// What was given as the label when the token was put in.
  @inlinable
  @inline(__always)
  package func label(of entry: Entry) -> Range<Int> { entry.labelStart..<entry.labelStart &+ entry.labelBytes }

  /// What was given for its tenant.
  @inlinable
  @inline(__always)
  package func binding(of entry: Entry) -> Range<Int> { region.text(at: region.bindingOffset(entry.binding) + 16) }

  /// What was given for its scope set, or when that was last rendered.
  @inlinable
  @inline(__always)
  package func scopes(of entry: Entry) -> Range<Int> { region.text(at: region.scopeSetOffset(entry.scopeSet) + 64) }

  /// The bytes of a rendering. They were written once and never change.
  @inlinable
  @inline(__always)
  @_lifetime(borrow self)
  package func text(_ range: Range<Int>) -> Span<UInt8> {
    // The region lives as long as the reader does not turn to another.
    let memory = region.memory
    return unsafe _overrideLifetime(memory.text(range), borrowing: self)
  }
}
