// The three standard streams, and the person who may sit at them.
// Answers and prompts go to standard error, so that standard output holds nothing but results.

private import Glibc
internal import Linux
private import Tokens

/// What the program says and hears.
enum Terminal {
  /// A standard stream, by its descriptor.
  enum Stream: Int32, Sendable {
    case input = 0
    case output = 1
    case error = 2

    /// Whether a person is at the other end. The call is isatty(3).
    var isTerminal: Bool { System.isTerminal(rawValue) }
  }

  /// Why a line could not be read.
  enum InputFailure: Error, CustomStringConvertible {
    /// The stream ended before the line had begun.
    case ended
    /// The line has more than `lineBytes`.
    case tooLong
    case system(Errno)

    var description: String {
      switch self {
      case .ended: "standard input: nothing to read"
      case .tooLong: "standard input: a line has at most \(lineBytes) bytes"
      case .system(let error): "standard input: \(error)"
      }
    }
  }

  /// The most bytes that a line of input may have.
  static let lineBytes = 4096

  /// The columns of the terminal that standard output goes to, or nil if it goes elsewhere. A terminal that does not
  /// say has those of COLUMNS, or 80.
  ///
  /// The system call is ioctl(2), TIOCGWINSZ.
  static var width: Int? { width(of: .output) }

  private static func width(of stream: Stream) -> Int? {
    guard stream.isTerminal else { return nil }
    var size = winsize()
    if unsafe ioctl(stream.rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    let columns = unsafe getenv("COLUMNS").flatMap { unsafe Int(String(cString: $0)) }
    return columns.flatMap { (1...Int(UInt16.max)).contains($0) ? $0 : nil } ?? 80
  }

  /// Writes a result to standard output. If that fails the program ends with status 74: with `loss`, if something is
  /// lost by it; without a word if only nobody takes it any more (EPIPE); otherwise with the reason.
  ///
  /// The system call is write(2).
  static func write(_ text: String, loss: String? = nil) {
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.span.extracting(written..<bytes.count).withUnsafeBytes {
        unsafe Glibc.write(Stream.output.rawValue, $0.baseAddress, $0.count)
      }
      if count >= 0 {
        written += count
        continue
      }
      let error = Errno.last(in: "write")
      switch error.number {
      case EINTR: continue
      case EAGAIN:
        // Whoever shares the stream has made it non-blocking.
        System.awaitRoom(in: Stream.output.rawValue)
      default:
        if let loss {
          writeErrorLine("tokend-client: standard output: \(error.text): \(loss)")
        } else if error.number != EPIPE {
          writeErrorLine("tokend-client: standard output: \(error.text)")
        }
        exit(Exit.outputFailed.rawValue)
      }
    }
  }

  /// Writes one line, which may hold what came from the daemon, to standard output.
  static func writeLine(_ text: String, loss: String? = nil) { write(plain(text) + "\n", loss: loss) }

  /// Writes a message, which may hold what came from the daemon, to standard error; on a terminal, broken between words.
  static func writeErrorLine(_ text: String) {
    let text = plain(text)
    guard let width = width(of: .error) else { return writeError(text + "\n") }
    let indent = String(text.prefix { $0 == " " })
    for line in wrapped(text, to: max(20, width - indent.count)) { writeError(indent + line + "\n") }
  }

  /// Writes a line that a person may copy, and so is not broken, to standard error.
  static func writeErrorCommand(_ text: String) { writeError(plain(text) + "\n") }

