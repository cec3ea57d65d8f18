// What the daemon answers to what no proper client sends. Each answer stands in proto/PROTOCOL.md.

import Harness
import Linux
import Testing
import TokenClient
import Wire

@Suite struct ProtocolTests {
  let daemon: RunningDaemon

  init() throws {
    daemon = try RunningDaemon()
    try daemon.addTenant()
  }

  @Test func `an unknown method is 12, and names itself`() throws {
    var peer = try RawPeer(daemon.validationSocket)
    try peer.call("tokend.v1.Validation", "Frobnicate", [])
    let status = try #require(try peer.reply()?.status)
    #expect(status.code == .unimplemented && status.message.contains("tokend.v1.Validation/Frobnicate"))
    try peer.call("no.Such", "Validate", [], stream: 3)
    #expect(try peer.reply()?.code == 12)
  }

  @Test func `an even stream id, a Data frame and a bad envelope are 3, and the connection lives`() throws {
    var peer = try RawPeer(daemon.validationSocket)
    try peer.call("tokend.v1.Validation", "Validate", RawPeer.validate("x"), stream: 2)
    #expect(try peer.reply()?.code == 3)
    try peer.send(FrameHeader(dataBytes: 3, stream: 5, kind: .data), [1, 2, 3])
    #expect(try peer.reply()?.code == 3)
    try peer.send(FrameHeader(dataBytes: 3, stream: 7, kind: .request), [0xFF, 0xFF, 0xFF])
    #expect(try peer.reply()?.code == 3)
    try peer.send(FrameHeader(dataBytes: 3, stream: 9, kind: FrameHeader.Kind(rawValue: 77)), [1, 2, 3])
    try peer.call("tokend.v1.Validation", "Validate", RawPeer.validate("x"), stream: 11)
    let reply = try peer.reply()
    #expect(reply?.stream == 11 && reply?.code == 0)
  }

  @Test func `a frame over 4 MiB is 8 and passed over`() throws {
    var peer = try RawPeer(daemon.validationSocket)
    let bytes = FrameHeader.mostData + 1
    try peer.send(FrameHeader(dataBytes: bytes, stream: 1, kind: .request), [UInt8](repeating: 0, count: bytes))
    #expect(try peer.reply()?.code == 8)
    try peer.call("tokend.v1.Validation", "Validate", RawPeer.validate("x"), stream: 3)
    #expect(try peer.reply()?.code == 0)
  }

  @Test func `a length with its top byte set closes the connection`() throws {
    var peer = try RawPeer(daemon.validationSocket)
    try peer.send(FrameHeader(dataBytes: 1 << 24, stream: 1, kind: .request))
    #expect(try peer.reply() == nil)
  }

  @Test(arguments: [0, 5]) func `what was asked before nonsense is answered, in however many pieces it comes`(cut: Int)
    throws
  {
    var peer = try RawPeer(daemon.validationSocket)
    var fence = try RawPeer(daemon.validationSocket)
    var bytes = OutBuffer()
    let payload = RawPeer.validate("x")
    RequestEnvelope.append(
      service: "tokend.v1.Validation", method: "Validate", payload: payload.span, timeout: 0, stream: 1, to: &bytes)
    bytes.reserve(FrameHeader.bytes)
    bytes.append(FrameHeader(dataBytes: 1 << 24, stream: 3, kind: .request))
    let all = [UInt8](copying: bytes.pending)
    if cut > 0 {
      try peer.send(Array(all[..<cut]))
      // Once another has its answer, these have been received.
      try fence.call("tokend.v1.Validation", "Validate", payload)
      _ = try fence.reply()
    }
    try peer.send(Array(all[cut...]))
    let reply = try peer.reply()
    #expect(reply?.stream == 1 && reply?.code == 0)
    #expect(try peer.reply() == nil)
  }

  @Test func `a frame that is cut off harms nobody`() throws {
    do {
      let peer = try RawPeer(daemon.validationSocket)
      try peer.send(FrameHeader(dataBytes: 1000, stream: 1, kind: .request), [1, 2, 3])
    }
    #expect(try daemon.reason("x") == "MALFORMED")
  }

  @Test func `a request that arrives byte by byte is answered`() throws {
    var out = OutBuffer()
    RequestEnvelope.append(
      service: "tokend.v1.Validation", method: "Validate", payload: RawPeer.validate("x").span, timeout: 0, stream: 1,
      to: &out)
    let bytes = [UInt8](copying: out.pending)
    var peer = try RawPeer(daemon.validationSocket)
    for byte in bytes { try peer.send([byte]) }
    #expect(try peer.reply()?.code == 0)
  }

  @Test(arguments: [
    (field: "token", tag: UInt8(1)), (field: "org_id", tag: 2), (field: "tenant_id", tag: 3),
    (field: "required_scopes", tag: 4),
  ])
  func `invalid UTF-8 is 3 and names the field`(field: String, tag: UInt8) throws {
    var peer = try RawPeer(daemon.validationSocket)
    try peer.call("tokend.v1.Validation", "Validate", [tag << 3 | 2, 2, 0xC3, 0x28])
    let status = try #require(try peer.reply()?.status)
    #expect(status.code == .invalidArgument && status.field == field)
  }

  @Test func `unknown fields are accepted and ignored`() throws {
    var peer = try RawPeer(daemon.validationSocket)
    let created = try daemon.create("ci")
    // Field 100 as bytes, field 101 as a number.
    let extra: [UInt8] = [0xA2, 0x06, 2, 7, 7, 0xA8, 0x06, 5]
    try peer.call("tokend.v1.Validation", "Validate", extra + RawPeer.validate(created.secret) + extra)
    let payload = try #require(try peer.reply()).result.get()
    #expect(try ValidateResponse(in: payload.span, 0..<payload.count).reason == 1)
  }

