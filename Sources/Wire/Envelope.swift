// What ttrpc puts around a payload: the request's address, the response's status.

private import Tokens

/// The ttrpc Request message, decoded in place.
package struct RequestEnvelope {
  package private(set) var service: Range<Int>
  package private(set) var method: Range<Int>
  package private(set) var payload: Range<Int>
  /// How long the caller will wait, in nanoseconds from now; 0 for no bound.
  package private(set) var timeout: Int64 = 0
  /// Whether it calls tokend.v1.Validation/Validate, as nearly every request does.
  package private(set) var isValidate = false

  /// How an envelope begins that calls Validate, up to the tag of its payload, as every encoder writes it: field 1 with
  /// 20 bytes, "tokend.v1.Validation", field 2 with 8, "Validate". Compared as words (of little-endian machines; on others
  /// it matches nothing, and all is read field by field).
  private static let head: (UInt64, UInt64, UInt64, UInt64) = (
    0x646E_656B_6F74_140A, 0x696C_6156_2E31_762E, 0x0812_6E6F_6974_6164, 0x6574_6164_696C_6156
  )
  private static let headBytes = 32

  /// The payload of the envelope that fills `range` of `span`, if it calls Validate and its deadline has not passed; nil
  /// for whatever else it is, nonsense included.
  @inline(__always)
  package static func validatePayload(in span: Span<UInt8>, _ range: Range<Int>) -> Range<Int>? {
    let start = range.lowerBound
    guard range.count > headBytes, isHead(in: span, start) else { return nil }
    // Behind the head the tag of the payload and its length, of one byte or two, and behind the payload nothing, or how
    // long the caller will wait.
    if range.count > headBytes &+ 2, span[start &+ headBytes] == 3 << 3 | 2 {
      let low = span[start &+ headBytes &+ 1]
      let high = span[start &+ headBytes &+ 2]
      let isLong = low >= 0x80
      let payload = start &+ headBytes &+ (isLong ? 3 : 2)
      let count = isLong ? Int(low & 0x7F) | Int(high) << 7 : Int(low)
      let rest = range.upperBound &- payload &- count
      if rest >= 0, !isLong || high < 0x80, rest == 0 || isTimeout(in: span, payload &+ count..<range.upperBound) {
        return payload..<payload &+ count
      }
    }
    // Metadata, say.
    guard let envelope = try? RequestEnvelope(in: span, range), envelope.isValidate, envelope.timeout >= 0 else {
      return nil
    }
    return envelope.payload
  }

  /// Whether a range is field 4 and nothing else, and not negative: then its varint has nine bytes at most.
  @inline(__always)
  private static func isTimeout(in span: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard range.count >= 2, range.count <= 10, span[range.lowerBound] == 4 << 3 else { return false }
    let last = range.upperBound &- 1
    for place in range.lowerBound &+ 1..<last where span[place] < 0x80 { return false }
    return span[last] < 0x80
  }

  @inline(__always)
  private static func isHead(in span: Span<UInt8>, _ start: Int) -> Bool {
    span.word(at: start) == head.0 && span.word(at: start &+ 8) == head.1
      && span.word(at: start &+ 16) == head.2 && span.word(at: start &+ 24) == head.3
  }

  /// Reads the envelope that fills `range` of `span`. Fields that are not known, and metadata, are passed over.
  package init(in span: Span<UInt8>, _ range: Range<Int>) throws(Status) {
    service = range.lowerBound..<range.lowerBound
    method = service
    payload = service
    var reader = FieldReader(range)
    if range.count > Self.headBytes {
      let start = range.lowerBound
      isValidate = Self.isHead(in: span, start)
      if isValidate {
        service = start + 2..<start + 22
        method = start + 24..<start + 32
        reader = FieldReader(start + Self.headBytes..<range.upperBound)
      }
    }
    do throws(FieldReader.Malformed) {
      while let (number, value) = try reader.next(in: span) {
        switch (number, value) {
        // Of a field given twice the last counts.
        case (1, .bytes(let bytes)): (service, isValidate) = (bytes, false)
        case (2, .bytes(let bytes)): (method, isValidate) = (bytes, false)
        case (3, .bytes(let bytes)): payload = bytes
        case (4, .varint(let nanoseconds)): timeout = Int64(bitPattern: nanoseconds)
        case (1...3, _), (4, _): throw FieldReader.Malformed()
        default: continue
        }
      }
    } catch {
      throw Status(
        .invalidArgument, "BAD_ENVELOPE",
        "the ttrpc request envelope is not well-formed protobuf: see proto/PROTOCOL.md")
    }
    if isValidate { return }
    guard isUTF8(span.extracting(service)) else { throw .notUTF8("service") }
    guard isUTF8(span.extracting(method)) else { throw .notUTF8("method") }
  }

  /// Writes a whole request frame.
  package static func append(
    service: String, method: String, payload: Span<UInt8>, timeout: Int64, stream: UInt32, to out: inout OutBuffer
  ) {
    let service = Array(service.utf8)
    let method = Array(method.utf8)
    var bytes = 0
    for count in [service.count, method.count, payload.count] { bytes += 1 + varintBytes(UInt64(count)) + count }
    if timeout != 0 { bytes += 1 + varintBytes(UInt64(bitPattern: timeout)) }
    out.reserve(FrameHeader.bytes + bytes)
    out.append(FrameHeader(dataBytes: bytes, stream: stream, kind: .request))
    out.append(field: 1, service.span)
    out.append(field: 2, method.span)
    out.append(field: 3, payload)
    if timeout != 0 {
      out.append(4 << 3)
      out.append(varint: UInt64(bitPattern: timeout))
    }
  }
}

