// A program that is run to its end.

import Foundation

/// What a program printed, and how it ended.
package struct Run {
  package let status: Int32
  package let output: String
  package let errors: String

  /// How long a program may take before it is killed: more than any takes on a busy machine.
  private static let patience: DispatchTimeInterval = .seconds(300)

  package init(_ program: String, _ arguments: [String], input: String = "", environment: [String: String] = [:]) throws
  {
    let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
    let child = try Child(
      program, arguments,
      environment: environment.merging(["PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no"]) { first, _ in first },
      input: stdin.fileHandleForReading, output: stdout.fileHandleForWriting, errors: stderr.fileHandleForWriting)
    try stdin.fileHandleForReading.close()
    for pipe in [stdout, stderr] { try pipe.fileHandleForWriting.close() }
    let killing = DispatchWorkItem { child.send(SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience, execute: killing)
    defer { killing.cancel() }
    try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try stdin.fileHandleForWriting.close()
    output = String(decoding: stdout.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    errors = String(decoding: stderr.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    status = child.wait().status
  }
}

extension FileHandle {
  /// Reads until a word has come, or the end.
  /// - Returns: all that was read, and whether the word is in it.
  package func read(until word: String) -> (text: String, isThere: Bool) {
    var text = ""
    while !text.contains(word) {
      let data = availableData
      if data.isEmpty { return (text, false) }
      text += String(decoding: data, as: UTF8.self)
    }
    return (text, true)
  }
}
