// The published index: what is found, what growing keeps, and what readers see while a writer works.

import Index
import Linux
import Seeded
import Synchronization
import Testing
import Tokens

/// What the tests put in and expect to find: made from a number, so that nothing need be kept.
enum Sample {
  static func digest(_ number: Int) -> Digest {
    var random = SeededRandom(seed: UInt64(number))
    return Digest(words: SIMD4(random.next(), random.next(), random.next(), random.next()))
  }

  static func tenant(_ number: Int, of tenants: Int) -> TenantName {
    TenantName(stored: "org\(number % tenants / 10)", "tenant\(number % tenants)")
  }

  static func scopes(_ number: Int, of sets: Int) -> ScopeSet {
    var set = ScopeSet()
    for bit in 0..<9 where (number % sets) >> bit & 1 == 1 { set.insert(bit * 57) }
    return set
  }

  static func record(
    _ number: Int, tenants: Int = 1, sets: Int = 1, state: TokenState = .active
  ) -> IndexWriter.Record {
    IndexWriter.Record(
      digest: digest(number), ordinal: UInt32(number), tenant: tenant(number, of: tenants),
      scopes: scopes(number, of: sets), state: state, expiry: Instant(seconds: Int64(number) + 1))
  }

  static func insert(
    _ numbers: Range<Int>, into index: inout IndexWriter, tenants: Int = 1, sets: Int = 1
  ) throws {
    for number in numbers {
      let record = record(number, tenants: tenants, sets: sets)
      try index.insert(
        record, label: Array("token \(number)".utf8), binding: { Array(record.tenant.description.utf8) },
        scopes: { Array("\(record.scopes.numbers)".utf8) })
    }
  }
}

extension IndexReader {
  /// The three renderings of a token, as text.
  func texts(of entry: Entry) -> [String] {
    [label(of: entry), binding(of: entry), scopes(of: entry)].map { rendering in
      let bytes = text(rendering)
      return String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self)
    }
  }
}

@Suite struct IndexTests {
  @Test(arguments: [1, 14, 40, 53, 92, 118, 131, 157, 196])
  func `tenants stay what they are, wherever among their texts the index grows`(length: Int) throws {
    var index = try IndexWriter(expecting: 0, seed: 3)
    func tenant(_ number: Int) -> TenantName {
      TenantName(stored: "org\(number)" + String(repeating: "o", count: length % 63), "tenant\(number)")
    }
    let count = 900
    for number in 0..<count {
      let record = IndexWriter.Record(
        digest: Sample.digest(number), ordinal: UInt32(number), tenant: tenant(number), scopes: ScopeSet(),
        state: .active, expiry: .never)
      try index.insert(
        record, label: [], binding: { [UInt8](repeating: 0x62, count: length) }, scopes: { [] })
    }
    let reader = IndexReader(index.published)
    for number in 0..<count {
      let found = reader[Sample.digest(number)]
      let entry = try #require(found)
      let name = tenant(number)
      let isBound = reader.isBound(entry, org: Array(name.org.utf8).span, tenant: Array(name.tenant.utf8).span)
      #expect(isBound, "\(name)")
    }
  }

  @Test func `a scope may be retired and restored without end`() throws {
    var index = try IndexWriter(expecting: 0, seed: 4)
    for number in 0..<ScopeSet.capacity { try index.register(scope: "scope:\(number)", number: number) }
    for _ in 0..<1200 {
      index.set(retired: true, scope: "scope:7")
      // What the daemon does to restore one: it registers all there are.
      try index.register(scope: "scope:7", number: 7)
      index.set(retired: false, scope: "scope:7")
    }
    let reader = IndexReader(index.published)
    let (kept, unknown) = (
      reader.scope(named: Array("scope:7".utf8).span), reader.scope(named: Array("other".utf8).span)
    )
    #expect(kept == 7 && unknown == nil)
    index.set(retired: true, scope: "scope:7")
    let retired = reader.scope(named: Array("scope:7".utf8).span)
    #expect(retired == nil)
  }

  @Test func `what is retired and what is rendered changes at once`() throws {
    var index = try IndexWriter(expecting: 0, seed: 4)
    try index.register(scope: "a:read", number: 0)
    try Sample.insert(1..<2, into: &index, sets: 2)
    var reader = IndexReader(index.published)
    let name = Array("a:read".utf8)
    try index.renderScopeSets(retiring: ["a:read"]) { _ in Array("none".utf8) }
    // A reader that has not turned yet sees the catalog as it was, and is told to turn.
    let before = (scope: reader.scope(named: name.span), isCurrent: reader.isCurrent)
    #expect(before.scope == 0 && !before.isCurrent)
    reader.refresh()
    let found = reader[Sample.digest(1)]
    let entry = try #require(found)
    let after = (scope: reader.scope(named: name.span), texts: reader.texts(of: entry))
    #expect(after.scope == nil && after.texts[2] == "none")
    try index.renderScopeSets(restoring: ["a:read"]) { _ in Array("a:read".utf8) }
    reader.refresh()
    let restored = reader.scope(named: name.span)
    #expect(restored == 0)
  }

