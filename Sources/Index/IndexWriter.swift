// The one writer of the index. It belongs to the journal's thread.

internal import Linux
package import Tokens

/// Fills and changes the index. When a section is full it builds a larger region, publishes that, and goes on there;
/// readers are never stopped.
package struct IndexWriter: ~Copyable {
  /// Why the index can't take more.
  package enum Failure: Error, CustomStringConvertible {
    /// No memory for a larger region.
    case noMemory(String)
    /// A bound of the layout is reached.
    case full(String)

    package var description: String {
      switch self {
      case .noMemory(let why): "no memory for a larger index: \(why)"
      case .full(let what): "the index has no room for more \(what)"
      }
    }
  }

  /// What is known of a token when it enters the index.
  package struct Record {
    package let digest: Digest
    package let ordinal: UInt32
    package let tenant: TenantName
    package let scopes: ScopeSet
    package let state: TokenState
    package let expiry: Instant

    package init(
      digest: Digest, ordinal: UInt32, tenant: TenantName, scopes: ScopeSet, state: TokenState, expiry: Instant
    ) {
      self.digest = digest
      self.ordinal = ordinal
      self.tenant = tenant
      self.scopes = scopes
      self.state = state
      self.expiry = expiry
    }
  }

  package let published: PublishedIndex
  private var region: Region
  /// How many tokens are found by their digests.
  package private(set) var tokens = 0
  private var textUsed = 8
  private var bindings: [TenantName: UInt32] = [:]
  private var scopeSets: [ScopeSet: UInt32] = [:]
  /// How many taken slots were passed over to find free ones: what inserting has cost, whatever the time it took.
  package private(set) var passedSlots = 0
  package private(set) var postings = ScopePostings()

  /// An empty index with room for about `tokens`.
  package init(expecting tokens: Int, seed: UInt64) throws(Failure) {
    do throws(Errno) {
      region = try Region(
        Layout.Capacity(
          slots: max(1024, tokens + tokens / 2), bindings: 64, scopeSets: 64, textBytes: 64 << 10 + tokens * 48),
        seed: seed)
    } catch {
      throw .noMemory(error.description)
    }
    published = PublishedIndex(region)
  }

  /// Makes a scope known by name. Its number is its bit in scope sets. One that is known stays as it is.
  package mutating func register(scope name: String, number: Int) throws(Failure) {
    guard number < ScopeSet.capacity else { throw .full("scopes") }
    let name = Array(name.utf8)
    if ScopeNames(of: region).find(name.span) != nil { return }
    let text = try write(name)
    guard ScopeNames(of: region).add(name.span, text: text, number: number) else { throw .full("scope names") }
  }

  /// Makes a scope that is known by name unknown, or known again. Readers see it at once.
  package func set(retired isRetired: Bool, scope name: String) {
    let names = ScopeNames(of: region)
    if let entry = names.find(Array(name.utf8).span) { names.set(entry, retired: isRetired) }
  }

  /// Gives every scope set a new rendering. As readers may be in the old ones, that takes a new region.
  package mutating func renderScopeSets(_ rendering: (ScopeSet) -> [UInt8]) throws(Failure) {
    let texts = scopeSets.map { (number: $0.value, text: rendering($0.key)) }
    var capacity = region.layout.capacity
    capacity.textBytes = textUsed + texts.reduce(64 << 10) { $0 + ($1.text.count + 7) & ~7 }
    guard capacity.textBytes / 8 <= Int(UInt32.max) else { throw .full("text") }
    var used = textUsed
    try grow(to: capacity) { larger in
      for (number, text) in texts {
        larger.memory.write(text.span, at: larger.layout.text + used)
        let at = larger.scopeSetOffset(number)
        larger.memory.store32(at + 64, UInt32(used / 8))
        larger.memory.store32(at + 68, UInt32(text.count))
        used += (text.count + 7) & ~7
      }
    }
    textUsed = used
  }

  /// Adds a token that is to be listed, but need not be found by its digest: nobody will be let in by it again.
  package mutating func list(
    _ record: Record, binding: () -> [UInt8], scopes: () -> [UInt8]
  ) throws(Failure) {
    postings.add(
      record.ordinal, binding: try intern(record.tenant, rendering: binding),
      scopeSet: try intern(record.scopes, rendering: scopes))
  }

  /// Adds a token that is not in the index.
  /// - Parameters:
  ///   - label: bytes that a reader gets with the entry; at most 65,535.
  ///   - binding: bytes that go with the record's tenant, asked for the first time it is seen.
  ///   - scopes: the same for the record's scopes.
  package mutating func insert(
    _ record: Record, label: [UInt8], binding: () -> [UInt8], scopes: () -> [UInt8]
  ) throws(Failure) {
    let bindingNumber = try intern(record.tenant, rendering: binding)
    let scopeSetNumber = try intern(record.scopes, rendering: scopes)
    let length = [UInt8(truncatingIfNeeded: label.count), UInt8(truncatingIfNeeded: label.count >> 8)]
    let text = try write(length + label)
    // A third stays free: a miss then ends after two slots on average.
    if (tokens + 1) * 3 > region.layout.capacity.slots * 2 {
      var capacity = region.layout.capacity
      capacity.slots += capacity.slots / 2 + 1024
      try grow(to: capacity)
    }
    tokens += 1
    postings.add(record.ordinal, binding: bindingNumber, scopeSet: scopeSetNumber)

    let at = region.slotOffset(freeSlot(for: record.digest.words))
    let memory = region.memory
    memory.store32(at + Slot.version, 1)
    memory.fenceRelease()
    for word in 0..<4 { memory.store64(at + Slot.digest + 8 * word, record.digest.words[word]) }
    memory.store32(at + Slot.label, text)
    memory.store64(at + Slot.expiry, UInt64(bitPattern: record.expiry.seconds))
    memory.store32(at + Slot.binding, bindingNumber)
    memory.store32(at + Slot.scopeSet, scopeSetNumber)
    memory.store32(at + Slot.ordinal, record.ordinal)
    memory.store32(at + Slot.state, UInt32(record.state.rawValue))
    memory.release32(at + Slot.version, 2)
  }

  /// Changes the state and the expiry of a token. Readers see the old ones or the new ones, and the new ones once this
  /// has returned.
  /// - Returns: whether the token is in the index.
  @discardableResult
  package mutating func update(_ digest: Digest, state: TokenState, expiry: Instant) -> Bool {
    let memory = region.memory
    var index = region.home(digest.words)
    while true {
      let at = region.slotOffset(index)
      let version = memory.load32(at + Slot.version)
      if version == 0 { return false }
      if (0..<4).allSatisfy({ memory.load64(at + Slot.digest + 8 * $0) == digest.words[$0] }) {
        memory.store32(at + Slot.version, version &+ 1)
        memory.fenceRelease()
        memory.store32(at + Slot.state, UInt32(state.rawValue))
        memory.store64(at + Slot.expiry, UInt64(bitPattern: expiry.seconds))
        // 0 and 1 mean something else, so the count skips them when it comes around.
        memory.release32(at + Slot.version, version >= .max - 2 ? 2 : version + 2)
        return true
      }
      index = region.next(index)
    }
  }

  /// Says that every change up to `revision` is now visible.
  package mutating func publish(revision: UInt64) {
    region.memory.release64(Header.revision, revision)
  }

  /// The store's numbers of the tokens of `tenant` that hold scope `number`, in falling order, beginning below `bound`.
  package func ordinals(of tenant: TenantName, holding number: Int, below bound: UInt32, most: Int) -> [UInt32] {
    guard let binding = bindings[tenant] else { return [] }
    let sets = Set(scopeSets.filter { $0.key.contains(number) }.map(\.value))
    return postings.ordinals(binding: binding, scopeSets: sets, below: bound, most: most)
  }

  // MARK: Sections

  private mutating func freeSlot(for words: SIMD4<UInt64>) -> Int {
    var index = region.home(words)
    while region.memory.load32(region.slotOffset(index) + Slot.version) != 0 {
      index = region.next(index)
      passedSlots += 1
    }
    return index
  }

  private mutating func intern(_ tenant: TenantName, rendering: () -> [UInt8]) throws(Failure) -> UInt32 {
    if let number = bindings[tenant] { return number }
    if bindings.count == region.layout.capacity.bindings {
      var capacity = region.layout.capacity
      capacity.bindings *= 2
      try grow(to: capacity)
    }
    let texts = [Array(tenant.org.utf8), Array(tenant.tenant.utf8), rendering()]
    // All texts first: writing one may turn to a larger region, and that takes over finished records only.
    var references: [UInt32] = []
    for text in texts { references.append(try write(text)) }
    let number = UInt32(bindings.count)
    for index in 0..<3 {
      let at = region.bindingOffset(number) + 8 * index
      region.memory.store32(at, references[index])
      region.memory.store32(at + 4, UInt32(texts[index].count))
    }
    bindings[tenant] = number
    return number
  }

  private mutating func intern(_ set: ScopeSet, rendering: () -> [UInt8]) throws(Failure) -> UInt32 {
    if let number = scopeSets[set] { return number }
    if scopeSets.count == region.layout.capacity.scopeSets {
      var capacity = region.layout.capacity
      capacity.scopeSets *= 2
      try grow(to: capacity)
    }
    let text = rendering()
    let reference = try write(text)
    let number = UInt32(scopeSets.count)
    let at = region.scopeSetOffset(number)
    for word in 0..<8 { region.memory.store64(at + 8 * word, set.words[word]) }
    region.memory.store32(at + 64, reference)
    region.memory.store32(at + 68, UInt32(text.count))
    scopeSets[set] = number
    return number
  }

  /// Writes text that something will refer to, and returns the reference.
  private mutating func write(_ bytes: [UInt8]) throws(Failure) -> UInt32 {
    let needed = (bytes.count + 7) & ~7
    if textUsed + needed > region.layout.capacity.textBytes {
      var capacity = region.layout.capacity
      capacity.textBytes = max(capacity.textBytes + capacity.textBytes / 2, textUsed + needed)
      guard capacity.textBytes / 8 <= Int(UInt32.max) else { throw .full("text") }
      try grow(to: capacity)
    }
    let reference = UInt32(textUsed / 8)
    region.memory.write(bytes.span, at: region.layout.text + textUsed)
    textUsed += needed
    return reference
  }

  /// Copies everything to a larger region, changes what `amend` does, and publishes that.
  private mutating func grow(
    to capacity: Layout.Capacity, amend: (Region) -> Void = { _ in }
  ) throws(Failure) {
    let larger: Region
    do throws(Errno) {
      larger = try Region(capacity, seed: region.seed)
    } catch {
      throw .noMemory(error.description)
    }
    let old = region.layout
    let new = larger.layout
    let source = region.memory
    larger.memory.copy(
      old.scopeNames..<old.scopeNames + Layout.scopeNameCapacity * Layout.scopeNameBytes, of: source, to: new.scopeNames
    )
    larger.memory.copy(old.bindings..<old.bindings + bindings.count * Layout.bindingBytes, of: source, to: new.bindings)
    larger.memory.copy(
      old.scopeSets..<old.scopeSets + scopeSets.count * Layout.scopeSetBytes, of: source, to: new.scopeSets)
    larger.memory.copy(old.text..<old.text + textUsed, of: source, to: new.text)
    for index in 0..<old.capacity.slots {
      let at = region.slotOffset(index)
      guard source.load32(at + Slot.version) != 0 else { continue }
      var target = larger.home(region.digest(at: at))
      while larger.memory.load32(larger.slotOffset(target) + Slot.version) != 0 { target = larger.next(target) }
      larger.memory.copy(at..<at + Slot.bytes, of: source, to: larger.slotOffset(target))
    }
    larger.memory.store64(Header.revision, source.load64(Header.revision))
    amend(larger)
    region = larger
    published.publish(larger)
  }
}
