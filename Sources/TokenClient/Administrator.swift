// Administration calls, for tokend-client.

private import Tokens
package import Wire

/// Calls the administration services over the administration socket.
package struct Administrator: Sendable {
  private let channel: Channel
  private let timeout: Duration

  package init(socket: String, timeout: Duration) {
    channel = Channel(path: socket, busyPoll: .zero)
    self.timeout = timeout
  }

  /// Calls one of `Methods`.
  package func call<Request, Reply>(
    _ method: Method<Request, Reply>, _ request: Request
  ) throws(Channel.Failure) -> Reply {
    // Either may bear a token.
    var sent = request.encoded()
    defer { wipe(&sent) }
    var bytes = try channel.call(method.service, method.name, sent, isChange: method.isChange, within: timeout)
    defer { wipe(&bytes) }
    do throws(Status) {
      return try Reply(decoding: bytes.span, 0..<bytes.count)
    } catch {
      let why = "the daemon's reply could not be read: \(error.message)"
      throw method.isChange ? .outcomeUnknown(why) : .unavailable(why)
    }
  }
}
