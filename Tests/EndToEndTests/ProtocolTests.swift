// What the daemon answers to what no proper client sends. Each answer stands in proto/PROTOCOL.md.

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
}
