// Lock-free look-ups. Every worker has a reader of its own.

internal import Linux
package import Tokens

/// Reads the published index. A look-up and all that is asked of its entry belong to one region; `isCurrent` afterwards
/// says whether that region still counts. If not, call `refresh` and begin again.
package struct IndexReader: ~Copyable {
  private let index: PublishedIndex
  private var region: Region

  package init(_ index: PublishedIndex) {
    self.index = index
    region = index.current
  }

  /// What the index knows of a token.
  package struct Entry {
    package let state: TokenState
    /// An exclusive bound.
    package let expiry: Instant
    package let binding: UInt32
    package let scopeSet: UInt32
    /// The token's number in the store.
    package let ordinal: UInt32
    fileprivate let label: UInt32
  }

  /// The last change that a look-up made now will see.
  package var revision: UInt64 { region.revision }

  /// Whether no newer region has been published since the last `refresh`.
  package var isCurrent: Bool { !region.isSuperseded }

  /// Turns to the newest region.
  package mutating func refresh() { region = index.current }

  /// Where the search for a digest begins, in the region of the moment.
  package struct Probe {
    fileprivate let digest: Digest
    fileprivate let home: Int
  }

  /// Begins a search: what it will look at comes nearer meanwhile. It must be ended before the next `refresh`.
  package func probe(_ digest: Digest) -> Probe {
    let home = region.home(digest.words)
    region.memory.prefetch(region.slotOffset(home))
    return Probe(digest: digest, home: home)
  }

  /// The entry of `digest`, or nil if it is not in the index, which is final: the index is complete.
  package subscript(digest: Digest) -> Entry? { self[Probe(digest: digest, home: region.home(digest.words))] }

  /// The entry that is searched for, or nil.
  package subscript(probe: Probe) -> Entry? {
    let memory = region.memory
    var index = probe.home
    // Bounded by the table; the writer keeps a third of it free, so that a search ends soon.
    for _ in 0..<region.layout.capacity.slots {
      let at = region.slotOffset(index)
      let version = memory.acquire32(at + Slot.version)
      if version == 0 { return nil }
      // A slot that is being filled for the first time (1) is not acknowledged to anybody yet.
      if version != 1, matches(probe.digest, at) { return read(at) }
      index = region.next(index)
    }
    return nil
  }

  @inline(__always)
  private func matches(_ digest: Digest, _ at: Int) -> Bool {
    let memory = region.memory
    return memory.load64(at + Slot.digest) == digest.words[0]
      && memory.load64(at + Slot.digest + 8) == digest.words[1]
      && memory.load64(at + Slot.digest + 16) == digest.words[2]
      && memory.load64(at + Slot.digest + 24) == digest.words[3]
  }

  /// Copies a slot, again for as long as the writer is in it.
  private func read(_ at: Int) -> Entry? {
    let memory = region.memory
    while true {
      let before = memory.acquire32(at + Slot.version)
      let entry = Entry(
        // A state that is none of ours would be a fault in memory: it denies.
        state: TokenState(rawValue: UInt8(truncatingIfNeeded: memory.load32(at + Slot.state))) ?? .revoked,
        expiry: Instant(seconds: Int64(bitPattern: memory.load64(at + Slot.expiry))),
        binding: memory.load32(at + Slot.binding),
        scopeSet: memory.load32(at + Slot.scopeSet),
        ordinal: memory.load32(at + Slot.ordinal),
        label: memory.load32(at + Slot.label))
      memory.fenceAcquire()
      if before & 1 == 0, memory.load32(at + Slot.version) == before { return entry }
    }
  }

  /// Whether the entry is bound to this org and tenant.
  package func isBound(_ entry: Entry, org: Span<UInt8>, tenant: Span<UInt8>) -> Bool {
    let at = region.bindingOffset(entry.binding)
    return region.memory.withBytes(region.text(at: at)) { equal($0, org) }
      && region.memory.withBytes(region.text(at: at + 8)) { equal($0, tenant) }
  }

  /// The number of the registered scope called `name`; nil if there is none, and then nobody holds it.
  package func scope(named name: Span<UInt8>) -> Int? {
    guard let entry = ScopeNames(of: region).find(name), !entry.isRetired else { return nil }
    return entry.number
  }

  /// Where the scope with that number stands among those that the entry holds, in rising order; nil if it holds it not.
  package func place(of number: Int, in entry: Entry) -> Int? {
    let set = region.scopeSetOffset(entry.scopeSet)
    let word = region.memory.load64(set + number / 64 * 8)
    let bit: UInt64 = 1 << UInt64(number & 63)
    guard word & bit != 0 else { return nil }
    var place = (word & (bit - 1)).nonzeroBitCount
    for lower in 0..<number / 64 { place += region.memory.load64(set + lower * 8).nonzeroBitCount }
    return place
  }

  // The renderings that the writer was given with each entry, its binding and its scope set: ranges for `withBytes`.

  /// What was given as the label when the token was put in.
  package func label(of entry: Entry) -> Range<Int> { region.label(entry.label) }

  /// What was given for its tenant.
  package func binding(of entry: Entry) -> Range<Int> { region.text(at: region.bindingOffset(entry.binding) + 16) }

  /// What was given for its scope set, or when that was last rendered.
  package func scopes(of entry: Entry) -> Range<Int> { region.text(at: region.scopeSetOffset(entry.scopeSet) + 64) }

  /// Lends a rendering's bytes to `body`, which must not keep them. They were written once and never change.
  @inline(__always)
  package func withBytes<Result>(_ range: Range<Int>, _ body: (Span<UInt8>) -> Result) -> Result {
    region.memory.withBytes(range, body)
  }

  /// Says that the entry's label will be asked for, so that it comes nearer meanwhile.
  package func expectLabel(of entry: Entry) { region.memory.prefetch(region.labelOffset(entry.label)) }
}
