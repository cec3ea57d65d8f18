// Batches while the index changes under them.

import Index
import Linux
import Synchronization
import Testing
import Tokens
import Wire

@testable import TokenDaemon

@Suite struct ValidationServiceTests {
  /// The rendering of scope sets changes its length all the time, as it does when scopes are retired and restored.
  @Test func `a batch is whole, whatever is published between its items`() throws {
    let format = TokenFormat.standard
    var item: [UInt8] = []
    var index = try Self.index(format, request: &item)
    var batch = OutBuffer()
    batch.reserve(Limits.batchRequests * (item.count + 3))
    for _ in 0..<Limits.batchRequests { batch.append(field: 1, item.span) }
    let bytes = Array(copying: batch.pending)
    let published = index.published
    let usage = try UsageLedger(tokens: 10)
    let tenants = try TenantCounters()
    let (isDone, wrong, changes) = (Shared(), Shared(), Shared())
    let reader = try Linux.Thread(named: "batches") {
      var service = ValidationService(
        format: format, reader: IndexReader(published), usage: usage, tenants: tenants)
      for _ in 0..<80 {
        let before = published.revision
        var out = OutBuffer()
        service.validateBatch(
          bytes.span, 0..<bytes.count, stream: 1, now: Instant(seconds: 1), limits: nil, to: &out)
        if Self.allowed(Array(copying: out.pending)) != Limits.batchRequests { wrong.value.add(1, ordering: .relaxed) }
        if published.revision != before { changes.value.add(1, ordering: .relaxed) }
      }
      isDone.value.store(1, ordering: .releasing)
    }
    var revision: UInt64 = 1
    let short = ValidateParts.scopes([])
    let long = ValidateParts.scopes(["pipeline:read", "pipeline:write"].compactMap { Scope($0) })
    while isDone.value.load(ordering: .acquiring) == 0 {
      revision += 1
      let isLong = revision % 2 == 0
      try index.renderScopeSets { _ in isLong ? long : short }
      index.publish(revision: revision)
    }
    reader.join()
    #expect(wrong.value.load(ordering: .relaxed) == 0)
    // Otherwise nothing was shown.
    #expect(changes.value.load(ordering: .relaxed) > 20)
  }

  /// Requests of one turn are prepared, then the journal's bell is heard, and only then are they judged.
  @Test func `a token is found that was searched for when the index grew`() throws {
    var item: [UInt8] = []
    var index = try Self.index(.standard, request: &item)
    let usage = try UsageLedger(tokens: 10)
    let tenants = try TenantCounters()
    var service = ValidationService(
      format: .standard, reader: IndexReader(index.published), usage: usage, tenants: tenants)
    try service.prepare(item.span, 0..<item.count, stream: 1, limits: nil)
    let before = index.published.mappedBytes
    for number in 2..<3000 { try Self.insert(UInt32(number), into: &index) }
    #expect(index.published.mappedBytes > before)
    service.turnToNewestIndex()
    var out = OutBuffer()
    service.answerPrepared(item.span, now: Instant(seconds: 1), to: &out)
    #expect(try Self.verdict(out).reason == 1)
    // And what has been prepared since then, too.
    service.turnToNewestIndex()
    out.sent(out.pendingBytes)
    try service.prepare(item.span, 0..<item.count, stream: 1, limits: nil)
    service.answerPrepared(item.span, now: Instant(seconds: 1), to: &out)
    #expect(try Self.verdict(out).reason == 1)
  }

  /// Of the old region nothing is heard any more: what it says of a token, and that it has none, may be out of date.
  @Test func `what was looked up in an index that has been superseded meanwhile is looked up again`() throws {
    var item: [UInt8] = []
    var index = try Self.index(.standard, request: &item)
    let usage = try UsageLedger(tokens: 10)
    let tenants = try TenantCounters()
    var service = ValidationService(
      format: .standard, reader: IndexReader(index.published), usage: usage, tenants: tenants)
    let absent = Mint(.standard).mint(at: Instant(seconds: 2)) { (span: inout MutableSpan<UInt8>) in
      for index in 0..<span.count { span[index] = 0x55 }
    }.reveal { Array(copying: $0) }
    let other = ValidateRequest.encode(
      token: absent.span, org: "acme", tenant: "prod", scopes: ["pipeline:read"], minRevision: 0)
    var ordinal: UInt32 = 1
    for (request, expected) in [(item, Reason.revoked), (other, Reason.allowed)] {
      service.turnToNewestIndex()
      try service.prepare(request.span, 0..<request.count, stream: 1, limits: nil)
      service.lookUp()
      let before = index.published.mappedBytes
      while index.published.mappedBytes == before {
        ordinal += 1
        try Self.insert(ordinal, into: &index)
      }
      if expected == .revoked {
        index.update(try Self.digest(item), state: .revoked, expiry: .never)
      } else {
        try Self.insert(70_000, Digest(hashing: absent.span), into: &index)
      }
      index.publish(revision: UInt64(ordinal))
      var out = OutBuffer()
      service.answerNext(1, request.span, now: Instant(seconds: 1), to: &out)
      #expect(try Self.verdict(out).reason == UInt32(expected.rawValue))
    }
  }

