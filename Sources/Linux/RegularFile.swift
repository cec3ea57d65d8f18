// A file whose owner and mode matter to whoever reads it.

private import Glibc

/// A regular file that is open for reading. What is said of it is said of the file that is read, whatever takes its name
/// meanwhile.
package struct RegularFile: ~Copyable {
  private let descriptor: Descriptor
  package let ownership: System.Ownership
  /// How many bytes it had when it was opened.
  package let bytes: Int

  /// Opens the file at `path`, or the one that a link there leads to. A pipe is not waited for.
  /// - Returns: nil if something else than a regular file is there.
  /// - Throws: what open(2) or fstat(2) says; ENOENT if nothing is there.
  package init?(_ path: String) throws(Errno) {
    let descriptor = Descriptor(
      owning: try check("open") { unsafe open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) })
    var file = stat()
    let fd = descriptor.fd
    try check("fstat") { unsafe fstat(fd, &file) }
    guard file.st_mode & S_IFMT == S_IFREG else { return nil }
    self.descriptor = descriptor
    ownership = System.Ownership(uid: file.st_uid, mode: file.st_mode & 0o7777)
    bytes = Int(file.st_size)
  }

  /// What it holds, from where the last read ended.
  /// - Throws: EFBIG if that is more than `most` bytes, though the file may have had fewer. The system call is read(2).
  package borrowing func read(most: Int) throws(Errno) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let fd = descriptor.fd
    while true {
      let count = try check("read") { unsafe Glibc.read(fd, &buffer, buffer.count) }
      if count == 0 { return bytes }
      bytes += buffer.prefix(count)
      guard bytes.count <= most else { throw Errno(EFBIG, in: "read") }
    }
  }
}
