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
    /// A token that is to be changed is not there.
    case missing(String)

    package var description: String {
      switch self {
      case .noMemory(let why): "no memory for a larger index: \(why)"
      case .full(let what): "the index has no room for more \(what)"
      case .missing(let what): "the index has no \(what)"
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
  /// Bytes of the pool that hold something, and bytes that memory has been taken for. Reference 0 is nothing's.
  private var poolUsed = Layout.poolUnit
  private var poolTaken = 0
  private var bindings: [TenantName: UInt32] = [:]
  private var scopeSets: [ScopeSet: UInt32] = [:]
  /// How many taken buckets were passed over to find free ones: what inserting has cost, whatever the time it took.
  package private(set) var passedBuckets = 0
  package private(set) var postings = ScopePostings()

  /// What the pool takes memory for at a time: a huge page.
  private static let poolStep = 2 << 20
  /// What references reach.
  private static let mostPoolBytes = Int(UInt32.max) * Layout.poolUnit
  /// What a record takes with a label of middling length.
  private static let recordBytes = 96

  /// An empty index with room for about `tokens`, and some more.
  package init(expecting tokens: Int, seed: UInt64) throws(Failure) {
    do throws(Errno) {
      region = try Region(
        Layout.Capacity(
          bindings: 64, scopeSets: 64, buckets: max(1024, tokens + tokens * 5 / 8),
          poolBytes: min(Self.mostPoolBytes, 64 << 10 + tokens * Self.recordBytes * 3 / 2)),
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

  /// Gives every scope set a new rendering, and makes scopes that are known by name known or unknown: readers see all of
  /// that or nothing, as it takes a new region.
  package mutating func renderScopeSets(
    retiring retired: [String] = [], restoring restored: [String] = [], _ rendering: (ScopeSet) -> [UInt8]
  ) throws(Failure) {
    let texts = scopeSets.map { (number: $0.value, text: rendering($0.key)) }
    var capacity = region.layout.capacity
    capacity.poolBytes = max(capacity.poolBytes, texts.reduce(poolUsed) { $0 + Self.whole($1.text.count) })
    region = try larger(capacity)
    for (number, text) in texts {
      let at = region.scopeSetOffset(number)
      region.memory.store32(at + 64, try write(text))
      region.memory.store32(at + 68, UInt32(text.count))
    }
    for name in retired { set(retired: true, scope: name) }
    for name in restored { set(retired: false, scope: name) }
    published.publish(region)
  }

  /// The number of a tenant in the index.
  /// - Parameter rendering: bytes that a reader gets with its tokens, asked for the first time it is seen.
  package mutating func binding(to tenant: TenantName, rendering: () -> [UInt8]) throws(Failure) -> UInt32 {
    try intern(tenant, rendering: rendering)
  }

  /// The number of a set of scopes in the index, likewise.
  package mutating func scopeSet(of scopes: ScopeSet, rendering: () -> [UInt8]) throws(Failure) -> UInt32 {
    try intern(scopes, rendering: rendering)
  }

  /// Adds a token that is to be listed, but need not be found by its digest: nobody will be let in by it again.
  package mutating func list(_ ordinal: UInt32, binding: UInt32, scopeSet: UInt32) {
    postings.add(ordinal, binding: binding, scopeSet: scopeSet)
  }

  /// Adds a token that is not in the index.
  /// - Parameters:
  ///   - label: bytes that a reader gets with the entry.
  ///   - binding: bytes that go with the record's tenant, asked for the first time it is seen.
  ///   - scopes: the same for the record's scopes.
  package mutating func insert(
    _ record: Record, label: [UInt8], binding: () -> [UInt8], scopes: () -> [UInt8]
  ) throws(Failure) {
    try insert(
      record.digest, ordinal: record.ordinal, binding: try intern(record.tenant, rendering: binding),
      scopeSet: try intern(record.scopes, rendering: scopes), state: record.state, expiry: record.expiry,
      label: label.span)
  }

  /// Adds a token that is not in the index, whose tenant and scopes have their numbers.
  /// - Parameter label: bytes that a reader gets with the entry.
  package mutating func insert(
    _ digest: Digest, ordinal: UInt32, binding: UInt32, scopeSet: UInt32, state: TokenState, expiry: Instant,
    label: Span<UInt8>
  ) throws(Failure) {
    // A third stays free: a hit then ends after two buckets on average, a miss after five, which mostly share a line.
    if (tokens + 1) * 3 > region.layout.capacity.buckets * 2 {
      var capacity = region.layout.capacity
      capacity.buckets += capacity.buckets / 2
      try grow(to: capacity)
    }
    let reference = try allocate(TokenRecord.bytes + label.count, alignment: TokenRecord.alignment)
    let at = region.poolOffset(reference)
    let memory = region.memory
    memory.store32(at + TokenRecord.version, 2)
    memory.store32(at + TokenRecord.state, UInt32(state.rawValue))
    memory.store64(at + TokenRecord.expiry, UInt64(bitPattern: expiry.seconds))
    memory.store32(at + TokenRecord.binding, binding)
    memory.store32(at + TokenRecord.scopeSet, scopeSet)
    memory.store32(at + TokenRecord.ordinal, ordinal)
    memory.store32(at + TokenRecord.labelBytes, UInt32(label.count))
    for word in 0..<4 { memory.store64(at + TokenRecord.digest + 8 * word, digest.words[word]) }
    memory.write(label, at: at + TokenRecord.label)

    let hash = region.hash(digest.words)
    memory.release64(region.bucketOffset(freeBucket(for: hash)), Bucket.word(hash: hash, record: reference))
    tokens += 1
    postings.add(ordinal, binding: binding, scopeSet: scopeSet)
  }

  /// Changes the state and the expiry of a token. Readers see the old ones or the new ones, and the new ones once this
  /// has returned.
  /// - Returns: whether the token is in the index.
  @discardableResult
  package mutating func update(_ digest: Digest, state: TokenState, expiry: Instant) -> Bool {
    guard let at = record(of: digest) else { return false }
    let memory = region.memory
    let version = memory.load32(at + TokenRecord.version)
    memory.store32(at + TokenRecord.version, version &+ 1)
    memory.fenceRelease()
    memory.store32(at + TokenRecord.state, UInt32(state.rawValue))
    memory.store64(at + TokenRecord.expiry, UInt64(bitPattern: expiry.seconds))
    memory.release32(at + TokenRecord.version, version &+ 2)
    return true
  }

  /// Where the record of `digest` is.
  private func record(of digest: Digest) -> Int? {
    let hash = region.hash(digest.words)
    var index = region.home(hash)
    while true {
      let word = region.memory.load64(region.bucketOffset(index))
      if word == 0 { return nil }
      let at = region.poolOffset(Bucket.record(word))
      if Bucket.hash(word) == hash, region.record(at: at, isOf: digest.words) { return at }
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

  /// The store's numbers of all tokens of `tenant`, rising, those that are only listed too.
  package func ordinals(of tenant: TenantName) -> [UInt32] {
    bindings[tenant].map { postings.ordinals(binding: $0) } ?? []
  }

  // MARK: Sections

  private mutating func freeBucket(for hash: UInt32) -> Int {
    var index = region.home(hash)
    while region.memory.load64(region.bucketOffset(index)) != 0 {
      index = region.next(index)
      passedBuckets += 1
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
    let reference = try allocate(bytes.count, alignment: Layout.poolUnit)
    region.memory.write(bytes.span, at: region.poolOffset(reference))
    return reference
  }

  /// A place in the pool, in a larger region if need be. Its memory has been taken.
  private mutating func allocate(_ bytes: Int, alignment: Int) throws(Failure) -> UInt32 {
    let start = (poolUsed + alignment - 1) & ~(alignment - 1)
    let end = start + Self.whole(bytes)
    try grow(poolBytes: end)
    if end > poolTaken { try take(pool: end + Self.poolStep, of: region, beyond: poolTaken) }
    poolUsed = end
    return UInt32(start / Layout.poolUnit)
  }

  /// Takes memory for the pool of `region` from `taken` on, so that it has so many bytes, or all there are.
  private mutating func take(pool bytes: Int, of region: Region, beyond taken: Int) throws(Failure) {
    let (pool, end) = (region.layout.pool, min(bytes, region.layout.capacity.poolBytes))
    do throws(Errno) { try region.memory.take(pool + taken..<pool + end) } catch {
      throw .noMemory(error.description)
    }
    poolTaken = end
  }

  private static func whole(_ bytes: Int) -> Int { (bytes + Layout.poolUnit - 1) & ~(Layout.poolUnit - 1) }

  /// Sees to it that the pool has room for so many bytes.
  private mutating func grow(poolBytes: Int) throws(Failure) {
    var capacity = region.layout.capacity
    guard poolBytes > capacity.poolBytes else { return }
    guard poolBytes <= Self.mostPoolBytes else { throw .full("tokens and texts") }
    capacity.poolBytes = min(Self.mostPoolBytes, max(capacity.poolBytes + capacity.poolBytes / 2, poolBytes))
    try grow(to: capacity)
  }

  private mutating func grow(to capacity: Layout.Capacity) throws(Failure) {
    region = try larger(capacity)
    published.publish(region)
  }

  /// A region of that capacity with everything that this one has.
  private mutating func larger(_ capacity: Layout.Capacity) throws(Failure) -> Region {
    guard capacity.poolBytes <= Self.mostPoolBytes else { throw .full("tokens and texts") }
    let larger: Region
    do throws(Errno) {
      larger = try Region(capacity, seed: region.seed)
    } catch {
      throw .noMemory(error.description)
    }
    try take(pool: poolUsed + Self.poolStep, of: larger, beyond: 0)
    let old = region.layout
    let new = larger.layout
    let source = region.memory
    larger.memory.copy(
      old.scopeNames..<old.scopeNames + Layout.scopeNameCapacity * Layout.scopeNameBytes, of: source, to: new.scopeNames
    )
    larger.memory.copy(old.bindings..<old.bindings + bindings.count * Layout.bindingBytes, of: source, to: new.bindings)
    larger.memory.copy(
      old.scopeSets..<old.scopeSets + scopeSets.count * Layout.scopeSetBytes, of: source, to: new.scopeSets)
    larger.memory.copy(old.pool..<old.pool + poolUsed, of: source, to: new.pool)
    // Hashes stand in the buckets, so that no record is looked at.
    for index in 0..<old.capacity.buckets {
      let word = source.load64(region.bucketOffset(index))
      guard word != 0 else { continue }
      var target = larger.home(Bucket.hash(word))
      while larger.memory.load64(larger.bucketOffset(target)) != 0 { target = larger.next(target) }
      larger.memory.store64(larger.bucketOffset(target), word)
    }
    larger.memory.store64(Header.revision, source.load64(Header.revision))
    return larger
  }
}