/// The ttrpc Response message.
public enum ResponseEnvelope {
  /// The most bytes of a status's message: it may quote what a peer has sent.
  private static let mostMessageBytes = 4096

  /// Writes a whole response frame for a call that failed. Its payload is empty: Go's client reads the payload before
  /// it looks at the status.
  package static func append(_ status: Status, stream: UInt32, to out: inout OutBuffer) {
    let message = Array(PrintableText.cut(status.message, to: mostMessageBytes).utf8)
    let detail = field(1, Array(status.reason.utf8)) + (status.field.isEmpty ? [] : field(2, Array(status.field.utf8)))
    let any = field(1, Array("type.googleapis.com/tokend.v1.ErrorDetail".utf8)) + field(2, detail)
    let inner = [1 << 3, UInt8(status.code.rawValue)] + field(2, message) + field(3, any)
    let whole = field(1, inner)
    out.reserve(FrameHeader.bytes + whole.count)
    out.append(FrameHeader(dataBytes: whole.count, stream: stream, kind: .response))
    out.append(whole.span)
  }

  /// Writes the header of a response frame, and of its payload field, for a call that succeeded; `payloadBytes` must be
  /// appended next, and space for them is reserved.
  @inlinable
  package static func open(payloadBytes: Int, stream: UInt32, to out: inout OutBuffer) {
    let bytes = payloadBytes == 0 ? 0 : 1 + varintBytes(UInt64(payloadBytes)) + payloadBytes
    out.reserve(FrameHeader.bytes + bytes)
    out.append(FrameHeader(dataBytes: bytes, stream: stream, kind: .response))
    if payloadBytes > 0 {
      out.append(2 << 3 | 2)
      out.append(varint: UInt64(payloadBytes))
    }
  }

  /// Writes a whole response frame with `payload`, or status 8 if it is more than a frame holds.
  package static func append(_ payload: Span<UInt8>, stream: UInt32, to out: inout OutBuffer) {
    guard payload.count <= FrameHeader.mostData - 8 else {
      return append(.replyTooLarge, stream: stream, to: &out)
    }
    open(payloadBytes: payload.count, stream: stream, to: &out)
    out.append(payload)
  }

  /// Reads a response: the range of its payload, or the status that it failed with.
  /// - Throws: FieldReader.Malformed if it is no response.
  package static func decode(
    in span: Span<UInt8>, _ range: Range<Int>
  ) throws(FieldReader.Malformed) -> Result<Range<Int>, Status> {
    var payload = range.lowerBound..<range.lowerBound
    var failure: Status?
    var reader = FieldReader(range)
    while let (number, value) = try reader.next(in: span) {
      switch (number, value) {
      case (1, .bytes(let bytes)): failure = try status(in: span, bytes)
      case (2, .bytes(let bytes)): payload = bytes
      default: continue
      }
    }
    return if let failure { .failure(failure) } else { .success(payload) }
  }

  /// Reads a google.rpc.Status; nil for OK. A code of a newer daemon is taken for `unknown`.
  private static func status(in span: Span<UInt8>, _ range: Range<Int>) throws(FieldReader.Malformed) -> Status? {
    var code: UInt64 = 0
    var message = ""
    var detail = (reason: "", field: "")
    var reader = FieldReader(range)
    while let (number, value) = try reader.next(in: span) {
      switch (number, value) {
      case (1, .varint(let number)): code = number
      case (2, .bytes(let bytes)): message = String(copying: span.extracting(bytes))
      case (3, .bytes(let bytes)): detail = try self.detail(in: span, bytes)
      default: continue
      }
    }
    if code == 0 { return nil }
    return Status(
      Status.Code(rawValue: UInt32(truncatingIfNeeded: code)) ?? .unknown, detail.reason, field: detail.field, message)
  }

  private static func detail(
    in span: Span<UInt8>, _ range: Range<Int>
  ) throws(FieldReader.Malformed) -> (reason: String, field: String) {
    var any = FieldReader(range)
    var reason = ""
    var field = ""
    while let (number, value) = try any.next(in: span) {
      guard number == 2, case .bytes(let bytes) = value else { continue }
      var reader = FieldReader(bytes)
      while let (number, value) = try reader.next(in: span) {
        guard case .bytes(let text) = value else { continue }
        if number == 1 { reason = String(copying: span.extracting(text)) }
        if number == 2 { field = String(copying: span.extracting(text)) }
      }
    }
    return (reason, field)
  }

  private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    var field = [number << 3 | 2]
    var rest = bytes.count
    while rest >= 0x80 {
      field.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    field.append(UInt8(rest))
    return field + bytes
  }
}

extension Status {
  /// A text of a request is none.
  package static func notUTF8(_ field: String) -> Status {
    Status(.invalidArgument, "NOT_UTF8", field: field, "\(field) is not valid UTF-8: send text")
  }

  static let replyTooLarge = Status(
    .resourceExhausted, "REPLY_TOO_LARGE", "the reply would exceed 4 MiB: ask for less at a time")
}
