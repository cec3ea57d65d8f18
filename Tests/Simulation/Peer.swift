// A client's connection, whose bytes go and come in the pieces that a schedule gives.

import Linux
import Tokens
import Wire

/// The client's end of one connection to a simulated daemon.
struct Peer: ~Copyable {
  private let descriptor: Descriptor
  private var output = OutBuffer()
  private var input = FrameBuffer()

  /// - Throws: if nobody listens.
  init(connectingTo path: String) throws(Errno) {
    descriptor = try UnixStream(connectingTo: path).released()
  }

  /// Whether a request, or part of one, has not been sent yet.
  var hasUnsent: Bool { output.pendingBytes > 0 }

  /// Puts a call where it waits to be sent.
  /// - Parameter isLate: whether its deadline, a nanosecond, has passed by the time that it is read.
  mutating func call<Request: Message, Reply>(
    _ method: Method<Request, Reply>, _ request: Request, stream: UInt32, isLate: Bool
  ) {
    RequestEnvelope.append(
      service: method.service, method: method.name, payload: request.encoded().span, timeout: isLate ? 1 : 0,
      stream: stream, to: &output)
  }

  mutating func validate(_ payload: [UInt8], stream: UInt32) {
    RequestEnvelope.append(
      service: "tokend.v1.Validation", method: "Validate", payload: payload.span, timeout: 0, stream: stream,
      to: &output)
  }

  /// Sends at most `most` of what waits.
  /// - Returns: how many bytes went; nil if the connection has broken.
  mutating func send(most: Int) -> Int? {
    let count = min(most, output.pendingBytes)
    guard count > 0 else { return 0 }
    guard let progress = try? descriptor.send(output.pending.extracting(0..<count)) else { return nil }
    switch progress {
    case .bytes(let sent):
      output.sent(sent)
      return sent
    case .wouldBlock: return 0
    case .ended: return nil
    }
  }

  enum Received {
    case reply(stream: UInt32, Result<[UInt8], Status>)
    /// What was received makes no whole reply, or nothing was.
    case nothing
    /// The daemon has closed the connection, or what it sent makes no sense.
    case ended(why: String)
  }

  /// Receives at most `most` bytes unless a whole reply is there, and gives the next reply.
  mutating func receive(most: Int, _ trace: inout Trace) -> Received {
    if let reply = next(&trace) { return reply }
    var isEnd = false
    do throws(Errno) {
      try input.receive { (span: inout MutableSpan<UInt8>) throws(Errno) in
        var part = span._mutatingExtracting(0..<min(most, span.count))
        switch try descriptor.receive(into: &part) {
        case .bytes(let count): return count
        case .wouldBlock: return 0
        case .ended:
          isEnd = true
          return 0
        }
      }
    } catch {
      return .ended(why: "")
    }
    return next(&trace) ?? (isEnd ? .ended(why: "") : .nothing)
  }

  private mutating func next(_ trace: inout Trace) -> Received? {
    guard case .frame(let header, let data) = input.next() else { return nil }
    let span = input.bytes
    trace.add(span.extracting(data))
    guard header.kind == .response else { return .ended(why: "a frame that is no response") }
    do throws(FieldReader.Malformed) {
      switch try ResponseEnvelope.decode(in: span, data) {
      case .success(let payload):
        var bytes: [UInt8] = []
        for index in payload { bytes.append(span[index]) }
        return .reply(stream: header.stream, .success(bytes))
      case .failure(let status): return .reply(stream: header.stream, .failure(status))
      }
    } catch {
      return .ended(why: "a response that can't be read")
    }
  }
}
