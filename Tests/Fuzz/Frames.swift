// Streams of frames.

internal import Wire

/// The first byte says in what pieces the rest arrives: the frames are the same as if it came at once.
enum Frames: FuzzTarget {
  static let name = "frame"

  private struct Seen: Equatable {
    var frames: [[UInt8]] = []
    var others: [FrameBuffer.Next] = []
    var rest = 0
  }

  static func play(_ input: [UInt8]) {
    guard let first = input.first else { return }
    let stream = Array(input.dropFirst())
    let pieces = read(stream, in: max(1, Int(first)))
    let whole = read(stream, in: max(1, stream.count))
    guard pieces == whole else { fatalError("in pieces \(pieces), at once \(whole): \(input)") }
  }

  private static func read(_ stream: [UInt8], in piece: Int) -> Seen {
    var buffer = FrameBuffer()
    var seen = Seen()
    var place = 0
    while true {
      switch buffer.next() {
      case .frame(let header, let data):
        seen.frames.append([UInt8](copying: buffer.bytes.extracting(data)))
        guard header.dataBytes == data.count else { fatalError("\(header) with \(data.count) bytes") }
        continue
      case .implausible:
        seen.others.append(.implausible)
        return seen
      case .incomplete:
        guard place < stream.count else {
          seen.rest = buffer.held.count
          return seen
        }
      case let other:
        seen.others.append(other)
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
