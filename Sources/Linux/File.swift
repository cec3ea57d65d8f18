// Files, read, written and copied.

private import Glibc

/// Reading, writing and copying regular files.
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

  /// A piece of a file: at most `most` bytes from `offset` on; none beyond its end. The system call is pread(2).
  package static func read(_ path: String, from offset: UInt64, most: Int) throws(Errno) -> [UInt8] {
    let descriptor = Descriptor(owning: try check("open") { unsafe open(path, O_RDONLY | O_CLOEXEC) })
    var bytes = [UInt8](repeating: 0, count: most)
    let count = try check("pread") { unsafe pread(descriptor.fd, &bytes, most, off_t(offset)) }
    bytes.removeLast(most - count)
    return bytes
  }

  /// Reads from standard input into `buffer`, from an index on.
  /// - Returns: how many bytes; 0 at its end. The system call is read(2).
  package static func readStandardInput(into buffer: inout [UInt8], from start: Int) throws(Errno) -> Int {
    try check("read") {
      unsafe buffer.withUnsafeMutableBytes {
        unsafe Glibc.read(0, $0.baseAddress.map { unsafe $0 + start }, $0.count - start)
      }
    }
  }

  /// The bytes of standard input, if it is a regular file. The system call is fstat(2).
  package static var standardInputBytes: Int? {
    var file = stat()
    guard unsafe fstat(0, &file) == 0, file.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(file.st_size)
  }

  /// Why a file was not copied.
  package enum CopyFailure: Error {
    /// It can't be read.
    case source(Errno)
    /// The new one can't be made or written.
    case target(Errno)
  }

  /// Copies a regular file to a new one, durably.
  package static func copy(_ path: String, to new: String) throws(CopyFailure) {
    do throws(Errno) {
      guard try System.isFile(at: path) else { throw Errno(ENOENT, in: "open") }
    } catch { throw .source(error) }
    let target: Descriptor
    do throws(Errno) { target = try self.new(new) } catch { throw .target(error) }
    var offset: UInt64 = 0
    while true {
      let piece: [UInt8]
      do throws(Errno) { piece = try read(path, from: offset, most: 1 << 20) } catch { throw .source(error) }
      do throws(Errno) {
        guard !piece.isEmpty else { return try sync(target) }
        try write(piece.span, to: target)
      } catch { throw .target(error) }
      offset += UInt64(piece.count)
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

  /// Writes all of `bytes` at a place of a file. The system call is pwrite(2).
  package static func write(_ bytes: Span<UInt8>, to file: borrowing Descriptor, at offset: Int) throws(Errno) {
    var written = 0
    while written < bytes.count {
      let fd = file.fd
      written += try check("pwrite") {
        unsafe bytes.extracting(written..<bytes.count).withUnsafeBytes {
          unsafe pwrite(fd, $0.baseAddress, $0.count, off_t(offset + written))
        }
      }
    }
  }

  /// Makes what was written to `file`, and what is needed to read it again, durable. The system call is fdatasync(2).
  package static func syncData(_ file: borrowing Descriptor) throws(Errno) {
    let fd = file.fd
    try check("fdatasync") { fdatasync(fd) }
  }

  /// Makes what was written to `file` durable. The system call is fsync(2).
  package static func sync(_ file: borrowing Descriptor) throws(Errno) {
    let fd = file.fd
    try check("fsync") { fsync(fd) }
  }

  /// Makes the directories that lead to `path` and are not there, with mode 0700. The system call is mkdir(2).
  package static func makeDirectories(to path: String) throws(Errno) {
    for end in path.indices where path[end] == "/" && end != path.startIndex {
      if unsafe mkdir(String(path[..<end]), 0o700) != 0, errno != EEXIST { throw .last(in: "mkdir") }
    }
  }

  /// Puts a file with `text` in the place of what is at `path`, in one step.
  /// - Parameter mode: who may read and write it.
  /// - Throws: EINVAL if a device, a pipe or a directory is there.
  package static func replace(_ path: String, with text: String, mode: UInt32 = 0o600) throws(Errno) {
    var there = stat()
    if unsafe stat(path, &there) == 0, there.st_mode & S_IFMT != S_IFREG { throw Errno(EINVAL, in: "rename") }
    let beside = "\(path).\(getpid())"
    System.remove(beside)
    do throws(Errno) {
      let file = try new(beside)
      try write(Array(text.utf8).span, to: file)
      let fd = file.fd
      try check("fchmod") { fchmod(fd, mode) }
      try check("rename") { unsafe rename(beside, path) }
    } catch {
      System.remove(beside)
      throw error
    }
  }
}
