// Validate's request: decoded where it was received. Nothing here allocates unless the request is refused. Tests hold it
// against libprotobuf-c.

private import Tokens

/// A ValidateRequest, as ranges of the span it was received in.
public struct ValidateRequest {
  /// The most required scopes of one request.
  package static let mostScopes = 64

  /// Empty if the request has none; so are the next two.
  package private(set) var token: Range<Int>
  package private(set) var org: Range<Int>
  package private(set) var tenant: Range<Int>
  /// The revision that the verdict must have seen; 0 for any.
  package private(set) var minRevision: UInt64 = 0
  /// How many scopes are required, repeated ones included: at most `mostScopes`.
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
