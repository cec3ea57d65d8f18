// The client's end of a Unix socket: blocking, with a deadline on every call.

private import CLinux
private import Glibc

/// A connected stream socket whose sends and receives wait at most until a deadline.
package struct UnixStream: ~Copyable, Sendable {
  private let descriptor: Descriptor
  private let busyPoll: Duration

  /// Connects to the socket at `path`. Before a receive sleeps, it asks again and again for `busyPoll`.
  ///
  /// The system call is connect(2), which on a Unix socket does not wait unless the listener's queue is full (EAGAIN).
  package init(connectingTo path: String, busyPoll: Duration = .zero) throws(Errno) {
    let socket = Descriptor(owning: try check("socket") { clinux_unix_socket(1) })
    try check("connect") { unsafe clinux_unix_connect(socket.fd, path) }
    descriptor = socket
    self.busyPoll = busyPoll
  }

  /// Connects two sockets to each other: the one that is returned, and `far`, which is non-blocking. The system call is
  /// socketpair(2).
  package static func pair(far: (consuming sending Descriptor) throws(Errno) -> Void) throws(Errno) -> UnixStream {
    var ends = [Int32](repeating: -1, count: 2)
    try check("socketpair") { unsafe clinux_socket_pair(&ends) }
    let near = UnixStream(Descriptor(owning: ends[0]))
    try far(Descriptor(owning: ends[1]))
    return near
  }

  private init(_ connected: consuming Descriptor) {
    descriptor = connected
    busyPoll = .zero
  }

  /// Gives the connected socket, which is non-blocking, to a caller that waits by itself.
  package consuming func released() -> Descriptor { descriptor }

  /// The daemon's side, as the kernel attests it.
  package func peer() throws(Errno) -> PeerCredentials {
    try PeerCredentials(of: descriptor.fd)
  }

  /// Sends all of `bytes`.
  /// - Throws: ETIMEDOUT at the deadline, EPIPE if the peer has closed.
  package func send(_ bytes: Span<UInt8>, until deadline: ContinuousClock.Instant) throws(Errno) {
    var sent = 0
    while sent < bytes.count {
      switch try descriptor.send(bytes.extracting(sent..<bytes.count)) {
      case .bytes(let count): sent += count
      case .wouldBlock: try wait(for: Int16(POLLOUT), until: deadline)
      case .ended: throw Errno(EPIPE, in: "send")
      }
    }
  }

  /// Receives at least one byte into `buffer`; returns how many, 0 at the end of the stream.
  /// - Throws: ETIMEDOUT at the deadline.
  package func receive(
    into buffer: inout MutableSpan<UInt8>, until deadline: ContinuousClock.Instant
  ) throws(Errno) -> Int {
    let spin = busyPoll > .zero ? Spin(for: min(busyPoll, deadline - .now)) : nil
    while true {
      switch try descriptor.receive(into: &buffer) {
      case .bytes(let count): return count
      case .wouldBlock:
        if let spin, spin.goesOn() { continue }
        try wait(for: Int16(POLLIN), until: deadline)
      case .ended: return 0
      }
    }
  }

  /// Whether the peer has closed, or has said something unasked: either way the stream is not fit for a new call.
  package func isStale() -> Bool {
    var poll = pollfd(fd: descriptor.fd, events: Int16(POLLIN), revents: 0)
    return unsafe Glibc.poll(&poll, 1, 0) != 0
  }

  private func wait(for events: Int16, until deadline: ContinuousClock.Instant) throws(Errno) {
    let left = deadline - ContinuousClock.now
    guard left > .zero else { throw Errno(ETIMEDOUT, in: "poll") }
    let (seconds, attoseconds) = left.components
    // Rounded up, so that a wait never ends just before the deadline only to begin again.
    let milliseconds = min(seconds, 86_400) * 1000 + attoseconds / 1_000_000_000_000_000 + 1
    var poll = pollfd(fd: descriptor.fd, events: events, revents: 0)
    // EINTR and a time-out both lead back to the call that would have blocked, and so to the deadline above.
    _ = unsafe Glibc.poll(&poll, 1, Int32(milliseconds))
  }
}
