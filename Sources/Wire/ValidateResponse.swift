// Validate's reply as a client reads it.

private import Tokens

/// A ValidateResponse as a client reads it.
package struct ValidateResponse: Equatable, Sendable {
  /// The raw value of `tokend.v1.Reason`.
  package var reason: UInt64 = 0
  package var httpStatus: UInt64 = 0
  package var tokenID = ""
  package var tokenName = ""
  package var org = ""
  package var tenant = ""
  package var scopes: [String] = []
  package var expiresAt: Int64 = 0
  package var revision: UInt64 = 0
  package var challenge = ""

  package init(in span: Span<UInt8>, _ range: Range<Int>) throws(FieldReader.Malformed) {
    var reader = FieldReader(range)
    while let (number, value) = try reader.next(in: span) {
      switch (number, value) {
      case (1, .varint(let value)): reason = value
      case (2, .varint(let value)): httpStatus = value
      case (3, .bytes(let bytes)): tokenID = String(copying: span.extracting(bytes))
      case (4, .bytes(let bytes)): tokenName = String(copying: span.extracting(bytes))
      case (5, .bytes(let bytes)): org = String(copying: span.extracting(bytes))
      case (6, .bytes(let bytes)): tenant = String(copying: span.extracting(bytes))
      case (7, .bytes(let bytes)): scopes.append(String(copying: span.extracting(bytes)))
      case (8, .varint(let value)): expiresAt = Int64(bitPattern: value)
      case (9, .varint(let value)): revision = value
      case (10, .bytes(let bytes)): challenge = String(copying: span.extracting(bytes))
      default: continue
      }
    }
  }
}