  @Test func `a deadline that has passed is 4`() throws {
    var peer = try RawPeer(daemon.adminSocket)
    try peer.call("tokend.v1.Tenants", "ListTenants", [], timeout: -1)
    #expect(try peer.reply()?.code == 4)
  }

  @Test func `administration on the validation socket is 7`() throws {
    var peer = try RawPeer(daemon.validationSocket)
    try peer.call("tokend.v1.Tenants", "ListTenants", [])
    let status = try #require(try peer.reply()?.status)
    #expect(status.code == .permissionDenied && status.reason == "WRONG_SOCKET")
  }

  @Test func `a revision that is not reached is 14, never a verdict`() throws {
    #expect(throws: TokenClient.Failure.self) {
      try daemon.validator.validate("x", org: "acme", tenant: "prod", minRevision: 1_000_000)
    }
  }

  @Test func `health says SERVING, and 5 for a service that is not there`() throws {
    var peer = try RawPeer(daemon.validationSocket)
    try peer.call("grpc.health.v1.Health", "Check", [])
    #expect(try #require(try peer.reply()).result.get() == [8, 1])
    var request = HealthCheckRequest()
    request.service = "tokend.v1.Validation"
    try peer.call("grpc.health.v1.Health", "Check", request.encoded(), stream: 3)
    #expect(try #require(try peer.reply()).result.get() == [8, 1])
    request.service = "nobody"
    try peer.call("grpc.health.v1.Health", "Check", request.encoded(), stream: 5)
    #expect(try peer.reply()?.code == 5)
  }

  @Test func `a batch keeps its order and judges each item`() throws {
    let good = RawPeer.validate(try daemon.create("ci").secret)
    let bad = RawPeer.validate("nonsense")
    var peer = try RawPeer(daemon.validationSocket)
    var batch: [UInt8] = []
    for item in [good, bad, good] { batch += [0x0A, UInt8(item.count)] + item }
    try peer.call("tokend.v1.Validation", "ValidateBatch", batch)
    let payload = try #require(try peer.reply()).result.get()
    var reasons: [UInt64] = []
    var fields = FieldReader(0..<payload.count)
    while let (_, value) = try fields.next(in: payload.span) {
      if case .bytes(let range) = value { reasons.append(try ValidateResponse(in: payload.span, range).reason) }
    }
    #expect(reasons == [1, 4, 1])
    try peer.call(
      "tokend.v1.Validation", "ValidateBatch", Array(repeatElement([0x0A, 0], count: 1025).joined()), stream: 3)
    #expect(try peer.reply()?.code == 3)
  }

  @Test func `each of these answers has its code`() throws {
    var peer = try RawPeer(daemon.validationSocket)
    func expect(_ reason: String) throws {
      let status = try peer.reply()?.status
      #expect(status?.reason == reason, "\(reason)")
      // What is wrong and, after a colon or semicolon, what to do or what became of it.
      #expect(status?.message.contains(where: { $0 == ":" || $0 == ";" }) == true, "\(status?.message ?? "")")
    }
    try peer.call("tokend.v1.Validation", "Frobnicate", [])
    try expect("UNKNOWN_METHOD")
    try peer.call("tokend.v1.Tenants", "ListTenants", [], stream: 3)
    try expect("WRONG_SOCKET")
    try peer.call("grpc.health.v1.Health", "Check", [1 << 3 | 2, 1, 0x78], stream: 5)
    try expect("UNKNOWN_SERVICE")
    try peer.call("tokend.v1.Validation", "Validate", RawPeer.validate("x"), stream: 2)
    try expect("EVEN_STREAM")
    try peer.send(FrameHeader(dataBytes: 1, stream: 7, kind: .data), [1])
    try expect("NO_STREAM")
    try peer.send(FrameHeader(dataBytes: 1, stream: 7, kind: .request), [0xFF])
    try expect("BAD_ENVELOPE")
    try peer.call("tokend.v1.Validation", "Validate", [0xFF], stream: 7)
    try expect("BAD_PAYLOAD")
    try peer.call("tokend.v1.Validation", "Validate", [1 << 3 | 2, 1, 0xFF], stream: 7)
    try expect("NOT_UTF8")
    try peer.call("tokend.v1.Validation", "Validate", RawPeer.validate("x"), stream: 7, timeout: -1)
    try expect("DEADLINE_PASSED")
    let many = Array(repeating: "a:b", count: 65)
    try peer.call("tokend.v1.Validation", "Validate", RawPeer.validate("x", scopes: many), stream: 7)
    try expect("TOO_MANY_SCOPES")
    let ahead = ValidateRequest.encode(
      token: Array("x".utf8).span, org: "acme", tenant: "prod", scopes: [], minRevision: 1 << 40)
    try peer.call("tokend.v1.Validation", "Validate", ahead, stream: 7)
    try expect("REVISION_NOT_REACHED")
    let batch = [UInt8]((0..<1025).flatMap { _ in [1 << 3 | 2, 0] as [UInt8] })
    try peer.call("tokend.v1.Validation", "ValidateBatch", batch, stream: 7)
    try expect("BATCH_TOO_LARGE")
    let bytes = FrameHeader.mostData + 1
    try peer.send(FrameHeader(dataBytes: bytes, stream: 7, kind: .request), [UInt8](repeating: 0, count: bytes))
    try expect("FRAME_TOO_LARGE")
    var administrator = try RawPeer(daemon.adminSocket)
    try administrator.call("tokend.v1.Tenants", "AddTenant", [1 << 3 | 2, 1, 0], stream: 7)
    #expect(try administrator.reply()?.status?.reason == "ZERO_BYTE")
  }
}