  @Test func `a verdict's revision is of no change that it has not seen`() throws {
    var item: [UInt8] = []
    var index = try Self.index(.standard, request: &item)
    let usage = try UsageLedger(tokens: 10)
    let tenants = try TenantCounters()
    var service = ValidationService(
      format: .standard, reader: IndexReader(index.published), usage: usage, tenants: tenants)
    try service.prepare(item.span, 0..<item.count, stream: 1, limits: nil)
    service.lookUp()
    let digest = try Self.digest(item)
    index.update(digest, state: .revoked, expiry: .never)
    index.publish(revision: 2)
    var out = OutBuffer()
    service.answerNext(1, item.span, now: Instant(seconds: 1), to: &out)
    let verdict = try Self.verdict(out)
    #expect(verdict.reason == 1 && verdict.revision == 1)
  }

  /// An index with one token, and a request that it be allowed.
  private static func index(_ format: TokenFormat, request: inout [UInt8]) throws -> IndexWriter {
    var number: UInt8 = 0
    let secret = Mint(format).mint(at: Instant(seconds: 1)) { (span: inout MutableSpan<UInt8>) in
      for index in 0..<span.count {
        number = number &* 5 &+ 3
        span[index] = number & 0x7F
      }
    }
    let token = secret.reveal { Array(copying: $0) }
    var index = try IndexWriter(expecting: 10, seed: 1)
    try index.register(scope: "pipeline:read", number: 0)
    try insert(1, Digest(hashing: token.span), into: &index)
    index.publish(revision: 1)
    request = ValidateRequest.encode(
      token: token.span, org: "acme", tenant: "prod", scopes: ["pipeline:read"], minRevision: 0)
    return index
  }

  private static func insert(_ ordinal: UInt32, _ digest: Digest? = nil, into index: inout IndexWriter) throws {
    let tenant = TenantName(stored: "acme", "prod")
    var scopes = ScopeSet()
    scopes.insert(0)
    try index.insert(
      IndexWriter.Record(
        digest: digest ?? Digest(hashing: [UInt8(ordinal & 0xFF), UInt8(ordinal >> 8)].span), ordinal: ordinal,
        tenant: tenant, scopes: scopes, state: .active, expiry: .never),
      label: ValidateParts.label(id: "id", name: "name"), binding: { ValidateParts.binding(tenant) },
      scopes: { [] })
  }

  private static func digest(_ request: [UInt8]) throws -> Digest {
    Digest(hashing: request.span.extracting(try ValidateRequest(in: request.span, 0..<request.count).token))
  }

  private static func verdict(_ out: borrowing OutBuffer) throws -> ValidateResponse {
    let frame = Array(copying: out.pending)
    guard case .success(let payload) = try ResponseEnvelope.decode(in: frame.span, FrameHeader.bytes..<frame.count)
    else { throw FieldReader.Malformed() }
    return try ValidateResponse(in: frame.span, payload)
  }

  private final class Shared: Sendable {
    let value = Atomic(0)
  }

  /// How many of a batch's replies say ALLOWED; -1 if it is not one whole frame of whole replies.
  private static func allowed(_ frame: [UInt8]) -> Int {
    guard frame.count > FrameHeader.bytes else { return -1 }
    let header = FrameHeader(decoding: frame.span)
    guard header.dataBytes == frame.count - FrameHeader.bytes,
      case .success(let payload)? = try? ResponseEnvelope.decode(
        in: frame.span, FrameHeader.bytes..<frame.count)
    else { return -1 }
    var allowed = 0
    var list = FieldReader(payload)
    do throws(FieldReader.Malformed) {
      while let (_, value) = try list.next(in: frame.span) {
        guard case .bytes(let item) = value else { return -1 }
        let reply = try ValidateResponse(in: frame.span, item)
        if reply.reason == 1, reply.tokenName == "name" { allowed += 1 }
      }
    } catch {
      return -1
    }
    return allowed
  }
}
