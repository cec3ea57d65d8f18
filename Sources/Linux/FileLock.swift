// A lock file: whoever holds it owns what it stands for.

private import Glibc

/// An exclusive flock(2) on a file that bears the holder's process number. The kernel drops it when the holder ends,
/// however it ends.
package final class FileLock: Sendable {
  private let descriptor: Descriptor

  /// Why the lock is not held.
  package enum Failure: Error {
    /// Process `pid` holds it (0 if the file does not say).
    case held(pid: Int32)
    case system(Errno)
  }

  /// Locks a file that is made if it is not there, and says in it who holds it.
  package init(at path: String) throws(Failure) {
    let opened = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard opened >= 0 else { throw .system(.last(in: "open")) }
    descriptor = try Self.lock(Descriptor(owning: opened))
    sayWhoHoldsIt()
  }

  /// Locks a file that is there. It may lie where nothing can be written: then it does not say who holds it.
  package init(existingAt path: String) throws(Failure) {
    var opened = unsafe open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
    if opened < 0 { opened = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }
    guard opened >= 0 else { throw .system(.last(in: "open")) }
    descriptor = try Self.lock(Descriptor(owning: opened))
    sayWhoHoldsIt()
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
