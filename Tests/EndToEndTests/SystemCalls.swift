// strace(1), to see which system calls a running daemon, or one thread, makes.

import Foundation

/// Records calls as long as the value lives, one line each.
final class SystemCalls {
  private let process = Process()
  private let errors = Pipe()
  private let path: String

  /// - Parameters:
  ///   - id: of a process, all of whose threads are followed, or of a single thread.
  ///   - calls: what strace's `--trace` takes.
  ///   - isProcess: whether `id` is a process's.
  init(of id: Int32, isProcess: Bool, _ calls: String) throws {
    path = NSTemporaryDirectory() + "tokend-trace-" + UUID().uuidString.prefix(8)
    process.executableURL = URL(fileURLWithPath: "/usr/bin/strace")
    process.arguments = (isProcess ? ["-f"] : []) + ["-p", String(id), "-e", "trace=\(calls)", "-o", path]
    process.standardError = errors
    try process.run()
    try errors.fileHandleForWriting.close()
    // It says so once it is attached.
    var text = ""
    while !text.contains("attached") {
      let data = errors.fileHandleForReading.availableData
      guard !data.isEmpty else { throw Tampering.CannotAttach(text: text) }
      text += String(decoding: data, as: UTF8.self)
    }
  }

  /// Those that have been made until now. strace writes out each line when it is whole.
  func lines() throws -> [String] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  deinit {
    // Children of these threads have other signals blocked. The kernel lets go of what a dead tracer held.
    if process.isRunning {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    try? FileManager.default.removeItem(atPath: path)
  }
}
