// The hot codec: Validate's request is decoded where it was received, and its reply is encoded where it will be sent
// from. Nothing here allocates unless the request is refused. Tests hold it against libprotobuf-c.

public import Tokens

/// A ValidateRequest, as ranges of the span it was received in.
public struct ValidateRequest {
  /// The most required scopes of one request.
  package static let mostScopes = 64

  package private(set) var token: Range<Int>
  package private(set) var org: Range<Int>
  package private(set) var tenant: Range<Int>
  package private(set) var minRevision: UInt64 = 0
  package private(set) var scopeCount = 0
  /// From the first required scope to the end of the last: they are read from the message one by one.
  @usableFromInline var scopesStart: Int
  @usableFromInline var scopesEnd: Int

  /// Reads the message that fills `range` of `span`. Of a field given twice the last counts; fields that are not known
  /// are passed over.
  @inline(__always)
  package init(in span: Span<UInt8>, _ range: Range<Int>) throws(Status) {
    if let plain = Self(plain: span, range) { self = plain } else { try self.init(fieldsOf: span, range) }
  }

  /// Reads what nearly all requests are: each text once, in order, ASCII of less than 128 bytes, and nothing else. Nil for
  /// all others, nonsense included: they are read field by field.
  @inline(__always)
  private init?(plain span: Span<UInt8>, _ range: Range<Int>) {
    var reader = FieldReader(range)
    guard let token = reader.nextShortText(1, in: span), let org = reader.nextShortText(2, in: span),
      let tenant = reader.nextShortText(3, in: span)
    else { return nil }
    scopesStart = reader.position
    var count = 0
    while reader.nextShortText(4, in: span) != nil { count &+= 1 }
    // Tags and lengths are ASCII too.
    guard reader.position == range.upperBound, count <= Self.mostScopes, isASCII(span.extracting(range)) else {
      return nil
    }
    self.token = token
    self.org = org
    self.tenant = tenant
    scopeCount = count
    scopesEnd = range.upperBound
  }

  private init(fieldsOf span: Span<UInt8>, _ range: Range<Int>) throws(Status) {
    let none = range.lowerBound..<range.lowerBound
    token = none
    org = none
    tenant = none
    scopesStart = range.upperBound
    scopesEnd = range.upperBound
    var scopesAreText = true
    var reader = FieldReader(range)
    do throws(FieldReader.Malformed) {
      while true {
        let start = reader.position
        guard let (number, value) = try reader.next(in: span) else { break }
        switch (number, value) {
        case (1, .bytes(let bytes)): token = bytes
        case (2, .bytes(let bytes)): org = bytes
        case (3, .bytes(let bytes)): tenant = bytes
        case (4, .bytes(let bytes)):
          if scopeCount == 0 { scopesStart = start }
          scopeCount += 1
          scopesEnd = bytes.upperBound
          if !isUTF8(span.extracting(bytes)) { scopesAreText = false }
        case (5, .varint(let revision)): minRevision = revision
        case (1...5, _): throw FieldReader.Malformed()
        default: continue
        }
      }
    } catch {
      throw Status(
        .invalidArgument, "BAD_PAYLOAD",
        "the payload is not a well-formed tokend.v1.ValidateRequest: see proto/tokend/v1")
    }
    guard isUTF8(span.extracting(token)) else { throw .notUTF8("token") }
    guard isUTF8(span.extracting(org)) else { throw .notUTF8("org_id") }
    guard isUTF8(span.extracting(tenant)) else { throw .notUTF8("tenant_id") }
    guard scopesAreText else { throw .notUTF8("required_scopes") }
    guard scopeCount <= Self.mostScopes else {
      throw Status(
        .invalidArgument, "TOO_MANY_SCOPES", field: "required_scopes",
        "required_scopes has \(scopeCount) entries; at most \(Self.mostScopes) are checked at once: ask for fewer")
    }
  }

  /// Where a walk over the required scopes stands.
  public struct ScopeWalk {
    @usableFromInline var reader: FieldReader

    @inlinable init(reader: FieldReader) { self.reader = reader }

    /// The next required scope, or nil at the end.
    @inlinable
    @inline(__always)
    package mutating func next(in span: Span<UInt8>) -> Range<Int>? {
      guard !reader.isAtEnd else { return nil }
      return reader.nextShortText(4, in: span) ?? nextOfAnyLength(in: span)
    }

    @usableFromInline
    mutating func nextOfAnyLength(in span: Span<UInt8>) -> Range<Int>? {
      // The message was read whole once, so it cannot be malformed now: the error would only end the walk.
      while let (number, value) = try? reader.next(in: span) {
        if number == 4, case .bytes(let bytes) = value { return bytes }
      }
      return nil
    }
  }

