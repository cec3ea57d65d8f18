// Tokens to be created, one a request, through the administration socket.

import Tokens
import Wire

/// CreateToken, each with a name of its own. What was created is remembered, so that it can be revoked.
struct Creations: Workload {
  private static let placeholder = String(repeating: "\u{1}", count: Numbered.bytes)

  private let template: RequestTemplate
  private var numbers: Numbered
  /// The public ids of the tokens that were created, one behind the other.
  private(set) var ids: [UInt8] = []
  /// The number in the next one's name.
  var next: Int { numbers.next }

  /// - Parameter first: the number in the first one's name.
  init(_ context: BenchContext, from first: Int) {
    var request = CreateTokenRequest()
    (request.org, request.tenant) = (context.org, context.tenant)
    request.name = "written-" + Self.placeholder
    request.scopes = context.scopes
    template = RequestTemplate(Methods.createToken, request, cutAt: Self.placeholder)
    numbers = Numbered(from: first)
  }

  let name = "tokend, creating"
  let greeting: [UInt8] = []
  let weight = 1

  mutating func append(stream: UInt32, to out: inout OutBuffer) {
    template.append(numbers.take().span, stream: stream, to: &out)
  }

  mutating func reply(in span: Span<UInt8>, _ start: Int, _ end: Int) throws -> Int? {
    guard let frame = try AdministrationReply(in: span, start, end) else { return nil }
    var fields = FieldReader(frame.payload)
    var token: Range<Int>?
    var secretBytes = 0
    while let (number, value) = try fields.next(in: span) {
      switch (number, value) {
      case (1, .bytes(let bytes)): token = bytes
      case (2, .bytes(let bytes)): secretBytes = bytes.count
      default: continue
      }
    }
    guard let token, secretBytes == TokenSample.tokenBytes else {
      throw BenchFailure("tokend created a token without a secret")
    }
    var inner = FieldReader(token)
    guard case (1, .bytes(let id))? = try inner.next(in: span), id.count == Revocations.idBytes else {
      throw BenchFailure("tokend created a token without an id")
    }
    for index in id { ids.append(span[index]) }
    return frame.bytes
  }

  func conclude() {}
}
