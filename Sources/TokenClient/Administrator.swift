// Administration calls, for tokend-client.

package import Wire

/// Calls the administration services over the administration socket.
package struct Administrator: Sendable {
  private let channel: Channel
  private let timeout: Duration

  package init(socket: String, timeout: Duration) {
    channel = Channel(path: socket)
    self.timeout = timeout
  }

  /// Calls one of `Methods`.
  package func call<Request, Reply>(
    _ method: Method<Request, Reply>, _ request: Request
  ) throws(Channel.Failure) -> Reply {
    let bytes = try channel.call(
      method.service, method.name, request.encoded(), isChange: method.isChange, within: timeout)
    do throws(Status) {
      return try Reply(decoding: bytes.span, 0..<bytes.count)
    } catch {
      let why = "the daemon's reply could not be read: \(error.message)"
      throw method.isChange ? .outcomeUnknown(why) : .unavailable(why)
    }
  }
}
