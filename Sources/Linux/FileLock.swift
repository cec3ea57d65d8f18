// Locks on files, that the kernel drops when their holder ends, however it ends.

private import CLinux
private import Glibc

/// A lock on a file: an exclusive flock(2) on one that bears the holder's process number, or a share in a part of one.
package final class FileLock: Sendable {
  private let descriptor: Descriptor

  /// Why the lock is not held.
  package enum Failure: Error {
    /// Process `pid` holds it (0 if that can't be told).
    case held(pid: Int32)
    case system(Errno)
  }

  /// Locks a file that is made if it is not there, and says in it who holds it.
  /// - Throws: who holds it, or what open(2) or flock(2) say.
  package init(at path: String) throws(Failure) {
    let opened = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard opened >= 0 else { throw .system(.last(in: "open")) }
    descriptor = try Self.lock(Descriptor(owning: opened))
    sayWhoHoldsIt()
  }

  /// Shares a part of a file that is there with others who only read it, against whoever locks it to write. The call is
  /// fcntl(2), with locks of open file descriptions, which keep out those of processes too.
  /// - Throws: who has locked it to write, or what open(2) or fcntl(2) say.
  package init(sharing bytes: Range<Int64>, of path: String) throws(Failure) {
    let opened = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard opened >= 0 else { throw .system(.last(in: "open")) }
    let file = Descriptor(owning: opened)
    if clinux_lock_shared(file.fd, bytes.lowerBound, Int64(bytes.count)) != 0 {
      let error = Errno.last(in: "fcntl")
      guard error.number == EAGAIN || error.number == EACCES else { throw .system(error) }
      throw .held(pid: max(0, clinux_lock_holder(file.fd, bytes.lowerBound, Int64(bytes.count))))
    }
    descriptor = file
  }

  /// The number only serves a message: a full disk must not keep the daemon from starting.
  private func sayWhoHoldsIt() {
    let pid = Array(String(getpid()).utf8)
    _ = ftruncate(descriptor.fd, 0)
    _ = unsafe pwrite(descriptor.fd, pid, pid.count, 0)
  }

  private static func lock(_ descriptor: consuming Descriptor) throws(Failure) -> Descriptor {
    if flock(descriptor.fd, LOCK_EX | LOCK_NB) != 0 {
      if errno != EWOULDBLOCK { throw .system(.last(in: "flock")) }
      var text = [UInt8](repeating: 0, count: 16)
      let count = unsafe read(descriptor.fd, &text, 15)
      throw .held(pid: Int32(String(decoding: text.prefix(max(count, 0)), as: UTF8.self)) ?? 0)
    }
    return descriptor
  }
}
