// A system call's failure as a value, and the one place where EINTR is retried.

private import Glibc

/// The error number of a failed system call, with the call's name. Thrown by everything in this module.
package struct Errno: Error, Equatable, CustomStringConvertible {
  /// The number, as errno(3) lists them.
  package let number: Int32
  /// The call that failed, such as "accept4".
  package let call: String

  package init(_ number: Int32, in call: String) {
    self.number = number
    self.call = call
  }

  /// The error that the call just made has left in errno.
  package static func last(in call: String) -> Errno {
    Errno(errno, in: call)
  }

  /// The peer sent what is not the protocol (EPROTO).
  package static let brokenProtocol = Errno(EPROTO, in: "recv")
  /// The peer closed before it had answered (ECONNRESET).
  package static let connectionClosed = Errno(ECONNRESET, in: "recv")

  /// What was to be made is there (EEXIST).
  package static let alreadyThere = Errno(EEXIST, in: "open")

  /// The caller lacks the rights (EACCES, EPERM).
  package var isPermission: Bool { number == EACCES || number == EPERM }

  /// Nothing is there (ENOENT).
  package var isAbsence: Bool { number == ENOENT }

  /// Something is there that is no regular file, as `System.regularFileBytes` says (EISDIR, EINVAL).
  package var isNoFile: Bool { number == EISDIR || number == EINVAL }

  /// It can't be done now (EAGAIN).
  package var isWouldBlock: Bool { number == EAGAIN }

  /// A signal came in before the call was done (EINTR).
  package var isInterruption: Bool { number == EINTR }

  /// The process or the system has no more of something (EMFILE, ENFILE, ENOBUFS, ENOMEM): later there may be.
  package var isExhaustion: Bool { [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(number) }

  /// The disk is full, or the user has no more of it (ENOSPC, EDQUOT).
  package var isOutOfSpace: Bool { number == ENOSPC || number == EDQUOT }

  /// What strerror(3) says, after the name of the call.
  package var description: String {
    "\(call): \(text)"
  }

  /// What strerror(3) says.
  package var text: String {
    guard let text = unsafe strerror(number) else { return "error \(number)" }
    return unsafe String(cString: text)
  }
}

/// Runs a call that returns -1 on failure, again if a signal interrupted it (EINTR).
@discardableResult
package func check<Result: SignedInteger>(
  _ call: StaticString, _ body: () -> Result
) throws(Errno) -> Result {
  while true {
    let result = body()
    if result != -1 { return result }
    let number = errno
    if number != EINTR { throw Errno(number, in: call.description) }
  }
}
