// Tokens to be revoked, one a request, through the administration socket.

import Tokens
import Wire

/// RevokeToken of each of a stock of tokens, once.
struct Revocations: Workload {
  /// Of a token's public id.
  static let idBytes = 11
  private static let placeholder = String(repeating: "\u{1}", count: idBytes)

  private let template: RequestTemplate
  private let ids: [UInt8]
  private var position = 0

  /// - Parameter ids: of the tokens, one behind the other.
  init(_ context: BenchContext, of ids: [UInt8]) {
    var request = RevokeTokenRequest()
    (request.org, request.tenant, request.id) = (context.org, context.tenant, Self.placeholder)
    template = RequestTemplate(Methods.revokeToken, request, cutAt: Self.placeholder)
    self.ids = ids
  }

  let name = "tokend, revoking"
  let greeting: [UInt8] = []
  let weight = 1
  /// The ids that were not asked about.
  var rest: [UInt8] { Array(ids[position...]) }

  mutating func append(stream: UInt32, to out: inout OutBuffer) throws {
    guard position < ids.count else { throw BenchFailure("every token that was created has been revoked") }
    template.append(ids.span.extracting(position..<position + Self.idBytes), stream: stream, to: &out)
    position += Self.idBytes
  }

  mutating func reply(in span: Span<UInt8>, _ start: Int, _ end: Int) throws -> Int? {
    guard let frame = try AdministrationReply(in: span, start, end) else { return nil }
    var fields = FieldReader(frame.payload)
    var hasChanged = false
    while let (number, value) = try fields.next(in: span) {
      if number == 3, case .varint(1) = value { hasChanged = true }
    }
    guard hasChanged else { throw BenchFailure("tokend had nothing to revoke") }
    return frame.bytes
  }

  func conclude() {}
}
