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
    var number: UInt8 = 0
    let secret = format.mint { (span: inout MutableSpan<UInt8>) in
      for index in 0..<span.count {
        number = number &* 5 &+ 3
        span[index] = number & 0x7F
      }
    }
    let token = secret.reveal { Array(copying: $0) }
    var scopes = ScopeSet()
    scopes.insert(0)
    var index = try IndexWriter(expecting: 10, seed: 1)
    try index.register(scope: "pipeline:read", number: 0)
    let tenant = TenantName(stored: "acme", "prod")
    try index.insert(
      IndexWriter.Record(
        digest: Digest(hashing: token.span), ordinal: 1, tenant: tenant, scopes: scopes, state: .active, expiry: .never
      ), label: ValidateParts.label(id: "id", name: "name"), binding: { ValidateParts.binding(tenant) },
      scopes: { [] })
    index.publish(revision: 1)
    let item = ValidateRequest.encode(
      token: token.span, org: "acme", tenant: "prod", scopes: ["pipeline:read"], minRevision: 0)
    var batch = OutBuffer()
    batch.reserve(Limits.batchRequests * (item.count + 3))
    for _ in 0..<Limits.batchRequests { batch.append(field: 1, item.span) }
    let bytes = Array(copying: batch.pending)
    let published = index.published
    let usage = try UsageLedger(tokens: 10)
    let (isDone, wrong, changes) = (Shared(), Shared(), Shared())
    let reader = try Linux.Thread(named: "batches") {
      var service = ValidationService(format: format, reader: IndexReader(published), usage: usage)
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
