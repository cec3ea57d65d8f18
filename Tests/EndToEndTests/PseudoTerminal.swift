// A terminal with somebody at it, so that what a person sees and answers can be written down.

import Harness
import Foundation

/// A program on a pseudo-terminal of 80 columns. It is read as a person reads: until what is waited for is there.
final class PseudoTerminal {
  private let main: FileHandle
  private let child: Child
  /// All that has been shown.
  private(set) var screen = ""
  private var read = 0

  /// What was waited for did not come.
  struct Missing: Error, CustomStringConvertible {
    let text: String
    let screen: String
    var description: String { "waited for '\(text)', saw: \(screen)" }
  }

  init(_ program: String, _ arguments: [String], environment: [String: String], columns: UInt16 = 80) throws {
    let fd = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    // TIOCSPTLCK unlocks the other side, TIOCGPTN says which it is (ioctl_tty(2)); Swift does not see these macros.
    var (lock, number): (Int32, Int32) = (0, 0)
    guard fd >= 0, unsafe ioctl(fd, 0x4004_5431, &lock) == 0, unsafe ioctl(fd, 0x8004_5430, &number) == 0 else {
      throw CocoaError(.fileNoSuchFile)
    }
    main = FileHandle(fileDescriptor: fd, closeOnDealloc: true)
    var size = winsize(ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = unsafe ioctl(fd, UInt(TIOCSWINSZ), &size)
    let side = unsafe open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    let terminal = FileHandle(fileDescriptor: side, closeOnDealloc: true)
    child = try Child(
      program, arguments,
      environment: environment.merging(["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "xterm"]) {
        first, _ in first
      }, input: terminal, output: terminal, errors: terminal)
    try terminal.close()
  }

  /// Waits until `text` is shown, after what was waited for before.
  func expect(_ text: String) throws {
    while true {
      let rest = screen.dropFirst(read)
      if let range = rest.range(of: text) {
        read = screen.distance(from: screen.startIndex, to: range.upperBound)
        return
      }
      guard let more = next() else { throw Missing(text: text, screen: screen) }
      screen += more
    }
  }

  /// Types a line.
  func type(_ line: String) throws { try press(line + "\r") }

  /// Types keys, and nothing behind them.
  func press(_ keys: String) throws {
    try main.write(contentsOf: Data(keys.utf8))
  }

  /// Sends the program a signal.
  func send(_ signal: Int32) { child.send(signal) }

  /// Takes the terminal away, and says how the program ended. It gets no SIGHUP, as the terminal does not control it.
  func hangUp() throws -> Int32 {
    try main.close()
    return child.wait().status
  }

  /// Whether keys are shown as they are typed, and come as lines: a terminal as programs find it.
  func echoes() throws -> Bool {
    var mode = termios()
    guard unsafe tcgetattr(main.fileDescriptor, &mode) == 0 else { throw CocoaError(.fileReadUnknown) }
    return mode.c_lflag & tcflag_t(ECHO | ICANON) == tcflag_t(ECHO | ICANON)
  }

  /// Waits for the end, and says how it ended.
  func end() -> Int32 {
    while let more = next() { screen += more }
    return child.wait().status
  }

  /// What is shown next, without the line discipline's carriage returns; nil at the end (EIO), or after ten seconds.
  private func next() -> String? {
    var poll = pollfd(fd: main.fileDescriptor, events: Int16(POLLIN), revents: 0)
    guard unsafe Foundation.poll(&poll, 1, 10_000) == 1 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe Foundation.read(main.fileDescriptor, &bytes, bytes.count)
    guard count > 0 else { return nil }
    return String(decoding: bytes.prefix(count), as: UTF8.self).replacingOccurrences(of: "\r\n", with: "\n")
  }
}
