// What the daemon asks of the system once, or of the clock and the random generator.

private import CLinux
private import Glibc

/// Calls without a noun of their own.
package enum System {
  /// Seconds since 1970 by the system's clock. The call is clock_gettime(2), CLOCK_REALTIME.
  package static func secondsSinceEpoch() -> Int64 {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec)
  }

  /// Fills `buffer`, at most 256 bytes, from the kernel's generator. The call is getrandom(2).
  package static func fillRandom(_ buffer: inout MutableSpan<UInt8>) throws(Errno) {
    let result = unsafe buffer.withUnsafeMutableBytes { unsafe clinux_random($0.baseAddress, $0.count) }
    if result != 0 { throw .last(in: "getrandom") }
  }

  /// Makes a directory that only the daemon may enter (0700), or accepts one that is there.
  package static func makePrivateDirectory(_ path: String) throws(Errno) {
    if unsafe mkdir(path, 0o700) != 0, errno != EEXIST { throw .last(in: "mkdir") }
    var file = stat()
    guard unsafe stat(path, &file) == 0 else { throw .last(in: "stat") }
    guard file.st_mode & S_IFMT == S_IFDIR else { throw Errno(ENOTDIR, in: "mkdir") }
  }

  /// No core file, and no tracing by other processes of the same user. The call is prctl(2), PR_SET_DUMPABLE.
  package static func forbidDumps() throws(Errno) {
    try check("prctl") { clinux_forbid_dumps() }
  }

  /// Files made from now on are for their owner alone. The call is umask(2).
  package static func keepFilesPrivate() {
    _ = umask(0o077)
  }

  /// Sends SIGTERM to this process, whose main thread waits for it. The call is kill(2).
  package static func requestStop() {
    _ = kill(getpid(), SIGTERM)
  }

  /// Ends the process at once. The call is exit(3).
  package static func exit(_ status: Int32) -> Never { Glibc.exit(status) }

  /// The value of an environment variable; nil if it is not set. The call is getenv(3).
  package static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// Takes characters, and how wide they are, as the environment's locale has them. The call is setlocale(3), LC_CTYPE.
  package static func adoptLocale() { _ = unsafe setlocale(LC_CTYPE, "") }

  package static var effectiveUser: UInt32 { geteuid() }

  /// The number of the group called `name`, or nil. The call is getgrnam_r(3).
  package static func group(named name: String) -> UInt32? {
    var group: UInt32 = 0
    return unsafe clinux_group_named(name, &group) == 0 ? group : nil
  }

  package static func isTerminal(_ fd: Int32) -> Bool { isatty(fd) == 1 }

  /// Writes all of `text` to `fd`; a reader that has gone is not an error. The call is write(2).
  package static func write(_ text: String, to fd: Int32) {
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.span.extracting(written..<bytes.count).withUnsafeBytes {
        unsafe Glibc.write(fd, $0.baseAddress, $0.count)
      }
      if count <= 0 {
        if count < 0, errno == EINTR { continue }
        return
      }
      written += count
    }
  }
}
