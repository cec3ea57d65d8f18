// Which system calls a running daemon, or one of its threads, makes.

import Harness
import Foundation

/// Records calls as long as the value lives, one line each.
final class SystemCalls {
  private let strace: Strace
  private let path: String

  /// - Parameters:
  ///   - id: of a process, all of whose threads are followed, or of a single thread.
  ///   - calls: what strace's `--trace` takes.
  ///   - isProcess: whether `id` is a process's.
  init(of id: Int32, isProcess: Bool, _ calls: String) throws {
    path = NSTemporaryDirectory() + "tokend-trace-" + UUID().uuidString.prefix(8)
    strace = try Strace((isProcess ? ["-f"] : []) + ["-p", String(id), "-e", "trace=\(calls)", "-o", path])
  }

  /// Those that have been made until now. strace writes out each line when it is whole.
  func lines() throws -> [String] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  deinit {
    strace.end()
    try? FileManager.default.removeItem(atPath: path)
  }
}
