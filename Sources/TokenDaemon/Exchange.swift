// What one connection may do next, as a state machine without I/O: headers come in, actions come out.

internal import Wire

/// The streams of one connection. A call that is answered at once is never noted; one that waits for the journal is in
/// flight until it is answered.
struct Exchange {
  enum Action: Equatable {
    /// Read the request and answer it, or call `deferred`.
    case call
    case refuse(Status)
    case ignore
  }

  private var inFlight: Set<UInt32> = []
  /// The peer sends no more.
  private(set) var isInputEnded = false

  /// Nothing is owed to a peer that sends no more.
  var isFinished: Bool { isInputEnded && inFlight.isEmpty }
  var callsInFlight: Int { inFlight.count }
  /// Whether the peer may send more, and waits for nothing.
  var isIdle: Bool { !isInputEnded && inFlight.isEmpty }

  /// A whole frame has come in.
  func received(_ header: FrameHeader) -> Action {
    switch header.kind.rawValue {
    case FrameHeader.Kind.request.rawValue:
      if header.stream % 2 == 0 {
        return .refuse(
          Status(.invalidArgument, "EVEN_STREAM", "stream id \(header.stream) is even: a client's ids are odd"))
      }
      if !inFlight.isEmpty, inFlight.contains(header.stream) {
        return .refuse(
          Status(.invalidArgument, "STREAM_IN_FLIGHT", "stream id \(header.stream) is in flight already: use another"))
      }
      return .call
    case FrameHeader.Kind.data.rawValue:
      return .refuse(
        Status(
          .invalidArgument, "NO_STREAM", "stream \(header.stream) has no streaming call: every method here is unary"))
    default: return .ignore
    }
  }

  /// A frame is being passed over for `reason`.
  func receivedTooLarge(_ header: FrameHeader, _ reason: Status) -> Action {
    header.kind == .request || header.kind == .data ? .refuse(reason) : .ignore
  }

  /// A call is to wait for the journal.
  /// - Returns: the refusal if too many of this connection wait already.
  mutating func deferred(_ stream: UInt32) -> Status? {
    guard inFlight.count < Limits.callsInFlight else {
      return Status(
        .resourceExhausted, "TOO_MANY_CALLS",
        "\(Limits.callsInFlight) calls of this connection are in flight already: wait for an answer first")
    }
    inFlight.insert(stream)
    return nil
  }

  /// A deferred call has its answer.
  mutating func answered(_ stream: UInt32) { inFlight.remove(stream) }

  mutating func endedInput() { isInputEnded = true }
}

extension Status {
  static func frameTooLarge(_ bytes: Int) -> Status {
    Status(
      .resourceExhausted, "FRAME_TOO_LARGE", "the frame has \(bytes) bytes; at most 4 MiB are read: send less")
  }

  static let noMemory = Status(
    .resourceExhausted, "TOO_MANY_LARGE_FRAMES", "too many large frames are being read: try again, or send less")
}
