// Many lines from standard input.

internal import Linux
private import Tokens

/// Reads lines of at most 64 KiB, from a buffer that is wiped at the end: they may be secrets.
struct LineReader: ~Copyable {
  /// The most bytes that a line may have.
  static let lineBytes = 65_536

  private var buffer = [UInt8](repeating: 0, count: lineBytes + 1)
  private var start = 0
  private var end = 0
  private var isEnded = false
  /// How many bytes have been taken.
  private(set) var bytesTaken = 0

  init() {}

  deinit { wipe(atEndOf: buffer) }

  /// The next line, without its end; nil at the end of the input. The caller may wipe it.
  mutating func next() throws(Terminal.InputFailure) -> [UInt8]? {
    while true {
      if let newline = buffer[start..<end].firstIndex(of: 0x0A) {
        let line = Array(buffer[start..<newline])
        bytesTaken += newline + 1 - start
        start = newline + 1
        return Self.withoutReturn(line)
      }
      if isEnded {
        guard start < end else { return nil }
        let line = Array(buffer[start..<end])
        bytesTaken += end - start
        start = end
        return Self.withoutReturn(line)
      }
      guard end - start <= Self.lineBytes else { throw .tooLong }
      try fill()
    }
  }

  private mutating func fill() throws(Terminal.InputFailure) {
    if start > 0 {
      for index in start..<end { buffer[index - start] = buffer[index] }
      (start, end) = (0, end - start)
    }
    do throws(Errno) {
      let count = try File.readStandardInput(into: &buffer, from: end)
      end += count
      isEnded = count == 0
    } catch {
      throw .system(error)
    }
  }

  private static func withoutReturn(_ line: [UInt8]) -> [UInt8] { line.last == 0x0D ? Array(line.dropLast()) : line }
}