  @inlinable package var scopes: ScopeWalk { ScopeWalk(reader: FieldReader(scopesStart..<scopesEnd)) }

  /// Encodes a request: the client's side.
  package static func encode(
    token: Span<UInt8>, org: String, tenant: String, scopes: [String], minRevision: UInt64
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    // With room for all of it the array never moves, and leaves no copy of the token behind.
    bytes.reserveCapacity(
      token.count + org.utf8.count + tenant.utf8.count + scopes.reduce(64) { $0 + $1.utf8.count + 10 })
    func append(_ number: UInt8, _ text: Span<UInt8>) {
      bytes.append(number << 3 | 2)
      appendVarint(UInt64(text.count), to: &bytes)
      for index in 0..<text.count { bytes.append(text[index]) }
    }
    if token.count > 0 { append(1, token) }
    if !org.isEmpty { append(2, Array(org.utf8).span) }
    if !tenant.isEmpty { append(3, Array(tenant.utf8).span) }
    for scope in scopes { append(4, Array(scope.utf8).span) }
    if minRevision > 0 {
      bytes.append(5 << 3)
      appendVarint(minRevision, to: &bytes)
    }
    return bytes
  }
}

/// The parts of a reply that are the same for every answer about a token. They are encoded once, kept in the index
/// beside what they describe, and copied into replies.
package enum ValidateParts {
  /// token_id and token_name.
  package static func label(id: String, name: String) -> [UInt8] { field(3, id) + field(4, name) }

  /// The same, of texts in UTF-8, appended to `label`.
  package static func appendLabel(id: Span<UInt8>, name: Span<UInt8>, to label: inout [UInt8]) {
    append(3, id, to: &label)
    append(4, name, to: &label)
  }

  /// org_id and tenant_id.
  package static func binding(_ tenant: TenantName) -> [UInt8] { field(5, tenant.org) + field(6, tenant.tenant) }

  /// scopes.
  package static func scopes(_ scopes: [Scope]) -> [UInt8] { scopes.flatMap { field(7, $0.description) } }

  private static func field(_ number: UInt8, _ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    append(number, Array(text.utf8).span, to: &bytes)
    return bytes
  }

  private static func append(_ number: UInt8, _ text: Span<UInt8>, to bytes: inout [UInt8]) {
    bytes.append(number << 3 | 2)
    appendVarint(UInt64(text.count), to: &bytes)
    unsafe text.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }
}

/// The numbers of a ValidateResponse. Its texts come as ready-made parts.
public struct ValidateReply {
  @usableFromInline package var reason: Reason
  /// 0 for never, or if nothing is disclosed.
  @usableFromInline package var expiresAt: Int64
  @usableFromInline package var revision: UInt64

  @inlinable package init(reason: Reason, expiresAt: Int64, revision: UInt64) {
    self.reason = reason
    self.expiresAt = expiresAt
    self.revision = revision
  }

  /// The bytes of the message, given those of its ready-made parts and of its challenge.
  @inlinable
  @inline(__always)
  package func bytes(parts: Int, challenge: Int) -> Int {
    var bytes = 2 + 3 + parts
    if expiresAt != 0 { bytes += 1 + varintBytes(UInt64(bitPattern: expiresAt)) }
    if revision != 0 { bytes += 1 + varintBytes(revision) }
    if challenge > 0 { bytes += 1 + varintBytes(UInt64(challenge)) + challenge }
    return bytes
  }

  /// Appends reason and http_status. The ready-made parts, if any, come next, then `appendRest`.
  @inlinable
  @inline(__always)
  package func appendStart(to out: inout OutBuffer) {
    // 200 to 403: two bytes of varint.
    let status = UInt64(reason.httpStatus)
    out.append(
      low: 5,
      of: 1 << 3 | UInt64(reason.rawValue) << 8 | 2 << 19 | (status & 0x7F | 0x80) << 24 | (status >> 7) << 32)
  }

  /// Appends expires_at, revision and the head of www_authenticate, whose text comes next if it has any bytes.
  @inlinable
  @inline(__always)
  package func appendRest(challenge: Int, to out: inout OutBuffer) {
    if expiresAt != 0 {
      out.append(8 << 3)
      out.append(varint: UInt64(bitPattern: expiresAt))
    }
    if revision != 0 {
      out.append(9 << 3)
      out.append(varint: revision)
    }
    if challenge > 0 {
      out.append(10 << 3 | 2)
      out.append(varint: UInt64(challenge))
    }
  }
}

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

/// Appends `value` as a varint to an array.
func appendVarint(_ value: UInt64, to bytes: inout [UInt8]) {
  var rest = value
  while rest >= 0x80 {
    bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
    rest >>= 7
  }
  bytes.append(UInt8(truncatingIfNeeded: rest))
}
