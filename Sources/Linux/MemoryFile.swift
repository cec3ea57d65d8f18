// A file that has no name and lies in memory, to be passed on by its descriptor.

private import CLinux
private import Glibc

/// Writing and reading one; nothing of it reaches a disk, unless the machine swaps.
package enum MemoryFile {
  /// Makes an empty one. The system call is memfd_create(2).
  package static func make() throws(Errno) -> Descriptor {
    Descriptor(owning: try check("memfd_create") { unsafe clinux_memory_file("tokend") })
  }

  /// Writes all of `bytes` at the `end` of one, or nothing. The system calls are pwrite(2) and ftruncate(2).
  package static func append(_ bytes: Span<UInt8>, to file: borrowing Descriptor, at end: Int) throws(Errno) {
    do throws(Errno) {
      try File.write(bytes, to: file, at: end)
    } catch {
      _ = ftruncate(file.fd, off_t(end))
      throw error
    }
  }

  /// All that one holds, and empties it: what has been taken over is nowhere else.
  /// - Throws: EFBIG if it has more than `most` bytes. The system calls are lseek(2), pread(2) and ftruncate(2).
  package static func take(_ file: borrowing Descriptor, most: Int) throws(Errno) -> [UInt8] {
    let size = try check("lseek") { Int(lseek(file.fd, 0, SEEK_END)) }
    guard size <= most else { throw Errno(EFBIG, in: "lseek") }
    var bytes = [UInt8](repeating: 0, count: size)
    var count = 0
    while count < size {
      let got = try check("pread") {
        unsafe bytes.withUnsafeMutableBytes {
          unsafe pread(file.fd, $0.baseAddress.map { unsafe $0 + count }, size - count, off_t(count))
        }
      }
      guard got > 0 else { break }
      count += got
    }
    try check("ftruncate") { ftruncate(file.fd, 0) }
    return bytes
  }
}
