// An open file descriptor with one owner, who closes it by going away.

private import Glibc

/// Owns an open file descriptor and closes it at the end of its life. Reads and writes are the socket calls of a stream.
package struct Descriptor: ~Copyable, Sendable {
  /// The number, for calls made beside this type. It stays open only as long as this value lives.
  package let fd: Int32

  /// Takes over `fd`, which the caller must not close.
  package init(owning fd: Int32) {
    self.fd = fd
  }

  deinit {
    // The system call is close(2). Its error says nothing that could be done better.
    _ = close(fd)
  }

  /// Gives the number away: whoever takes it closes it.
  package consuming func release() -> Int32 {
    let fd = self.fd
    discard self
    return fd
  }

  /// What a receive or a send on a non-blocking socket came to.
  package enum Progress: Equatable {
    /// So many bytes went; at least one.
    case bytes(Int)
    /// Nothing can go now (EAGAIN).
    case wouldBlock
    /// The peer has closed, or the connection is broken.
    case ended
  }

  /// Receives what is there into `buffer`, which must not be empty, without waiting, whatever the socket is set to. No
  /// ancillary data is taken, so a peer that passes descriptors has them closed by the kernel.
  ///
  /// The system call is recv(2).
  package borrowing func receive(into buffer: inout MutableSpan<UInt8>) throws(Errno) -> Progress {
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe recv(fd, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT))
    }
    return try progress(count, of: "recv")
  }

  /// Sends what the socket takes of `bytes`, which must not be empty, without waiting and without SIGPIPE.
  ///
  /// The system call is send(2).
  package borrowing func send(_ bytes: Span<UInt8>) throws(Errno) -> Progress {
    let count = unsafe bytes.withUnsafeBytes { bytes in
      unsafe Glibc.send(fd, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }
    return try progress(count, of: "send")
  }

  private borrowing func progress(_ count: Int, of call: String) throws(Errno) -> Progress {
    if count > 0 { return .bytes(count) }
    if count == 0 { return .ended }
    switch errno {
    case EAGAIN, EINTR: return .wouldBlock
    case ECONNRESET, EPIPE, ETIMEDOUT: return .ended
    case let number: throw Errno(number, in: call)
    }
  }
}
