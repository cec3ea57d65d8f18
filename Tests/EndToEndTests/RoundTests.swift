// Many connections that have something at the same moment: they are answered together, and each gets what is its own.

import Harness
import Seeded
import Testing
import Tokens
import Wire

@Suite struct RoundTests {
  /// What is asked on one stream, and what must come back.
  private enum Call: CaseIterable {
    case own, malformed, unknownToken, late, tooManyScopes, batch, unknownMethod, evenStream, noEnvelope, noPayload

    func bytes(_ token: String, stream: UInt32) -> [UInt8] {
      func frame(_ method: String, _ payload: [UInt8], _ stream: UInt32, timeout: Int64 = 0) -> [UInt8] {
        var out = OutBuffer()
        RequestEnvelope.append(
          service: "tokend.v1.Validation", method: method, payload: payload.span, timeout: timeout, stream: stream,
          to: &out)
        return [UInt8](copying: out.pending)
      }
      let valid = RawPeer.validate(token, scopes: ["pipeline:read"])
      switch self {
      case .own: return frame("Validate", valid, stream)
      case .malformed: return frame("Validate", RawPeer.validate("tokend_no"), stream)
      case .unknownToken: return frame("Validate", RawPeer.validate(RoundTests.stranger), stream)
      case .late: return frame("Validate", valid, stream, timeout: -1)
      case .tooManyScopes:
        return frame("Validate", RawPeer.validate(token, scopes: (0..<65).map { "a:\($0)" }), stream, timeout: 1 << 40)
      case .batch:
        var items = OutBuffer()
        items.reserve(3 * (valid.count + 8))
        for _ in 0..<3 { items.append(field: 1, valid.span) }
        return frame("ValidateBatch", [UInt8](copying: items.pending), stream)
      case .unknownMethod: return frame("Validat", [], stream)
      case .evenStream: return frame("Validate", valid, stream + 1)
      case .noEnvelope:
        var out = OutBuffer()
        out.reserve(16)
        out.append(FrameHeader(dataBytes: 3, stream: stream, kind: .request))
        for _ in 0..<3 { out.append(0xFF) }
        return [UInt8](copying: out.pending)
      case .noPayload: return frame("Validate", [], stream)
      }
    }

    /// The status's code, or the verdict's reason.
    var answer: String {
      switch self {
      case .own: "ALLOWED"
      case .malformed: "MALFORMED"
      case .unknownToken: "UNKNOWN"
      case .late: "4"
      case .tooManyScopes, .evenStream, .noEnvelope: "3"
      case .batch: "ALLOWED ALLOWED ALLOWED"
      case .unknownMethod: "12"
      case .noPayload: "MISSING_CREDENTIAL"
      }
    }
  }

  private final class Line {
    var peer: RawPeer
    let token: String
    let id: String
    var calls: [(stream: UInt32, call: Call)] = []
    /// What it sends later.
    var rest: [UInt8] = []

    init(_ socket: String, token: String, id: String) throws {
      peer = try RawPeer(socket)
      self.token = token
      self.id = id
    }
  }

  /// A token of the right shape that was never issued.
  private static let stranger = Mint(.standard).mint(at: Instant(seconds: 1)) { (span: inout MutableSpan<UInt8>) in
    for index in 0..<span.count { span[index] = UInt8(index) }
  }.reveal { token in String(decoding: (0..<token.count).map { token[$0] }, as: UTF8.self) }

  /// All of it arrives while the daemon stands still, so that one turn finds it.
  @Test(arguments: 1...6) func `what comes together is answered to whom it belongs`(seed: Int) throws {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    var random = SeededRandom(seed: UInt64(seed))
    let lines = try (0..<40).map { number in
      let made = try daemon.create("line-\(number)")
      return try Line(daemon.validationSocket, token: made.secret, id: made.token.id)
    }
    // Each has been accepted once it has had an answer.
    for line in lines { try #require(try answer(line, .malformed, stream: 1) == "MALFORMED") }
    daemon.pause()
    for line in lines {
      var bytes: [UInt8] = []
      for number in 0..<random.below(40) {
        // Mostly what is asked mostly.
        let call = random.below(3) > 0 ? Call.own : Call.allCases[random.below(Call.allCases.count)]
        let stream = UInt32(2 * number + 3)
        bytes += call.bytes(line.token, stream: stream)
        line.calls.append((call == .evenStream ? stream + 1 : stream, call))
      }
      // Some are cut off anywhere.
      let cut = random.below(2) == 0 ? bytes.count : random.below(bytes.count + 1)
      try line.peer.send(Array(bytes[..<cut]))
      line.rest = Array(bytes[cut...])
    }
    daemon.resume()
    for line in lines {
      try line.peer.send(line.rest)
      // Replies come in any order.
      var answers: [UInt32: String] = [:]
      for _ in line.calls {
        let found = try read(line)
        #expect(answers.updateValue(found.answer, forKey: found.stream) == nil)
      }
      for (stream, call) in line.calls {
        #expect(answers[stream] == call.answer, "seed \(seed), \(call) on stream \(stream) of \(line.id)")
      }
    }
    #expect(daemon.stop() == 0)
  }

  /// Cut at every byte of its head, and behind it, while others have whole frames before and after.
  @Test(arguments: [0, 1, 9, 10, 11, 45, 100]) func `a frame that is not whole hurts nobody in its round`(cut: Int)
    throws
  {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    let made = try daemon.create("one")
    let lines = try (0..<5).map { _ in
      try Line(daemon.validationSocket, token: made.secret, id: made.token.id)
    }
    for line in lines { try #require(try answer(line, .malformed, stream: 1) == "MALFORMED") }
    daemon.pause()
    for (number, line) in lines.enumerated() {
      let bytes = Call.own.bytes(line.token, stream: 3)
      let count = number % 2 == 0 ? bytes.count : cut
      if count > 0 { try line.peer.send(Array(bytes[..<count])) }
      line.rest = Array(bytes[count...])
    }
    daemon.resume()
    for line in lines {
      if !line.rest.isEmpty { try line.peer.send(line.rest) }
      let found = try read(line)
      #expect(found.stream == 3 && found.answer == "ALLOWED")
    }
    #expect(daemon.stop() == 0)
  }

  private func answer(_ line: Line, _ call: Call, stream: UInt32) throws -> String {
    try line.peer.send(call.bytes(line.token, stream: stream))
    return try read(line).answer
  }

  /// The next reply, and what it says. A verdict that allows must be about the line's own token.
  private func read(_ line: Line) throws -> (stream: UInt32, answer: String) {
    let reply = try #require(try line.peer.reply())
    guard case .success(let payload) = reply.result else { return (reply.stream, String(reply.code)) }
    // A batch's items are in its field 1, where a verdict has a number.
    guard payload.first == 0x0A else { return (reply.stream, try verdict(payload.span, 0..<payload.count, line)) }
    var reader = FieldReader(0..<payload.count)
    var verdicts: [String] = []
    while let (_, value) = try reader.next(in: payload.span) {
      if case .bytes(let item) = value { verdicts.append(try verdict(payload.span, item, line)) }
    }
    return (reply.stream, verdicts.joined(separator: " "))
  }

  private func verdict(_ span: Span<UInt8>, _ range: Range<Int>, _ line: Line) throws -> String {
    let response = try ValidateResponse(in: span, range)
    let reason = try #require(Reason(rawValue: UInt8(clamping: response.reason)))
    if reason == .allowed { #expect(response.tokenID == line.id) }
    return reason.name
  }
}