  @Test func `what was put in is found, nothing else is`() throws {
    var index = try IndexWriter(expecting: 0, seed: 1)
    try Sample.insert(0..<500, into: &index)
    index.publish(revision: 7)
    let reader = IndexReader(index.published)
    let revision = reader.revision
    #expect(revision == 7)
    for number in 0..<500 {
      let found = reader[Sample.digest(number)]
      let entry = try #require(found)
      #expect(entry.ordinal == UInt32(number) && entry.state == .active && entry.expiry.seconds == Int64(number) + 1)
    }
    for number in 500..<1500 {
      let found = reader[Sample.digest(number)] != nil
      #expect(!found)
    }
  }

  @Test func `a search may be gone on with twice`() throws {
    var index = try IndexWriter(expecting: 0, seed: 1)
    try Sample.insert(0..<500, into: &index)
    let reader = IndexReader(index.published)
    for number in 0..<1000 {
      var probe = reader.probe(Sample.digest(number))
      reader.approach(&probe)
      reader.approach(&probe)
      let found = reader[probe]?.ordinal
      #expect(found == (number < 500 ? UInt32(number) : nil))
    }
  }

  @Test func `a change of state is seen, and says whether the token is there`() throws {
    var index = try IndexWriter(expecting: 0, seed: 1)
    try Sample.insert(0..<3, into: &index)
    let reader = IndexReader(index.published)
    let isKnown = index.update(Sample.digest(1), state: .revoked, expiry: .never)
    let isStranger = index.update(Sample.digest(9), state: .revoked, expiry: .never)
    #expect(isKnown && !isStranger)
    let states = (0..<3).map { reader[Sample.digest($0)]?.state }
    #expect(states == [.active, .revoked, .active])
  }

  /// More tokens, tenants and scope sets than the first region has room for, in every section.
  @Test func `growing keeps everything and leaves the old region marked`() throws {
    var index = try IndexWriter(expecting: 0, seed: 3)
    for number in 0..<512 { try index.register(scope: "r\(number):read", number: number) }
    var reader = IndexReader(index.published)
    let before = index.published.mappedBytes
    try Sample.insert(0..<50_000, into: &index, tenants: 900, sets: 512)
    index.publish(revision: 9)
    let wasCurrent = reader.isCurrent
    #expect(!wasCurrent && index.published.mappedBytes > before)
    reader.refresh()
    let isCurrent = reader.isCurrent
    let revision = reader.revision
    #expect(isCurrent && revision == 9)
    for number in stride(from: 0, to: 50_000, by: 7) {
      let found = reader[Sample.digest(number)]
      let entry = try #require(found)
      let tenant = Sample.tenant(number, of: 900)
      let scopes = Sample.scopes(number, of: 512)
      let texts = reader.texts(of: entry)
      #expect(texts == ["token \(number)", tenant.description, "\(scopes.numbers)"])
      let (org, name, other) = (Array(tenant.org.utf8), Array(tenant.tenant.utf8), Array("other".utf8))
      let isBound = reader.isBound(entry, org: org.span, tenant: name.span)
      let isElsewhere =
        reader.isBound(entry, org: other.span, tenant: name.span)
        || reader.isBound(entry, org: org.span, tenant: other.span)
        || reader.isBound(entry, org: name.span, tenant: org.span)
      #expect(isBound && !isElsewhere)
      for bit in [0, 57, 114, 3] {
        let scope = Array("r\(bit):read".utf8)
        let holds = reader.scope(named: scope.span).map { reader.place(of: $0, in: entry) != nil } ?? false
        #expect(holds == scopes.contains(bit))
      }
      let unregistered = Array("no:such".utf8)
      let holdsNothing = reader.scope(named: unregistered.span) != nil
      #expect(!holdsNothing)
    }
  }

  @Test func `a 513th scope is refused`() throws {
    var index = try IndexWriter(expecting: 0, seed: 3)
    for number in 0..<512 { try index.register(scope: "r\(number):read", number: number) }
    do throws(IndexWriter.Failure) {
      try index.register(scope: "one:more", number: 512)
      Issue.record("was taken")
    } catch {
      #expect(error.description == "the index has no room for more scopes")
    }
  }

  @Test func `a token that is only listed is not found by its digest`() throws {
    var index = try IndexWriter(expecting: 0, seed: 1)
    try Sample.insert(0..<3, into: &index, sets: 2)
    let forgotten = Sample.record(3, sets: 2)
    let binding = try index.binding(to: forgotten.tenant) { [] }
    let scopeSet = try index.scopeSet(of: forgotten.scopes) { [] }
    index.list(forgotten.ordinal, binding: binding, scopeSet: scopeSet)
    let reader = IndexReader(index.published)
    let isFound = reader[forgotten.digest] != nil
    let listed = index.ordinals(of: forgotten.tenant, holding: 0, below: .max, most: 9)
    #expect(!isFound && listed == [3, 1])
  }

