// How each server is asked about a token, and how its replies are read.

import Linux
import Tokens
import Wire

/// One kind of request. Everything but the tokens and the stream ids is made once.
struct Dialect {
  enum Replies {
    /// A ttrpc response to Validate or ValidateBatch.
    case verdicts
    /// Redis's reply to GET: a bulk string, or nil.
    case bulkString
    /// So many bytes, whatever they are.
    case fixed(Int)
  }

  let name: String
  /// Tokens of one request.
  let tokens: Int
  let replies: Replies
  /// What each connection sends first.
  let greeting: [UInt8]
  private let header: FrameHeader?
  private let head: [UInt8]
  private let between: [UInt8]
  private let tail: [UInt8]

  /// The bytes of a request.
  let requestBytes: Int

  /// Cuts a request that was made for placeholders where they stand.
  private init(
    _ name: String, _ request: [UInt8], tokens: Int, isFramed: Bool, replies: Replies, greeting: [UInt8] = []
  ) {
    self.name = name
    self.tokens = tokens
    self.replies = replies
    self.greeting = greeting
    requestBytes = request.count
    let template = RequestTemplate(request, cutAt: Self.placeholder, isFramed: isFramed)
    precondition(template.pieces.count == tokens + 1)
    header = template.header
    head = template.pieces[0]
    between = tokens > 1 ? template.pieces[1] : []
    tail = template.pieces[tokens]
  }

  /// tokend's Validate or, with more than one token, ValidateBatch: a full verdict, with org, tenant and one scope.
  static func tokend(_ context: BenchContext, batch tokens: Int = 1) -> Dialect {
    let placeholder = Self.placeholder
    let item = ValidateRequest.encode(
      token: placeholder.span, org: context.org, tenant: context.tenant, scopes: [context.scope], minRevision: 0)
    var payload = item
    if tokens > 1 {
      var list = OutBuffer()
      list.reserve(tokens * (item.count + 4))
      for _ in 0..<tokens { list.append(field: 1, item.span) }
      payload = Array(copying: list.pending)
    }
    var frame = OutBuffer()
    RequestEnvelope.append(
      service: "tokend.v1.Validation", method: tokens > 1 ? "ValidateBatch" : "Validate", payload: payload.span,
      timeout: BenchContext.timeout, stream: 1, to: &frame)
    return Dialect(
      tokens > 1 ? "tokend, batches of \(tokens)" : "tokend", Array(copying: frame.pending), tokens: tokens,
      isFramed: true,
      replies: .verdicts)
  }

  /// The floor for tokend's `dialect`: the same request, and as many bytes back as the tokend at `socket` answers about
  /// live tokens.
  static func floor(of dialect: Dialect, _ sample: TokenSample, at socket: String) throws -> Dialect {
    let stream = try UnixStream.connected(toServer: socket)
    let live = (0..<sample.count).first { sample.isLive($0) } ?? 0
    var request = OutBuffer()
    dialect.append(sample, stream: 1, to: &request) { live }
    try stream.send(request.pending, until: .now + .seconds(5))
    var input = [UInt8](repeating: 0, count: 1 << 16)
    var held = 0
    var reply: Reply?
    while reply == nil {
      var span = input.mutableSpan
      var free = span._mutatingExtracting(held..<span.count)
      let count = try stream.receive(into: &free, until: .now + .seconds(5))
      if count == 0 { throw BenchFailure("tokend closed the connection") }
      held += count
      reply = try dialect.reply(in: input.span, 0, held)
    }
    guard let reply, reply.allowed == dialect.tokens else {
      throw BenchFailure("tokend does not allow a token that it should")
    }
    return echo(dialect, replyBytes: reply.bytes)
  }

  /// A floor for `dialect`: the same request, and as many bytes back.
  private static func echo(_ dialect: Dialect, replyBytes: Int) -> Dialect {
    Dialect(
      echoing: dialect, replyBytes: replyBytes,
      greeting: EchoServer.greeting(requestBytes: dialect.requestBytes, replyBytes: replyBytes))
  }

