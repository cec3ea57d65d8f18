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
    let child = try Self.start([
      RunningDaemon.programs + "/tokend", "--state-dir", home + "/state", "--listen", socket, "--admin-listen",
      home + "/a.sock",
    ])
    #expect(try becomes { (try? UnixStream(connectingTo: socket)) != nil })
    child.send(SIGABRT)
    #expect(child.wait() == .signal(SIGABRT, hasCore: false))
  }

  /// Whether the kernel writes one for a program that does nothing about it.
  static let kernelWritesThem =
    (try? start(["/bin/sh", "-c", "kill -ABRT $$"]).wait()) == .signal(SIGABRT, hasCore: true)

  /// A program that may leave a core file of any size.
  private static func start(_ words: [String]) throws -> Child {
    // In a directory of its own, as a core file is written where the program is.
    let directory = try RunningDaemon.makeHome()
    return try Child(
      "/bin/sh", ["-c", "cd '\(directory)'; ulimit -c unlimited; exec \"$0\" \"$@\""] + words,
      environment: ["SWIFT_BACKTRACE": "enable=no"])
  }
}