  /// The law of revocation, against readers on other threads: a look-up that begins after `update` has returned sees
  /// it, also while the index grows under them.
  @Test func `no look-up that begins after a revocation sees the token active`() throws {
    let tokens = 4000
    let revoked = Atomic(0)
    let isDone = Atomic(false)
    let wrong = Atomic(0)
    let looked = Atomic(0)
    var index = try IndexWriter(expecting: 0, seed: 5)
    try Sample.insert(0..<tokens, into: &index)
    let published = index.published
    try withThreads(2) { number in
      var reader = IndexReader(published)
      var random = SeededRandom(seed: UInt64(number))
      while !isDone.load(ordering: .acquiring) {
        let floor = revoked.load(ordering: .acquiring)
        guard floor > 0 else { continue }
        // The newest revocation is the one most likely to be missed.
        let asked = random.below(2) == 0 ? floor - 1 : random.below(floor)
        var state: TokenState?
        repeat {
          if !reader.isCurrent { reader.refresh() }
          state = reader[Sample.digest(asked)]?.state
        } while !reader.isCurrent
        if state != .revoked { wrong.add(1, ordering: .relaxed) }
        looked.add(1, ordering: .relaxed)
      }
    } meanwhile: {
      for number in 0..<tokens {
        index.update(Sample.digest(number), state: .revoked, expiry: .never)
        revoked.store(number + 1, ordering: .releasing)
        // New tokens make it grow, several times.
        try Sample.insert(tokens + number * 5..<tokens + number * 5 + 5, into: &index)
      }
      // The readers have their say before the end, on however few processors.
      while looked.load(ordering: .relaxed) < 1000 {}
      isDone.store(true, ordering: .releasing)
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
  }

  @Test(arguments: 0..<4) func `digests that somebody has chosen cost no more than others`(word: Int) throws {
    var index = try IndexWriter(expecting: 0, seed: 0x5EED)
    for number in 0..<10_000 {
      // All the same but for one word, which counts up.
      var words = SIMD4<UInt64>(repeating: 0)
      words[word] = UInt64(number)
      let record = IndexWriter.Record(
        digest: Digest(words: words), ordinal: UInt32(number), tenant: Sample.tenant(0, of: 1), scopes: ScopeSet(),
        state: .active, expiry: .never)
      try index.insert(record, label: [], binding: { [] }, scopes: { [] })
    }
    let passed = index.passedBuckets
    #expect(passed < 30_000, "\(passed) buckets were passed over")
  }

  /// A reader sees all of one write or all of another: the sequence lock.
  @Test func `a record is never read half-written`() throws {
    let isDone = Atomic(false)
    let torn = Atomic(0)
    let looked = Atomic(0)
    var index = try IndexWriter(expecting: 0, seed: 5)
    try Sample.insert(0..<1, into: &index)
    let published = index.published
    try withThreads(2) { _ in
      let reader = IndexReader(published)
      while !isDone.load(ordering: .acquiring) {
        let entry = reader[Sample.digest(0)]
        let isWhole = entry.map { $0.expiry.seconds == ($0.state == .active ? 1 : 2) } ?? false
        if !isWhole { torn.add(1, ordering: .relaxed) }
        looked.add(1, ordering: .relaxed)
      }
    } meanwhile: {
      // The expiry goes with the state, so that half of a change would show.
      for _ in 0..<100_000 {
        index.update(Sample.digest(0), state: .disabled, expiry: Instant(seconds: 2))
        index.update(Sample.digest(0), state: .active, expiry: Instant(seconds: 1))
      }
      while looked.load(ordering: .relaxed) < 1000 {}
      isDone.store(true, ordering: .releasing)
    }
    #expect(torn.load(ordering: .relaxed) == 0)
  }

  private func withThreads(
    _ count: Int, _ body: @escaping @Sendable (Int) -> Void, meanwhile: () throws -> Void
  ) throws {
    let threads = try (0..<count).map { number in try Linux.Thread(named: "reader\(number)") { body(number) } }
    try meanwhile()
    for thread in threads { thread.join() }
  }
}

@Suite struct ScopePostingsTests {
  @Test func `the tokens of a scope come newest first, page by page, as a scan finds them`() throws {
    var index = try IndexWriter(expecting: 0, seed: 1)
    try Sample.insert(1..<3000, into: &index, tenants: 3, sets: 64)
    for bit in 0..<6 {
      for tenant in 0..<3 {
        let expected = (1..<3000).reversed().filter {
          $0 % 3 == tenant && Sample.scopes($0, of: 64).contains(bit * 57)
        }.map(UInt32.init)
        var found: [UInt32] = []
        var bound = UInt32.max
        while true {
          let page = index.ordinals(of: Sample.tenant(tenant, of: 3), holding: bit * 57, below: bound, most: 100)
          found += page
          guard let last = page.last, page.count == 100 else { break }
          bound = last
        }
        #expect(found == expected)
      }
    }
    let nothing = index.ordinals(of: TenantName(stored: "no", "such"), holding: 0, below: .max, most: 10)
    #expect(nothing.isEmpty)
  }
}
