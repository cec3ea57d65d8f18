// ttrpc's envelopes, held against libprotobuf-c; statuses there and back; what is checked before C reads a message.

import ProtobufReference
import Seeded
import Testing
import Wire

@Suite struct EnvelopeTests {
  static func frame(_ envelope: Reference.Envelope) -> [UInt8] {
    var out = OutBuffer()
    RequestEnvelope.append(
      service: envelope.service, method: envelope.method, payload: envelope.payload.span, timeout: envelope.timeout,
      stream: 5, to: &out)
    let pending = out.pending
    return [UInt8](copying: pending)
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `a request envelope is read the same by libprotobuf-c and here`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let envelope = Reference.Envelope(
      service: random.text(random.below(40)), method: random.text(random.below(40)),
      payload: random.bytes(random.below(500)),
      timeout: [0, 1, .max, -1, Int64(random.below(1 << 40))][random.below(5)])
    let frame = Self.frame(envelope)
    #expect(FrameHeader(decoding: frame.span) == FrameHeader(dataBytes: frame.count - 10, stream: 5, kind: .request))
    let data = Array(frame.dropFirst(10))
    #expect(Reference.unpackEnvelope(data) == envelope, "seed \(seed)")
    #expect(Differential.envelope(data) == envelope, "seed \(seed)")
  }

  @Test func `metadata and unknown fields are passed over`() {
    let data = Self.frame(.init(service: "s", method: "m")).dropFirst(10)
    #expect(
      Differential.envelope(data + [5 << 3 | 2, 4, 10, 0, 18, 0, 15 << 3, 1]) == .init(service: "s", method: "m"))
  }

  @Test(
    arguments: [
      [0xFF], [1 << 3, 1], [4 << 3 | 2, 0], [1 << 3 | 2, 5, 65], [0], [1 << 3 | 2, 1, 0xFF], [2 << 3 | 2, 1, 0xC0],
    ] as [[UInt8]])
  func `a broken envelope is status 3`(bytes: [UInt8]) {
    #expect { try RequestEnvelope(in: bytes.span, 0..<bytes.count) } throws: {
      ($0 as? Status)?.code == .invalidArgument
    }
  }

  @Test(arguments: [
    Status(.unavailable, "OVERLOADED", "too many"), Status(.invalidArgument, "X", field: "name", "näme"),
    Status(.unimplemented, "", ""),
    Status(.internal, "A", field: "requests[3].token", String(repeating: "m", count: 300)),
  ])
  func `a status goes there and back, and libprotobuf-c reads it with an empty payload`(status: Status) throws {
    var out = OutBuffer()
    ResponseEnvelope.append(status, stream: 9, to: &out)
    let pending = out.pending
    let data = Array([UInt8](copying: pending).dropFirst(10))
    #expect(try ResponseEnvelope.decode(in: data.span, 0..<data.count) == .failure(status))
    let reply = try #require(Reference.unpackReply(data))
    #expect(reply.code == Int32(status.code.rawValue) && reply.message == status.message && reply.payload.isEmpty)
    #expect(reply.types == ["type.googleapis.com/tokend.v1.ErrorDetail"])
  }

  @Test func `a payload of a frame's most bytes goes out, one more becomes status 8`() throws {
    for (bytes, code) in [(FrameHeader.mostData - 8, 0), (FrameHeader.mostData - 7, 8)] as [(Int, Int32)] {
      var out = OutBuffer()
      let payload = [UInt8](repeating: 1, count: bytes)
      ResponseEnvelope.append(payload.span, stream: 9, to: &out)
      let pending = out.pending
      #expect(FrameHeader(decoding: pending).dataBytes <= FrameHeader.mostData)
      #expect(Reference.unpackReply(Array([UInt8](copying: pending).dropFirst(10)))?.code == code)
    }
  }

  @Test func `an administration message is the same after its way over the wire`() throws {
    var request = CreateTokenRequest()
    request.org = "acme"
    request.tenant = "prod"
    request.name = "ci-déploy"
    request.scopes = ["a:read", "b:write"]
    request.expiresAt = .max
    let bytes = request.encoded()
    #expect(try CreateTokenRequest(decoding: bytes.span, 0..<bytes.count) == request)
    var list = ListTokensResponse()
    var token = TokenMessage()
    token.id = "x"
    token.scopes = ["a:read"]
    token.revokedAt = 7
    list.tokens = [token, token]
    list.nextPage = "p"
    let page = list.encoded()
    #expect(try ListTokensResponse(decoding: page.span, 0..<page.count) == list)
  }

  @Test func `a text that is not UTF-8, or hides something behind a zero byte, is refused by its path`() {
    func refusal(_ bytes: [UInt8]) -> Status? {
      do throws(Status) {
        _ = try ListTokensResponse(decoding: bytes.span, 0..<bytes.count)
        return nil
      } catch {
        return error
      }
    }
    // tokens[0].name, then next_page.
    #expect(refusal([1 << 3 | 2, 4, 2 << 3 | 2, 2, 0xC3, 0x28])?.field == "tokens.name")
    #expect(refusal([1 << 3 | 2, 5, 2 << 3 | 2, 3, 65, 0, 66])?.reason == "ZERO_BYTE")
    #expect(refusal([0xFF])?.reason == "BAD_PAYLOAD")
  }

  @Test func `a payload that would take too much memory to read is refused, and nothing is kept`() {
    // Each empty scope costs two bytes here and a block of its own in memory.
    let bytes = [UInt8](repeating: 0, count: 1_200_000).indices.map { $0 % 2 == 0 ? UInt8(5 << 3 | 2) : 0 }
    #expect { try CreateTokenRequest(decoding: bytes.span, 0..<bytes.count) } throws: {
      ($0 as? Status)?.code == .resourceExhausted
    }
  }
}
