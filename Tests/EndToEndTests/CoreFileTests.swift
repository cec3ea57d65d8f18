// What a crash leaves behind.

import Foundation
import Glibc
import Harness
import Linux
import Testing

/// A core file has all of a program's memory, and with it every token that was just asked about.
@Suite struct CoreFileTests {
  @Test(.enabled(if: CoreFileTests.kernelWritesThem, "needs a kernel that writes core files for others"))
  func `a crash leaves no core file, though its limit lets it`() throws {
    let home = try RunningDaemon.makeHome()
    let socket = home + "/v.sock"
    let child = try Child([
      RunningDaemon.programs + "/tokend", "--state-dir", home + "/state", "--listen", socket, "--admin-listen",
      home + "/a.sock",
    ])
    #expect(try becomes { (try? UnixStream(connectingTo: socket)) != nil })
    kill(child.pid, SIGABRT)
    let end = child.end()
    #expect(end.signal == SIGABRT)
    #expect(!end.hasCore)
  }

  /// Whether the kernel writes one for a program that does nothing about it.
  static let kernelWritesThem = (try? Child(["/bin/sh", "-c", "kill -ABRT $$"]).end().hasCore) ?? false

  /// A program that may leave a core file of any size.
  private struct Child {
    let pid: pid_t

    init(_ words: [String]) throws {
      let directory = try RunningDaemon.makeHome()
      // In a directory of its own, as a core file is written where the program is.
      let words = ["/bin/sh", "-c", "cd '\(directory)'; ulimit -c unlimited; exec \"$0\" \"$@\""] + words
      var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) }
      unsafe arguments.append(nil)
      defer { unsafe arguments.forEach { unsafe free($0) } }
      let environment: [UnsafeMutablePointer<CChar>?] = unsafe [strdup("SWIFT_BACKTRACE=enable=no"), nil]
      defer { unsafe free(environment[0]) }
      // With no signal blocked, whatever the tests' own threads do.
      var attributes = posix_spawnattr_t()
      unsafe posix_spawnattr_init(&attributes)
      defer { unsafe posix_spawnattr_destroy(&attributes) }
      var (none, all) = (sigset_t(), sigset_t())
      unsafe sigemptyset(&none)
      unsafe sigfillset(&all)
      unsafe posix_spawnattr_setsigmask(&attributes, &none)
      unsafe posix_spawnattr_setsigdefault(&attributes, &all)
      unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
      var pid = pid_t()
      let error = unsafe posix_spawn(&pid, "/bin/sh", nil, &attributes, arguments, environment)
      guard error == 0 else { throw Errno(error, in: "posix_spawn") }
      self.pid = pid
    }

    /// Waits until it has ended.
    func end() -> (signal: Int32, hasCore: Bool) {
      var status: Int32 = 0
      unsafe waitpid(pid, &status, 0)
      // The lowest seven bits are the signal, the eighth says that there is a core file: WTERMSIG and WCOREDUMP.
      return (status & 0x7F, status & 0x80 != 0)
    }
  }
}
