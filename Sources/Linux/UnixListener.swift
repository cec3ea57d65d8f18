// A listening Unix socket, made here or passed in.

private import CLinux
private import Glibc

/// A non-blocking listening socket at a path. One that was made here removes its file when it is closed; one that was
/// passed in (by systemd) leaves it.
package struct UnixListener: ~Copyable, Sendable {
  package let fd: Int32
  /// The path it is bound to; empty if a passed socket has none.
  package let path: String
  /// Whether it was made here; if not, it stays when this one is closed.
  package let isOwn: Bool

  /// Why a listener could not be had.
  package enum Failure: Error, CustomStringConvertible {
    /// Another process answers at the path.
    case inUse(path: String)
    /// Something that is not a socket stands at the path.
    case notASocket(path: String)
    /// The path has more bytes than the kernel takes.
    case tooLong(path: String, most: Int)
    /// A descriptor passed in is not a listening Unix stream socket.
    case notAListener(fd: Int32)
    case system(Errno, path: String)

    package var description: String {
      switch self {
      case .inUse(let path): "\(path): another process is listening there"
      case .notASocket(let path): "\(path): exists and is not a socket; remove it or choose another path"
      case .tooLong(let path, let most): "\(path): a socket's path has at most \(most) bytes"
      case .notAListener(let fd): "descriptor \(fd) is not a listening Unix stream socket"
      case .system(let error, let path): "\(path): \(error)"
      }
    }
  }

  /// Binds and listens at `path` with mode 0660 and, if given, `group`. A socket that a dead process left there is
  /// replaced; a live one is an error.
  ///
  /// The system calls are bind(2) and listen(2). The file is made under another name and renamed, so that it never
  /// stands at `path` with the wrong mode or group, or refusing.
  package init(at path: String, group: UInt32?) throws(Failure) {
    let most = Int(clinux_unix_path_bytes()) - UnixListener.suffix.utf8.count
    guard path.utf8.count <= most else { throw .tooLong(path: path, most: most) }
    try UnixListener.clear(path)
    let temporary = path + UnixListener.suffix
    try UnixListener.clear(temporary)
    do throws(Errno) {
      fd = try UnixListener.bind(temporary, renamedTo: path, group: group)
    } catch {
      _ = unsafe unlink(temporary)
      throw .system(error, path: path)
    }
    self.path = path
    isOwn = true
  }

  /// Takes over a listening socket that was passed in.
  package init(adopting fd: Int32) throws(Failure) {
    guard clinux_is_unix_listener(fd) == 1 else { throw .notAListener(fd: fd) }
    let flags = fcntl(fd, F_GETFL)
    _ = fcntl(fd, F_SETFL, flags | O_NONBLOCK)
    var bytes = [CChar](repeating: 0, count: 128)
    let count = unsafe clinux_unix_path(fd, &bytes, 128)
    self.fd = fd
    path = count > 0 ? String(decoding: bytes.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
    isOwn = false
  }

  deinit {
    if isOwn { _ = unsafe unlink(path) }
    _ = close(fd)
  }

  /// The group that owns the socket's file: its members may connect.
  package func group() throws(Errno) -> UInt32 {
    var group: UInt32 = 0
    try check("stat") { unsafe clinux_file_group(path, &group) }
    return group
  }

  /// One waiting connection, or nil if there is none.
  ///
  /// The system call is accept4(2). A peer that has gone before it was accepted is passed over.
  package func accept() throws(Errno) -> Descriptor? {
    while true {
      let accepted = clinux_accept(fd)
      if accepted >= 0 { return Descriptor(owning: accepted) }
      switch errno {
      // EINVAL: it has been shut, and nobody is waiting.
      case EAGAIN, EINVAL: return nil
      case EINTR, ECONNABORTED: continue
      case let number: throw Errno(number, in: "accept4")
      }
    }
  }

  /// Lets nobody connect any more (ECONNREFUSED); those who are waiting can still be accepted. A socket that was passed
  /// in stays open for whoever is started next. The system call is shutdown(2).
  package func shut() {
    if isOwn { _ = shutdown(fd, Int32(SHUT_RDWR)) }
  }

  private static let suffix = ".new"

  private static func bind(_ temporary: String, renamedTo path: String, group: UInt32?) throws(Errno) -> Int32 {
    let descriptor = Descriptor(owning: try check("socket") { clinux_unix_socket(1) })
    try check("bind") { unsafe clinux_unix_bind(descriptor.fd, temporary) }
    if let group { try check("chown") { unsafe chown(temporary, uid_t.max, group) } }
    try check("chmod") { unsafe chmod(temporary, 0o660) }
    try check("listen") { listen(descriptor.fd, 4096) }
    try check("rename") { unsafe rename(temporary, path) }
    return descriptor.release()
  }

  /// Removes a socket that nobody answers at.
  private static func clear(_ path: String) throws(Failure) {
    var file = stat()
    guard unsafe lstat(path, &file) == 0 else { return }
    guard file.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
    do throws(Errno) {
      _ = try UnixStream(connectingTo: path)
    } catch {
      switch error.number {
      case ECONNREFUSED, ENOENT:
        _ = unsafe unlink(path)
        return
      default: throw .system(error, path: path)
      }
    }
    throw .inUse(path: path)
  }
}
