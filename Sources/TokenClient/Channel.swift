// One connection to the daemon, made when it is needed and again when it has broken.

private import Linux
private import Synchronization
package import Wire

/// Calls the daemon, one call at a time; threads that share a channel wait for each other.
package final class Channel: Sendable {
  package let path: String
  private let busyPoll: Duration
  private let held = Mutex(Held())

  private struct Held: ~Copyable {
    var stream: UnixStream?
    var nextID: UInt32 = 1
  }

  /// Why there is no reply.
  package enum Failure: Error, Equatable, CustomStringConvertible {
    /// The daemon answered with a status: it did nothing, unless that says that the outcome is unknown.
    case status(Status)
    /// The daemon was not reached, or did not answer a question: nothing was changed.
    case unavailable(String)
    /// Nobody answers at the socket: nothing was changed.
    case notListening(String)
    /// The caller may not connect.
    case notPermitted(String)
    /// A change was sent and no answer came: whether it was made is not known.
    case outcomeUnknown(String)

    /// Whether a change may have been made: no answer came, or the daemon does not know. Every other failure is its word
    /// that nothing was changed.
    package var isOutcomeUnknown: Bool {
      switch self {
      case .outcomeUnknown: true
      case .status(let status): status.isOutcomeUnknown
      case .unavailable, .notListening, .notPermitted: false
      }
    }

    package var description: String {
      switch self {
      case .status(let status): "\(status.reason): \(status.message)"
      case .unavailable(let why), .notListening(let why), .notPermitted(let why), .outcomeUnknown(let why): why
      }
    }
  }

  /// - Parameter busyPoll: how long a call asks again and again for its reply before it sleeps; zero for not at all.
  package init(path: String, busyPoll: Duration) {
    self.path = path
    self.busyPoll = busyPoll
  }

  /// Sends a request and waits for its reply.
  /// - Parameters:
  ///   - isChange: whether the method changes anything. A call that does not is sent once more if the connection breaks.
  package func call(
    _ service: String, _ method: String, _ payload: [UInt8], isChange: Bool, within time: Duration
  ) throws(Failure) -> [UInt8] {
    let deadline = ContinuousClock.now + time
    let result: Result<[UInt8], Failure> = held.withLock { held in
      if held.stream?.isStale() ?? false { held.stream = nil }
      let isOld = held.stream != nil
      var result = attempt(&held, service, method, payload, isChange, deadline)
      // Only a connection from before may have broken for a reason that a new one mends, such as a restart.
      if case .failure(.unavailable) = result, isOld, !isChange, deadline > ContinuousClock.now {
        result = attempt(&held, service, method, payload, isChange, deadline)
      }
      return result
    }
    return try result.get()
  }

  private func attempt(
    _ held: inout Held, _ service: String, _ method: String, _ payload: [UInt8], _ isChange: Bool,
    _ deadline: ContinuousClock.Instant
  ) -> Result<[UInt8], Failure> {
    do throws(Failure) {
      if held.stream == nil { held.stream = try connect(until: deadline) }
      let id = held.nextID
      held.nextID = id > .max - 2 ? 1 : id + 2
      guard let stream = held.stream.take() else { return .failure(.unavailable("no connection")) }
      do throws(Errno) {
        try Self.send(stream, service, method, payload, id, deadline)
      } catch {
        // The daemon acts on whole frames only, and this one was not sent whole.
        return .failure(.unavailable("the connection broke while the request was sent: \(error.text)"))
      }
      do throws(Errno) {
        let reply = try Self.receive(stream, id, deadline)
        // Only a stream on which the last call ended in order is used again.
        held.stream = consume stream
        return reply
      } catch {
        let why = error.text
        return .failure(isChange ? .outcomeUnknown("no answer came: \(why)") : .unavailable("no answer came: \(why)"))
      }
    } catch {
      return .failure(error)
    }
  }

  private func connect(until deadline: ContinuousClock.Instant) throws(Failure) -> UnixStream {
    do throws(Errno) {
      while true {
        do throws(Errno) {
          return try UnixStream(connectingTo: path, busyPoll: busyPoll)
        } catch {
          // As many wait to be let in as may: there is nothing to wait on, a place comes free within moments.
          guard error.isWouldBlock, deadline > .now else { throw error }
          System.pause(milliseconds: 1)
        }
      }
    } catch {
      if error.isPermission {
        throw .notPermitted("\(path): you may not connect: ask to be added to the socket's group")
      }
      throw .notListening("\(path): tokend is not listening there (\(error.text))")
    }
  }

  private static func send(
    _ stream: borrowing UnixStream, _ service: String, _ method: String, _ payload: [UInt8], _ id: UInt32,
    _ deadline: ContinuousClock.Instant
  ) throws(Errno) {
    let left = (deadline - ContinuousClock.now).components
    let nanoseconds = max(1, min(left.seconds, 1 << 32) * 1_000_000_000 + left.attoseconds / 1_000_000_000)
    var out = OutBuffer()
    RequestEnvelope.append(
      service: service, method: method, payload: payload.span, timeout: nanoseconds, stream: id, to: &out)
    try stream.send(out.pending, until: deadline)
    // Overwrites the request, which may bear a token.
    out.sent(out.pendingBytes)
  }

  private static func receive(
    _ stream: borrowing UnixStream, _ id: UInt32, _ deadline: ContinuousClock.Instant
  ) throws(Errno) -> Result<[UInt8], Failure> {
    var input = FrameBuffer()
    while true {
      switch input.next() {
      case .frame(let header, let data):
        guard header.kind == .response, header.stream == id else { continue }
        let span = input.bytes
        do throws(FieldReader.Malformed) {
          switch try ResponseEnvelope.decode(in: span, data) {
          case .success(let payload): return .success(Array(copying: span.extracting(payload)))
          case .failure(let status): return .failure(.status(status))
          }
        } catch {
          throw .brokenProtocol
        }
      case .incomplete: break
      case .oversized, .unaffordable, .implausible: throw .brokenProtocol
      }
      var count = 0
      try input.receive { (span: inout MutableSpan<UInt8>) throws(Errno) in
        count = try stream.receive(into: &span, until: deadline)
        return count
      }
      if count == 0 { throw .connectionClosed }
    }
  }
}
