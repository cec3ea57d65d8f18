// A reply of the administration socket, as far as all of them are alike.

import Wire

/// A whole response frame of a call that succeeded.
struct AdministrationReply {
  /// Of the frame.
  let bytes: Int
  /// Where the method's own message is.
  let payload: Range<Int>

  /// Reads the frame at `start`; nil if not all of it is there.
  /// - Throws: BenchFailure if the call failed.
  init?(in span: Span<UInt8>, _ start: Int, _ end: Int) throws {
    guard end - start >= FrameHeader.bytes else { return nil }
    let header = FrameHeader(decoding: span.extracting(start..<start + FrameHeader.bytes))
    bytes = FrameHeader.bytes + header.dataBytes
    guard end - start >= bytes else { return nil }
    switch try ResponseEnvelope.decode(in: span, start + FrameHeader.bytes..<start + bytes) {
    case .success(let payload): self.payload = payload
    case .failure(let status): throw BenchFailure("\(status.reason): \(status.message)")
    }
  }
}
