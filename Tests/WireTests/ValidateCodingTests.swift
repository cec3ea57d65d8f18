// The hot codec says the same as libprotobuf-c, of what is well-formed and of what is not.

import ProtobufReference
import Seeded
import Testing
import Tokens
import Wire

@Suite struct ValidateCodingTests {
  /// What the hot decoder says; nil if it refuses.
  static func request(_ random: inout SeededRandom) -> Reference.Request {
    Reference.Request(
      token: random.text(random.below(3) == 0 ? random.below(300) : 55), org: random.text(random.below(20)),
      tenant: random.text(random.below(20)),
      scopes: (0..<random.below(6)).map { _ in random.text(1 + random.below(30)) },
      minRevision: random.below(2) == 0 ? 0 : random.next() >> UInt64(random.below(64)))
  }

  @Test(arguments: 0..<300 as Range<UInt64>)
  func `a request that libprotobuf-c packed is read the same`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let request = Self.request(&random)
    #expect(Differential.request(Reference.pack(request)) == request, "seed \(seed)")
  }

  @Test(arguments: 0..<100 as Range<UInt64>)
  func `a request that the client encoded is read the same by libprotobuf-c`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let request = Self.request(&random)
    let token = Array(request.token.utf8)
    let bytes = ValidateRequest.encode(
      token: token.span, org: request.org, tenant: request.tenant, scopes: request.scopes,
      minRevision: request.minRevision)
    #expect(Reference.unpackRequest(bytes) == request, "seed \(seed)")
  }

  @Test func `mutated requests are refused by both, or read the same by both`() {
    var compared = 0
    var accepted = 0
    for seed in 0..<40_000 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      var bytes = Reference.pack(Self.request(&random))
      for _ in 0...random.below(3) where !bytes.isEmpty {
        switch random.below(4) {
        case 0: bytes[random.below(bytes.count)] = UInt8(random.below(128))
        case 1: bytes.removeLast(min(bytes.count, 1 + random.below(10)))
        case 2: bytes.insert(UInt8(1 + random.below(127)), at: random.below(bytes.count))
        default: bytes += Reference.pack(Self.request(&random))
        }
      }
      let ours = Differential.request(bytes)
      let theirs = Reference.unpackRequest(bytes)
      // C's texts end at a zero byte, so those can't be compared.
      if let theirs, let ours, !bytes.contains(0) {
        #expect(ours == theirs, "seed \(seed)")
        accepted += 1
      }
      if theirs == nil, ours != nil {
        // Only a group is read by the one and not by the other.
        #expect(Self.hasGroup(bytes), "seed \(seed): accepted what libprotobuf-c refuses: \(bytes)")
      }
      if theirs != nil, ours == nil {
        #expect(Self.isRefusedKnowingly(bytes), "seed \(seed): refused what libprotobuf-c reads: \(bytes)")
      }
      compared += 1
    }
    #expect(compared == 40_000 && accepted > 5_000)
  }

  /// Whether one of the message's own fields is a group, walked without the code under test.
  private static func hasGroup(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    func varint() -> UInt64 {
      var value: UInt64 = 0
      var shift: UInt64 = 0
      while let byte = rest.popFirst() {
        value |= UInt64(byte & 0x7F) << shift
        shift += 7
        if byte < 0x80 || shift > 63 { break }
      }
      return value
    }
    while !rest.isEmpty {
      switch varint() & 7 {
      case 0: _ = varint()
      case 1: rest = rest.dropFirst(8)
      case 2:
        let count = Int(clamping: varint())
        rest = rest.dropFirst(count)
      case 5: rest = rest.dropFirst(4)
      case 3: return true
      default: return false
      }
    }
    return false
  }

  private static func isRefusedKnowingly(_ bytes: [UInt8]) -> Bool {
    do throws(Status) {
      _ = try ValidateRequest(in: bytes.span, 0..<bytes.count)
      return false
    } catch {
      if error.reason == "NOT_UTF8" || error.reason == "TOO_MANY_SCOPES" { return true }
    }
    // Field number 0 is not valid protobuf; libprotobuf-c takes it for an unknown field.
    let span = bytes.span
    var reader = FieldReader(0..<bytes.count)
    do throws(FieldReader.Malformed) {
      while try reader.next(in: span) != nil {}
      return false
    } catch {
      return true
    }
  }

  @Test func `a field of the wrong wire type is refused, an unknown one is passed over`() {
    #expect(Differential.request([1 << 3, 5]) == nil)
    #expect(Differential.request([5 << 3 | 2, 1, 65]) == nil)
    #expect(
      Differential.request([
        9 << 3, 5, 10 << 3 | 2, 1, 65, 11 << 3 | 5, 1, 2, 3, 4, 12 << 3 | 1, 1, 2, 3, 4, 5, 6, 7, 8,
      ])
        == .init())
    // A group with a field in it, then org_id.
    #expect(Differential.request([9 << 3 | 3, 8, 1, 9 << 3 | 4, 2 << 3 | 2, 1, 65]) == .init(org: "A"))
    // A group that is never closed, or closed by another's tag.
    #expect(Differential.request([9 << 3 | 3, 8, 1]) == nil)
    #expect(Differential.request([9 << 3 | 3, 8, 1, 10 << 3 | 4]) == nil)
    #expect(Differential.request([UInt8](repeating: 9 << 3 | 3, count: 1000)) == nil)
  }

  @Test(arguments: [(1, "token"), (2, "org_id"), (3, "tenant_id"), (4, "required_scopes")] as [(UInt8, String)])
  func `a text that is not UTF-8 is refused by its name`(number: UInt8, field: String) {
    let bytes: [UInt8] = [number << 3 | 2, 2, 0xC3, 0x28]
    #expect(throws: Status.notUTF8(field)) { try ValidateRequest(in: bytes.span, 0..<bytes.count) }
  }

  @Test func `64 required scopes are read, 65 refused`() {
    let scopes = (0..<65).map { "r\($0):read" }
    #expect(Differential.request(Reference.pack(.init(scopes: Array(scopes.prefix(64)))))?.scopes.count == 64)
    #expect(Differential.request(Reference.pack(.init(scopes: scopes))) == nil)
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `a reply is what libprotobuf-c and the client read`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let reason = Reason.allCases[random.below(Reason.allCases.count)]
    let isWhole = random.below(2) == 0
    let tenant = TenantName(stored: random.text(5), random.text(7))
    let scopes = Catalog.initial.scopes.map(\.scope).filter { _ in random.below(2) == 0 }
    let (id, name, challenge) = (
      random.text(11), random.text(random.below(200)), Array(random.text(random.below(50)).utf8)
    )
    let reply = ValidateReply(
      reason: reason, expiresAt: isWhole ? Int64(random.below(1 << 40)) : 0, revision: random.next() >> 20)
    let parts =
      ValidateParts.label(id: id, name: name)
      + (isWhole ? ValidateParts.binding(tenant) + ValidateParts.scopes(scopes) : [])
    var out = OutBuffer()
    let count = reply.bytes(parts: parts.count, challenge: challenge.count)
    out.reserve(count)
    reply.appendStart(to: &out)
    out.append(parts.span)
    reply.appendRest(challenge: challenge.count, to: &out)
    out.append(challenge.span)
    let pending = out.pending
    let bytes = [UInt8](copying: pending)
    #expect(bytes.count == count)
    let expected = Reference.Response(
      reason: UInt32(reason.rawValue), httpStatus: UInt32(reason.httpStatus), tokenID: id, tokenName: name,
      org: isWhole ? tenant.org : "", tenant: isWhole ? tenant.tenant : "",
      scopes: isWhole ? scopes.map(\.description) : [], expiresAt: reply.expiresAt, revision: reply.revision,
      challenge: String(decoding: challenge, as: UTF8.self))
    #expect(Reference.unpackResponse(bytes) == expected, "seed \(seed)")
    let read = try ValidateResponse(in: bytes.span, 0..<bytes.count)
    #expect(read.tokenName == name && read.scopes == expected.scopes && read.revision == reply.revision)
    #expect(read.reason == UInt64(reason.rawValue) && read.challenge == expected.challenge)
  }
}
