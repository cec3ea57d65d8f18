// Disk space that a file holds, so that it is there when it is needed.

private import Glibc

/// A file whose only use is the space that it takes.
package struct ReservedFile: ~Copyable {
  private let descriptor: Descriptor
  /// How many bytes it holds.
  package private(set) var bytes: Int64

  /// Opens the file at `path`.
  /// - Parameter makingIt: whether it is made if it is not there, readable for nobody else.
  /// - Throws: what open(2) says.
  package init(at path: String, makingIt: Bool) throws(Errno) {
    let flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | (makingIt ? O_CREAT : 0)
    let descriptor = Descriptor(owning: try check("open") { unsafe open(path, flags, 0o600) })
    var file = stat()
    let fd = descriptor.fd
    try check("fstat") { unsafe fstat(fd, &file) }
    self.descriptor = descriptor
    // A file with holes says more than it holds: what it was left with is looked at as nothing, and filled again.
    bytes = Int64(file.st_blocks) * 512 >= Int64(file.st_size) ? Int64(file.st_size) : 0
  }

  /// Has it hold so many bytes, or as many as before if there is no room. The call is posix_fallocate(3).
  /// - Throws: ENOSPC, or EDQUOT, or whatever else the file system says.
  package mutating func grow(to bytes: Int64) throws(Errno) {
    guard self.bytes < bytes else { return }
    let error = posix_fallocate(descriptor.fd, 0, off_t(bytes))
    guard error == 0 else {
      // Of what it was given before the room ended it keeps nothing: that would be missing elsewhere.
      try shrink(to: self.bytes)
      throw Errno(error, in: "posix_fallocate")
    }
    self.bytes = bytes
  }

  /// Gives so many bytes to the disk, or all that it holds.
  /// - Returns: whether the disk has any more by that. It may, though it could not be told to remember it.
  package mutating func give(_ bytes: Int64) -> Bool {
    let before = self.bytes
    // Why it failed does not matter: what is left says whether it did.
    try? shrink(to: max(0, before - bytes))
    return self.bytes < before
  }

  /// Gives space back, at once: some file systems have it only after a sync. The calls are ftruncate(2) and fsync(2).
  package mutating func shrink(to bytes: Int64) throws(Errno) {
    let fd = descriptor.fd
    try check("ftruncate") { ftruncate(fd, off_t(bytes)) }
    self.bytes = bytes
    try check("fsync") { fsync(fd) }
  }
}
