// Streams of frames.

internal import Wire

/// The first byte says in what pieces the rest arrives: the frames are the same, and come in the same order, as if it came
/// at once. Those that came are the bytes that were sent, one frame after the other.
enum Frames: FuzzTarget {
  static let name = "frame"

  private enum Seen: Equatable {
    case frame(FrameHeader, [UInt8])
    case other(FrameBuffer.Next)
    case rest(Int)
  }

  static func play(_ input: [UInt8]) {
    guard let first = input.first else { return }
    let stream = Array(input.dropFirst())
    let pieces = read(stream, in: max(1, Int(first)))
    let whole = read(stream, in: max(1, stream.count))
    guard pieces == whole else { fatalError("in pieces \(pieces), at once \(whole): \(input)") }
    // Up to the first that is no frame. A header is the data's length, the stream, the kind and flags (PROTOCOL.md).
    var place = 0
    for case .frame(let header, let data) in whole.prefix(while: { if case .frame = $0 { true } else { false } }) {
      let written = stream[place..<min(place + 10, stream.count)]
      let length = written.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      let id = written.dropFirst(4).prefix(4).reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
      guard length == data.count, id == header.stream, place + 10 + length <= stream.count,
        Array(stream[place + 10..<place + 10 + length]) == data
      else { fatalError("\(header) is not what was sent: \(input)") }
      place += 10 + length
    }
  }

  private static func read(_ stream: [UInt8], in piece: Int) -> [Seen] {
    var buffer = FrameBuffer()
    var seen: [Seen] = []
    var place = 0
    while true {
      switch buffer.next() {
      case .frame(let header, let data):
        seen.append(.frame(header, [UInt8](copying: buffer.bytes.extracting(data))))
        guard header.dataBytes == data.count else { fatalError("\(header) with \(data.count) bytes") }
        continue
      case .implausible:
        seen.append(.other(.implausible))
        return seen
      case .incomplete:
        guard place < stream.count else {
          return seen + [.rest(buffer.held.count)]
        }
      case let other:
        seen.append(.other(other))
        continue
      }
      buffer.receive { span in
        let count = min(piece, span.count, stream.count - place)
        for index in 0..<count { span[index] = stream[place + index] }
        place += count
        return count
      }
    }
  }
}
