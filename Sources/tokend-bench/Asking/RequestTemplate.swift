// A request that was made once, to be sent often.

import Wire

/// The bytes of a request, cut where what differs from one to the next stands.
struct RequestTemplate {
  /// That of a ttrpc frame, which is written with another stream id each time.
  let header: FrameHeader?
  /// What stands before, between and behind what differs.
  let pieces: [[UInt8]]
  /// Of the whole request.
  let bytes: Int

  /// - Parameter placeholder: what stands where requests differ.
  init(_ request: [UInt8], cutAt placeholder: [UInt8], isFramed: Bool) {
    bytes = request.count
    header = isFramed ? FrameHeader(decoding: request.span) : nil
    let body = isFramed ? Array(request.dropFirst(FrameHeader.bytes)) : request
    var pieces: [[UInt8]] = []
    var from = 0
    var at = 0
    while at + placeholder.count <= body.count {
      if Array(body[at..<at + placeholder.count]) == placeholder {
        pieces.append(Array(body[from..<at]))
        at += placeholder.count
        from = at
      } else {
        at += 1
      }
    }
    self.pieces = pieces + [Array(body[from...])]
  }

  /// A call of an administration method, cut at a text of its request.
  init<Request, Reply>(_ method: Method<Request, Reply>, _ request: Request, cutAt placeholder: String) {
    var frame = OutBuffer()
    RequestEnvelope.append(
      service: method.service, method: method.name, payload: request.encoded().span, timeout: BenchContext.timeout,
      stream: 1, to: &frame)
    self.init(Array(copying: frame.pending), cutAt: Array(placeholder.utf8), isFramed: true)
  }

  /// Writes a request that was cut at one place, with `text`, as long as the placeholder was, there.
  func append(_ text: Span<UInt8>, stream: UInt32, to out: inout OutBuffer) {
    out.reserve(bytes)
    if let header { out.append(FrameHeader(dataBytes: header.dataBytes, stream: stream, kind: header.kind)) }
    let (head, tail) = (pieces[0], pieces[1])
    out.append(head.span)
    out.append(text)
    out.append(tail.span)
  }
}
