// Whether every worker still answers: what the watchdog is told goes by it.

internal import Linux
internal import Tokens
private import Wire

/// Asks each worker, over a connection like any peer's, about a token that was never issued. It goes through the poller,
/// the decoder, the index and back, so that a worker that hangs anywhere on this way is found.
struct SelfCheck: ~Copyable {
  private let streams: [Line]
  private let ports: [WorkerPort]
  private let payload: [UInt8]
  private var number: UInt32 = 1

  /// The check's end of a connection to one worker.
  private final class Line: Sendable {
    let stream: UnixStream
    init(_ stream: consuming UnixStream) { self.stream = stream }
  }

  /// Connects to the workers of `ports`.
  /// - Parameter token: well-formed, and never issued.
  init(_ ports: [WorkerPort], token: borrowing Secret) throws(Errno) {
    var streams: [Line] = []
    for port in ports {
      let near = try UnixStream.pair { far in
        _ = port.newcomers.put(Newcomer(far, through: .validation, isOwn: true))
      }
      streams.append(Line(near))
    }
    self.streams = streams
    self.ports = ports
    payload = token.reveal {
      ValidateRequest.encode(token: $0, org: "tokend", tenant: "watchdog", scopes: [], minRevision: 0)
    }
  }

  /// Asks them all.
  /// - Returns: the number of a worker that did not answer as it should within `time`; nil if all did.
  mutating func failing(within time: Duration) -> Int? {
    let deadline = ContinuousClock.now + time
    number = number > .max - 2 ? 1 : number + 2
    var request = OutBuffer()
    RequestEnvelope.append(
      service: "tokend.v1.Validation", method: "Validate", payload: payload.span, timeout: 0, stream: number,
      to: &request)
    for (worker, line) in streams.enumerated() {
      do throws(Errno) {
        try line.stream.send(request.pending, until: deadline)
        // However many peers are before it: a worker that is busy is not one that hangs.
        ports[worker].ask()
        guard try Self.isUnknown(line.stream, number, deadline) else { return worker }
      } catch {
        return worker
      }
    }
    return nil
  }

  /// Whether the reply is the right one. A policy may keep the daemon's own user from asking, which is an answer too.
  private static func isUnknown(
    _ stream: borrowing UnixStream, _ number: UInt32, _ deadline: ContinuousClock.Instant
  ) throws(Errno) -> Bool {
    var input = FrameBuffer()
    while true {
      switch input.next() {
      case .frame(let header, let data):
        // One of a check that was given up.
        guard header.stream == number else { continue }
        guard let reply = try? ResponseEnvelope.decode(in: input.bytes, data) else { return false }
        switch reply {
        case .success(let payload):
          let verdict = try? ValidateResponse(in: input.bytes, payload)
          return verdict?.reason == UInt64(Reason.unknown.rawValue)
        case .failure(let status): return status.code == .permissionDenied
        }
      case .incomplete: break
      case .oversized, .unaffordable, .implausible: return false
      }
      var count = 0
      try input.receive { (span: inout MutableSpan<UInt8>) throws(Errno) in
        count = try stream.receive(into: &span, until: deadline)
        return count
      }
      if count == 0 { return false }
    }
  }
}
