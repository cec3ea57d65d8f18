// A file system that is soon full.

import Foundation

/// A tmpfs(5) of a few MiB where a daemon has its state, which goes with the value. Only root can have one.
package final class SmallDisk {
  /// The home of a daemon whose state is on the disk.
  package let home: String
  private var state: String { home + "/state" }
  private var filler: String { state + "/filler" }

  package init(megabytes: Int) throws {
    home = try RunningDaemon.makeHome()
    try FileManager.default.createDirectory(atPath: home + "/state", withIntermediateDirectories: true)
    try Self.run("/bin/mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m,mode=700", "tmpfs", home + "/state"])
  }

  deinit { try? Self.run("/bin/umount", ["--lazy", home + "/state"]) }

  /// Takes all the room that is left.
  package func fill() throws {
    // Ends with ENOSPC, which is what is wanted.
    _ = try Run("/bin/dd", ["if=/dev/zero", "of=" + filler, "bs=4096"])
  }

  /// Gives it back.
  package func empty() throws { try FileManager.default.removeItem(atPath: filler) }

  private struct Failure: Error { let text: String }

  private static func run(_ program: String, _ arguments: [String]) throws {
    let run = try Run(program, arguments)
    guard run.status == 0 else { throw Failure(text: run.errors) }
  }
}