  private init(echoing dialect: Dialect, replyBytes: Int, greeting: [UInt8]) {
    name = "echo"
    tokens = dialect.tokens
    replies = .fixed(replyBytes)
    self.greeting = greeting
    header = dialect.header
    head = dialect.head
    between = dialect.between
    tail = dialect.tail
    requestBytes = dialect.requestBytes
  }

  /// Redis's GET with the token as the key.
  static var redis: Dialect {
    let request = Array("*2\r\n$3\r\nGET\r\n$\(TokenSample.tokenBytes)\r\n".utf8) + placeholder + Array("\r\n".utf8)
    return Dialect("redis", request, tokens: 1, isFramed: false, replies: .bulkString)
  }

  /// Writes a request about the tokens of `sample` that `next` gives.
  @inline(__always)
  func append(_ sample: TokenSample, stream: UInt32, to out: inout OutBuffer, next: () -> Int) {
    out.reserve(requestBytes)
    if let header { out.append(FrameHeader(dataBytes: header.dataBytes, stream: stream, kind: header.kind)) }
    out.append(head.span)
    for number in 0..<tokens {
      if number > 0 { out.append(between.span) }
      sample.append(next(), to: &out)
    }
    out.append(tail.span)
  }

  /// What stands at the beginning of received bytes.
  struct Reply {
    var bytes: Int
    var allowed = 0
    var denied = 0
  }

  /// The reply at `start` of what was received; nil if not all of it is there.
  /// - Throws: BenchFailure if it is none.
  @inline(__always)
  func reply(in span: Span<UInt8>, _ start: Int, _ end: Int) throws -> Reply? {
    switch replies {
    case .fixed(let bytes): return end - start >= bytes ? Reply(bytes: bytes) : nil
    case .bulkString: return try Self.bulkString(in: span, start, end)
    case .verdicts:
      guard end - start >= FrameHeader.bytes else { return nil }
      let header = FrameHeader(decoding: span.extracting(start..<start + FrameHeader.bytes))
      let bytes = FrameHeader.bytes + header.dataBytes
      guard end - start >= bytes else { return nil }
      return try verdicts(in: span, start + FrameHeader.bytes..<start + bytes, bytes)
    }
  }

  @inline(__always)
  private func verdicts(in span: Span<UInt8>, _ data: Range<Int>, _ bytes: Int) throws -> Reply {
    var reply = Reply(bytes: bytes)
    var envelope = FieldReader(data)
    guard case (2, .bytes(let payload))? = try envelope.next(in: span) else {
      throw BenchFailure("tokend answered with a status")
    }
    if tokens == 1 {
      Self.count(in: span, payload, &reply)
    } else {
      var list = FieldReader(payload)
      while case (1, .bytes(let item))? = try list.next(in: span) { Self.count(in: span, item, &reply) }
    }
    return reply
  }

  @inline(__always)
  private static func count(in span: Span<UInt8>, _ item: Range<Int>, _ reply: inout Reply) {
    // The reason comes first.
    let isAllowed = item.count > 2 && span[item.lowerBound] == 8 && span[item.lowerBound + 1] == Reason.allowed.rawValue
    if isAllowed { reply.allowed += 1 } else { reply.denied += 1 }
  }

  @inline(__always)
  private static func bulkString(in span: Span<UInt8>, _ start: Int, _ end: Int) throws -> Reply? {
    guard end - start >= 5 else { return nil }
    guard span[start] == 0x24 else { throw BenchFailure("redis answered with an error") }
    if span[start + 1] == 0x2D { return Reply(bytes: 5, denied: 1) }
    var length = 0
    var at = start + 1
    while at < end, span[at] != 0x0D {
      length = length * 10 + Int(span[at] - 0x30)
      at += 1
    }
    let bytes = at - start + 2 + length + 2
    return end - start >= bytes ? Reply(bytes: bytes, allowed: 1) : nil
  }

  private static let placeholder = [UInt8](repeating: 1, count: TokenSample.tokenBytes)
}
