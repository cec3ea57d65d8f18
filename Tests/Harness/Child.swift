// A program that runs beside the test.

package import Foundation
private import CSpawn
private import Synchronization

/// A program that posix_spawn(3) has started and waitid(2) waits for. It has no descriptor but its three, no signal
/// blocked and none ignored, whatever started the tests. It is killed when the value goes.
///
/// Foundation's Process hears of every end from one thread, which has been seen to tell nobody any more, so that tests
/// waited for ever for programs that had ended.
package final class Child: Sendable {
  /// How it ended.
  package enum Ending: Equatable, Sendable, CustomStringConvertible {
    case exit(Int32)
    case signal(Int32, hasCore: Bool)

    /// The status that it left, or the signal's number.
    package var status: Int32 {
      switch self {
      case .exit(let number), .signal(let number, _): number
      }
    }

    package var description: String {
      switch self {
      case .exit(let status): "exit \(status)"
      case .signal(let signal, _): "signal \(signal)"
      }
    }
  }

  package let id: Int32
  private let ending = Mutex<Ending?>(nil)

  /// - Parameters:
  ///   - program: where it is.
  ///   - environment: all variables that it has; nil for those of the test.
  ///   - input: its standard input, as the others; nil for the test's.
  /// - Throws: POSIXError if it can't be started.
  package init(
    _ program: String, _ arguments: [String], environment: [String: String]? = nil, input: FileHandle? = nil,
    output: FileHandle? = nil, errors: FileHandle? = nil
  ) throws {
    let variables = (environment ?? ProcessInfo.processInfo.environment).map { "\($0)=\($1)" }
    let words = unsafe ([program] + arguments).map { unsafe strdup($0) }
    let settings = unsafe variables.map { unsafe strdup($0) }
    defer { unsafe (words + settings).forEach { unsafe free($0) } }
    var id: Int32 = 0
    let error = unsafe cspawn_start(
      &id, program, words + [nil], settings + [nil], [input, output, errors].map { $0?.fileDescriptor ?? -1 })
    guard error == 0 else { throw POSIXError(POSIXError.Code(rawValue: error) ?? .EINVAL) }
    self.id = id
  }

  deinit {
    send(SIGKILL)
    _ = wait()
  }

  /// Sends a signal, unless it has ended.
  package func send(_ signal: Int32) {
    // Its number is nobody else's as long as its end has not been taken note of.
    ending.withLock { if $0 == nil { kill(id, signal) } }
  }

  package var isRunning: Bool {
    note()
    return ending.withLock { $0 == nil }
  }

  /// Waits for its end.
  package func wait() -> Ending {
    while true {
      if let ending = ending.withLock({ $0 }) { return ending }
      // Its end stays to be taken note of, so that others may send it signals until then. If one of them has just taken
      // note of it, there may be no such child any more.
      var information = unsafe siginfo_t()
      let isGone = unsafe waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT) != 0 && errno == ECHILD
      note()
      precondition(!isGone || ending.withLock { $0 != nil }, "somebody else has waited for process \(id)")
    }
  }

  /// Waits until a signal has stopped every thread of it.
  package func waitForStop() {
    var information = unsafe siginfo_t()
    while unsafe waitid(P_PID, id_t(id), &information, WSTOPPED) != 0 {
      precondition(errno == EINTR, "process \(id) ended, and was to be stopped")
    }
  }

  /// Takes note of its end, if it has ended.
  private func note() {
    ending.withLock { ending in
      guard ending == nil else { return }
      var status: Int32 = 0
      guard unsafe waitpid(id, &status, WNOHANG) == id else { return }
      // WIFEXITED and its like, which Swift does not see: the lowest seven bits are the signal, the eighth says that
      // there is a core file.
      let signal = status & 0x7F
      ending = signal == 0 ? .exit(status >> 8 & 0xFF) : .signal(signal, hasCore: status & 0x80 != 0)
    }
  }
}
