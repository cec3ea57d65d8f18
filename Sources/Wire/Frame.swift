// The ten bytes before every message, and the bounds on what may follow them.

private import Tokens

/// A ttrpc frame header: u32be length, u32be stream id, u8 type, u8 flags.
package struct FrameHeader: Equatable, Sendable {
  package static let bytes = 10
  /// The most data bytes of a frame, inclusive.
  package static let mostData = 4 << 20
  /// From here on a length is not believed: the top byte of the field must be zero.
  package static let implausibleData = 1 << 24

  package var dataBytes: Int
  package var stream: UInt32
  package var kind: Kind
  package var flags: UInt8

  /// What a frame is. Kinds that are not listed are ignored.
  package struct Kind: RawRepresentable, Equatable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let request = Kind(rawValue: 1)
    package static let response = Kind(rawValue: 2)
    package static let data = Kind(rawValue: 3)
  }

  package init(dataBytes: Int, stream: UInt32, kind: Kind, flags: UInt8 = 0) {
    self.dataBytes = dataBytes
    self.stream = stream
    self.kind = kind
    self.flags = flags
  }

  /// The frame at the beginning of `range`, and where its data is, if all of it is there and a frame may be that large.
  @inline(__always)
  package static func whole(in bytes: Span<UInt8>, _ range: Range<Int>) -> (header: FrameHeader, data: Range<Int>)? {
    guard range.count >= Self.bytes else { return nil }
    let start = range.lowerBound &+ Self.bytes
    let header = FrameHeader(decoding: bytes.extracting(range.lowerBound..<start))
    guard header.dataBytes <= min(mostData, range.upperBound &- start) else { return nil }
    return (header, start..<start &+ header.dataBytes)
  }

  /// Reads a header from the first ten of `bytes`.
  @inline(__always)
  package init(decoding bytes: Span<UInt8>) {
    dataBytes = Int(UInt32(bigEndian: bytes.halfWord(at: 0)))
    stream = UInt32(bigEndian: bytes.halfWord(at: 4))
    kind = Kind(rawValue: bytes[8])
    flags = bytes[9]
  }
}
