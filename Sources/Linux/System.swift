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

  /// Nanoseconds since some moment, the same for as long as the machine runs. The call is clock_gettime(2),
  /// CLOCK_MONOTONIC.
  package static func monotonicNanoseconds() -> UInt64 {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  }

  /// What the process has in memory, in bytes; zero if /proc does not say. See proc_pid_statm(5).
  package static func residentBytes() -> Int {
    guard let text = try? File.read("/proc/self/statm", from: 0, most: 200) else { return 0 }
    let pages = String(decoding: text, as: UTF8.self).split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return (pages ?? 0) * Int(getpagesize())
  }

  /// What all threads of the process have taken of processors' time. The call is clock_gettime(2).
  package static func processorNanoseconds() -> UInt64 {
    var taken = timespec()
    _ = unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &taken)
    return UInt64(taken.tv_sec) * 1_000_000_000 + UInt64(taken.tv_nsec)
  }

  /// Sleeps until a moment of `monotonicNanoseconds`. The call is clock_nanosleep(2).
  package static func sleep(untilMonotonic nanoseconds: UInt64) {
    var moment = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    while unsafe clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, nil) == EINTR {}
  }

  /// Nanoseconds for which the calling thread has run. The call is clock_gettime(2), CLOCK_THREAD_CPUTIME_ID.
  package static func threadNanoseconds() -> UInt64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Takes so much of a processor's time; what others take meanwhile does not count.
  package static func compute(for nanoseconds: UInt64) {
    let end = threadNanoseconds() + nanoseconds
    while threadNanoseconds() < end {}
  }

  /// Nanoseconds for which a process's threads have run, those included that have ended. The calls are
  /// clock_getcpuclockid(3) and clock_gettime(2).
  package static func processorNanoseconds(of pid: Int32) throws(Errno) -> UInt64 {
    var clock = clockid_t()
    let error = unsafe clock_getcpuclockid(pid, &clock)
    guard error == 0 else { throw Errno(error, in: "clock_getcpuclockid") }
    var time = timespec()
    try check("clock_gettime") { unsafe clock_gettime(clock, &time) }
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Keeps the calling thread, and those it starts from now on, on these processors. The system call is
  /// sched_setaffinity(2).
  package static func pin(to processors: ClosedRange<Int>) throws(Errno) {
    try check("sched_setaffinity") { clinux_pin(Int32(processors.lowerBound), Int32(processors.upperBound)) }
  }

  /// Raises the limit on open descriptors as far as it may be, up to 2^20, and returns it. The calls are getrlimit(2) and
  /// setrlimit(2).
  package static func raiseDescriptorLimit() -> Int { Int(clinux_raise_descriptor_limit(1 << 20)) }

  /// The words that the program was given after its own name; nil in the place of one that is not UTF-8.
  package static var arguments: [String?] {
    (1..<max(1, Int(CommandLine.argc))).map { index in
      guard let word = unsafe CommandLine.unsafeArgv[index] else { return nil }
      return unsafe String(validatingCString: word)
    }
  }

  /// Fills `buffer`, at most 256 bytes, from the kernel's generator. The call is getrandom(2).
  package static func fillRandom(_ buffer: inout MutableSpan<UInt8>) throws(Errno) {
    let result = unsafe buffer.withUnsafeMutableBytes { unsafe clinux_random($0.baseAddress, $0.count) }
    if result != 0 { throw .last(in: "getrandom") }
  }

  /// Whose a directory is, and who else may use it.
  package struct Ownership {
    package let uid: UInt32
    /// Permission bits.
    package let mode: UInt32
  }

  /// Whose the directory at `path` is. The system calls are mkdir(2) and stat(2).
  /// - Parameter makingIt: whether one that only the daemon may enter (0700) is made if nothing is there.
  package static func privateDirectory(_ path: String, makingIt: Bool) throws(Errno) -> Ownership {
    if makingIt, unsafe mkdir(path, 0o700) != 0, errno != EEXIST { throw .last(in: "mkdir") }
    var file = stat()
    guard unsafe stat(path, &file) == 0 else { throw .last(in: "stat") }
    guard file.st_mode & S_IFMT == S_IFDIR else { throw Errno(ENOTDIR, in: "stat") }
    return Ownership(uid: file.st_uid, mode: file.st_mode & 0o7777)
  }

  /// The bytes of a regular file, or nil if nothing is at `path`. The system call is stat(2).
  /// - Throws: what it says, EISDIR for a directory, or EINVAL for anything else that is no file. That a file can't be
  ///   asked about does not say that there is none.
  package static func regularFileBytes(_ path: String) throws(Errno) -> Int? {
    do throws(Errno) { return Int(try regularFile(path).st_size) } catch {
      guard error.isAbsence else { throw error }
      return nil
    }
  }

  /// How many names a regular file has. The system call is stat(2).
  /// - Throws: what `regularFileBytes` does, and ENOENT if there is none.
  package static func names(ofFile path: String) throws(Errno) -> Int { Int(try regularFile(path).st_nlink) }

  private static func regularFile(_ path: String) throws(Errno) -> stat {
    var file = stat()
    try check("stat") { unsafe stat(path, &file) }
    guard file.st_mode & S_IFMT != S_IFDIR else { throw Errno(EISDIR, in: "stat") }
    guard file.st_mode & S_IFMT == S_IFREG else { throw Errno(EINVAL, in: "stat") }
    return file
  }

  /// Whether a regular file is at `path`.
  /// - Throws: what `regularFileBytes` does.
  package static func isFile(at path: String) throws(Errno) -> Bool { try regularFileBytes(path) != nil }

  /// Whether the file system of `directory` has so many bytes for who is not root. The system call is statvfs(3).
  package static func hasRoom(in directory: String, for bytes: Int64) -> Bool {
    var system = statvfs()
    guard unsafe statvfs(directory, &system) == 0 else { return false }
    // Some file systems say that there is room without end.
    let (free, overflows) = UInt64(system.f_bavail).multipliedReportingOverflow(by: UInt64(system.f_frsize))
    return overflows || free >= UInt64(bytes)
  }

  /// Removes a file, if there is one and it can be removed. The system call is unlink(2).
  package static func remove(_ path: String) { _ = unsafe unlink(path) }

  /// Sees to it that there is no file at `path`. The system call is unlink(2).
  package static func removeFile(at path: String) throws(Errno) {
    do throws(Errno) { try check("unlink") { unsafe unlink(path) } } catch {
      guard error.isAbsence else { throw error }
    }
  }

  /// Moves a file to another name, which is on the disk once its directory is synced. The system call is renameat2(2), or
  /// rename(2) where a file system doesn't have that; then nobody else may work in the directory.
  /// - Throws: EEXIST if there is something under that name, or what the calls say. Nothing has been moved then.
  package static func move(_ old: String, to new: String) throws(Errno) {
    do throws(Errno) { try check("renameat2") { unsafe clinux_rename_noreplace(old, new) } } catch {
      guard error.number == EINVAL || error.number == ENOSYS else { throw error }
      var there = stat()
      guard unsafe lstat(new, &there) != 0 else { throw Errno(EEXIST, in: "renameat2") }
      guard errno == ENOENT else { throw .last(in: "lstat") }
      try check("rename") { unsafe rename(old, new) }
    }
  }

  /// Moves a file over what is at `new`, if anything, in one step. It is on the disk once the directory is synced. The system
  /// call is rename(2).
  package static func move(_ old: String, over new: String) throws(Errno) {
    try check("rename") { unsafe rename(old, new) }
  }

  /// Has the disk know what names there are in `directory`. The system call is fsync(2).
  package static func sync(directory: String) throws(Errno) {
    let folder = Descriptor(owning: try check("open") { unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
    try check("fsync") { fsync(folder.fd) }
  }

  /// Opens what standard streams are closed, so that no socket or database takes their numbers and is written to by
  /// mistake. What could not be read or written before still can't be.
  ///
  /// The system call is open(2).
  package static func occupyStandardStreams() {
    for stream in 0...2 as ClosedRange<Int32> where fcntl(stream, F_GETFD) == -1 {
      _ = unsafe open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY)
    }
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

  /// A write to a reader that has gone becomes an error (EPIPE) instead of the end of the process. The call is signal(2).
  package static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }

  /// Takes characters, and how wide they are, as the environment's locale has them. The call is setlocale(3), LC_CTYPE.
  package static func adoptLocale() { _ = unsafe setlocale(LC_CTYPE, "") }

  /// How many columns of a terminal a character takes, in the locale that was adopted; -1 if it can't be shown. The call
  /// is wcwidth(3).
  package static func columns(of character: Unicode.Scalar) -> Int { Int(clinux_columns(character.value)) }

  /// The path of the program that is running; nil if the system does not say. The system call is readlink(2).
  package static var ownProgram: String? {
    var path = [CChar](repeating: 0, count: 4096)
    let count = unsafe readlink("/proc/self/exe", &path, path.count)
    guard count > 0, count < path.count else { return nil }
    return String(decoding: path.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Becomes another program, which is looked for in PATH unless a slash is in its name. Returns only if it can't be
  /// run. The call is execvp(3).
  package static func become(_ program: String, _ arguments: [String]) -> Errno {
    let words = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    _ = unsafe execvp(program, words)
    return .last(in: "execvp")
  }

  /// Waits until `fd` takes bytes, or is broken. The call is poll(2).
  package static func awaitRoom(in fd: Int32) {
    var ready = pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)
    _ = unsafe poll(&ready, 1, -1)
  }

  /// Lets some time pass. The call is poll(2).
  package static func pause(milliseconds: Int32) { _ = poll(nil, 0, milliseconds) }

  /// This process's. The call is getpid(2).
  package static var processNumber: Int32 { getpid() }

  package static var effectiveUser: UInt32 { geteuid() }

  /// Whether there is a link at `path` that leads to nothing. The system calls are lstat(2) and stat(2).
  package static func leadsNowhere(_ path: String) throws(Errno) -> Bool {
    var link = stat()
    guard unsafe lstat(path, &link) == 0, link.st_mode & S_IFMT == S_IFLNK else { return false }
    return try regularFileBytes(path) == nil
  }

  /// The path of what `path` leads to, without links. The call is realpath(3).
  package static func realPath(_ path: String) throws(Errno) -> String {
    guard let found = unsafe realpath(path, nil) else { throw .last(in: "realpath") }
    defer { unsafe free(found) }
    return unsafe String(cString: found)
  }

  /// The number of the group called `name`, or nil. The call is getgrnam_r(3).
  package static func group(named name: String) -> UInt32? {
    var group: UInt32 = 0
    return unsafe clinux_group_named(name, &group) == 0 ? group : nil
  }

  /// The number of the user called `name`, or nil. The call is getpwnam_r(3).
  package static func user(named name: String) -> UInt32? {
    var user: UInt32 = 0
    return unsafe clinux_user_named(name, &user) == 0 ? user : nil
  }

  /// The name of a user, or nil. The call is getpwuid_r(3).
  package static func userName(of uid: UInt32) -> String? {
    unsafe name { unsafe clinux_user_name(uid, $0, $1) }
  }

  /// The name of a group, or nil. The call is getgrgid_r(3).
  package static func groupName(of gid: UInt32) -> String? {
    unsafe name { unsafe clinux_group_name(gid, $0, $1) }
  }

  private static func name(_ fill: (UnsafeMutablePointer<CChar>, Int) -> Int32) -> String? {
    var buffer = [CChar](repeating: 0, count: 256)
    return unsafe buffer.withUnsafeMutableBufferPointer { bytes in
      guard let start = bytes.baseAddress, unsafe fill(start, bytes.count) == 0 else { return nil }
      return unsafe String(cString: start)
    }
  }

  /// Whether a terminal is behind `fd`. The call is isatty(3).
  package static func isTerminal(_ fd: Int32) -> Bool { isatty(fd) == 1 }

  /// Writes a line of less than 4 KiB to `fd` if that is possible at once; drops it otherwise. The calls are poll(2), which
  /// says of a pipe whether it has room for 4 KiB, and write(2).
  package static func writeWithoutWaiting(_ line: String, to fd: Int32) {
    var ready = pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)
    guard unsafe poll(&ready, 1, 0) == 1, ready.revents & Int16(POLLOUT) != 0 else { return }
    write(line, to: fd)
  }

  /// Writes all of `text` to `fd`. The call is write(2).
  /// - Returns: whether all of it was taken.
  @discardableResult
  package static func write(_ text: String, to fd: Int32) -> Bool {
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.span.extracting(written..<bytes.count).withUnsafeBytes {
        unsafe Glibc.write(fd, $0.baseAddress, $0.count)
      }
      if count <= 0 {
        if count < 0, errno == EINTR { continue }
        return false
      }
      written += count
    }
    return true
  }
}
