// The ten bytes before every message, and the bounds on what may follow them.

public import Tokens

/// A ttrpc frame header: u32be length, u32be stream id, u8 type, u8 flags.
public struct FrameHeader: Equatable, Sendable {
  /// The bytes of a header.
  @inlinable package static var bytes: Int { 10 }
  /// The most data bytes of a frame, inclusive.
  @inlinable package static var mostData: Int { 4 << 20 }
  /// From here on a length is not believed: the top byte of the field must be zero.
  package static let implausibleData = 1 << 24

  /// How many bytes of data follow.
  @usableFromInline package var dataBytes: Int
  /// The call's number on its connection: odd for a client's.
  @usableFromInline package var stream: UInt32
  @usableFromInline package var kind: Kind
  /// Of streaming calls, which there are none of here: written as 0, not looked at.
  @usableFromInline package var flags: UInt8

  /// What a frame is. Kinds that are not listed are ignored.
  public struct Kind: Equatable, Sendable {
    @usableFromInline package let rawValue: UInt8
    @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }

    @inlinable public static func == (left: Kind, right: Kind) -> Bool { left.rawValue == right.rawValue }

    @inlinable package static var request: Kind { Kind(rawValue: 1) }
    @inlinable package static var response: Kind { Kind(rawValue: 2) }
    @inlinable package static var data: Kind { Kind(rawValue: 3) }
  }

  @inlinable package init(dataBytes: Int, stream: UInt32, kind: Kind, flags: UInt8 = 0) {
    self.dataBytes = dataBytes
    self.stream = stream
    self.kind = kind
    self.flags = flags
  }

  /// The frame at the beginning of `range`, and where its data is, if all of it is there and a frame may be that large.
  @inlinable
  @inline(__always)
  package static func whole(in bytes: Span<UInt8>, _ range: Range<Int>) -> (header: FrameHeader, data: Range<Int>)? {
    guard range.count >= Self.bytes else { return nil }
    let start = range.lowerBound &+ Self.bytes
    let header = FrameHeader(decoding: bytes.extracting(range.lowerBound..<start))
    guard header.dataBytes <= min(mostData, range.upperBound &- start) else { return nil }
    return (header, start..<start &+ header.dataBytes)
  }

  /// Reads a header from the first ten of `bytes`.
  @inlinable
  @inline(__always)
  package init(decoding bytes: Span<UInt8>) {
    dataBytes = Int(UInt32(bigEndian: bytes.halfWord(at: 0)))
    stream = UInt32(bigEndian: bytes.halfWord(at: 4))
    kind = Kind(rawValue: bytes[8])
    flags = bytes[9]
  }
}
