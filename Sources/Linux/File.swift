// Small files, written whole or not at all.

private import Glibc

/// Reading and writing files of a person's, not the daemon's.
package enum File {
  /// What a regular file holds.
  /// - Returns: nil if there is none.
  /// - Throws: EFBIG if it has more than `most` bytes. The system calls are open(2) and read(2).
  package static func read(_ path: String, most: Int) throws(Errno) -> [UInt8]? {
    let opened = unsafe open(path, O_RDONLY | O_CLOEXEC)
    if opened < 0, errno == ENOENT { return nil }
    guard opened >= 0 else { throw .last(in: "open") }
    let descriptor = Descriptor(owning: opened)
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = try check("read") { unsafe Glibc.read(descriptor.fd, &buffer, buffer.count) }
      if count == 0 { return bytes }
      bytes += buffer.prefix(count)
      guard bytes.count <= most else { throw Errno(EFBIG, in: "read") }
    }
  }

  /// A new file that only its owner may read (0600), open for writing.
  /// - Throws: EEXIST if something is there already: nothing is written over. The system call is open(2).
  package static func new(_ path: String) throws(Errno) -> Descriptor {
    Descriptor(
      owning: try check("open") { unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600) })
  }

  /// Writes all of `bytes`. The system call is write(2).
  package static func write(_ bytes: Span<UInt8>, to file: borrowing Descriptor) throws(Errno) {
    var written = 0
    while written < bytes.count {
      let fd = file.fd
      written += try check("write") {
        unsafe bytes.extracting(written..<bytes.count).withUnsafeBytes {
          unsafe Glibc.write(fd, $0.baseAddress, $0.count)
        }
      }
    }
  }

  /// Makes what was written to `file` durable. The system call is fsync(2).
  package static func sync(_ file: borrowing Descriptor) throws(Errno) {
    let fd = file.fd
    try check("fsync") { fsync(fd) }
  }

  /// Puts a file with `text` in the place of what is at `path`, in one step; its directories are made if need be (0700).
  package static func replace(_ path: String, with text: String) throws(Errno) {
    for end in path.indices where path[end] == "/" && end != path.startIndex {
      if unsafe mkdir(String(path[..<end]), 0o700) != 0, errno != EEXIST { throw .last(in: "mkdir") }
    }
    let beside = "\(path).\(getpid())"
    System.remove(beside)
    try write(Array(text.utf8).span, to: new(beside))
    do throws(Errno) {
      try check("rename") { unsafe rename(beside, path) }
    } catch {
      System.remove(beside)
      throw error
    }
  }
}