  /// Writes lines, which may hold what came from the daemon, to standard error.
  static func writeErrorLines(_ text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) { writeErrorLine(String(line)) }
  }

  /// Writes fields with their labels to standard output; on a terminal, values go on in further lines between words.
  static func writeFields(_ fields: [(label: String, value: String)]) {
    let width = (fields.map(\.label.count).max() ?? 0) + 2
    for (label, value) in fields {
      let lines = Terminal.width.map { wrapped(plain(value), to: max(20, $0 - width)) } ?? [plain(value)]
      for (index, line) in lines.enumerated() {
        let head = index == 0 ? label + ":" : ""
        write(head + String(repeating: " ", count: width - head.count) + line + "\n")
      }
    }
  }

  /// Whether output may be coloured: it goes to a terminal that can, and nobody minds (no-color.org).
  static var showsColor: Bool {
    Stream.output.isTerminal && (System.variable("NO_COLOR") ?? "").isEmpty && System.variable("TERM") != "dumb"
  }

  /// `text` with everything that does not show as itself, and could steer a terminal, as \u{…}.
  static func plain(_ text: String) -> String {
    var plain = ""
    for scalar in text.unicodeScalars {
      if PrintableText.shows(scalar) {
        plain.unicodeScalars.append(scalar)
      } else {
        plain += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return plain
  }

  /// Writes a message to standard error. There is nobody to tell if that fails.
  static func writeError(_ text: String) {
    System.write(text, to: Stream.error.rawValue)
  }

  /// Asks `question` and waits for a line. Only "y" and "yes" are a yes; without a person at standard input nothing is
  /// asked, and the answer is no.
  static func confirm(_ question: String) -> Bool {
    guard Stream.input.isTerminal else { return false }
    writeError("\(question) [y/N] ")
    // A line that cannot be read is not a yes.
    guard let answer = try? readLine() else { return false }
    return ["y", "yes"].contains(String(decoding: answer, as: UTF8.self).lowercased())
  }

  /// Asks for a line, without blanks at its ends; nil if there is none to be had.
  static func ask(_ prompt: String) -> String? {
    writeError(prompt)
    // A line that cannot be read is none.
    guard let answer = try? readLine() else { return nil }
    var text = Substring(String(decoding: answer, as: UTF8.self))
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }

  /// Reads one line of standard input, such as a token, without its end. From a terminal it is read after `prompt` and
  /// not shown. The caller wipes what it gets.
  ///
  /// The calls are tcgetattr(3) and tcsetattr(3).
  static func readSecret(prompt: String) throws(InputFailure) -> [UInt8] {
    guard Stream.input.isTerminal else { return try readLine() }
    var shown = termios()
    guard unsafe tcgetattr(Stream.input.rawValue, &shown) == 0 else { throw .system(.last(in: "tcgetattr")) }
    var hidden = shown
    // Keys come one at a time, also those that would stop the program: it must not end with a terminal that is dumb.
    hidden.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
    hidden.c_cc.6 = 1  // VMIN
    hidden.c_cc.5 = 0  // VTIME
    writeError(prompt)
    guard unsafe tcsetattr(Stream.input.rawValue, TCSAFLUSH, &hidden) == 0 else {
      throw .system(.last(in: "tcsetattr"))
    }
    var typing = Typing()
    var failure: Errno?
    while typing.outcome == nil {
      do throws(Errno) {
        typing.pressed(try readByte() ?? Typing.endKey)
      } catch {
        failure = error
        break
      }
    }
    _ = unsafe tcsetattr(Stream.input.rawValue, TCSAFLUSH, &shown)
    writeError("\n")
    if let failure {
      wipe(&typing.line)
      throw .system(failure)
    }
    switch typing.outcome {
    case .line: return typing.line
    case .tooLong: throw .tooLong
    case .interrupted:
      _ = raise(SIGINT)
      throw .ended
    case .ended, nil: throw .ended
    }
  }

  /// One line of standard input, without its end. Nothing beyond it is taken.
  private static func readLine() throws(InputFailure) -> [UInt8] {
    // With room for all of it the array never moves, and leaves no copy behind.
    var line: [UInt8] = []
    line.reserveCapacity(lineBytes)
    while true {
      let byte: UInt8?
      do throws(Errno) { byte = try readByte() } catch {
        wipe(&line)
        throw .system(error)
      }
      if byte == nil, line.isEmpty { throw .ended }
      guard let byte, byte != 0x0A else { break }
      if line.count == lineBytes {
        wipe(&line)
        throw .tooLong
      }
      line.append(byte)
    }
    if line.last == 0x0D { line.removeLast() }
    return line
  }

  /// The next byte of standard input, or nil at its end. The system call is read(2).
  private static func readByte() throws(Errno) -> UInt8? {
    var byte: UInt8 = 0
    let count = try check("read") { unsafe read(Stream.input.rawValue, &byte, 1) }
    return count == 1 ? byte : nil
  }
}

/// A line that is typed unseen, with the keys that the terminal would otherwise see to.
struct Typing {
  /// What the keys have come to.
  enum Outcome: Equatable {
    case line, tooLong, interrupted, ended
  }

  /// Ctrl-D.
  static let endKey: UInt8 = 0x04

  var line: [UInt8] = []
  private(set) var outcome: Outcome?

  init() {
    // With room for all of it the array never moves, and leaves no copy behind.
    line.reserveCapacity(Terminal.lineBytes)
  }

  /// Takes one more key. When there is an outcome that is not a line, what was typed is wiped.
  mutating func pressed(_ key: UInt8) {
    switch key {
    case 0x0A, 0x0D: outcome = .line
    case 0x03, 0x1C: outcome = .interrupted
    case Typing.endKey: outcome = line.isEmpty ? .ended : .line
    case 0x7F, 0x08: _ = line.popLast()
    case 0x15: line.removeAll(keepingCapacity: true)
    case 0..<0x20: break
    default:
      if line.count == Terminal.lineBytes { outcome = .tooLong } else { line.append(key) }
    }
    if let outcome, outcome != .line { wipe(&line) }
  }
}
