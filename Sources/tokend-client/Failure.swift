// How a command fails: what the person reads, and the exit code that scripts read.

import Options
import TokenClient
import Wire

/// The exit codes, fixed for scripts.
enum Exit: Int32 {
  case ok = 0
  /// The token was denied, or the daemon found the request invalid.
  case denied = 1
  case usage = 2
  case notFound = 3
  case notPermitted = 4
  /// The daemon can't be reached, or can't answer now. Nothing was changed. (EX_UNAVAILABLE of sysexits.h)
  case unavailable = 69
  /// Standard output could not be written. (EX_IOERR)
  case outputFailed = 74
  /// A change may or may not have been made: look, then try again. (EX_TEMPFAIL)
  case outcomeUnknown = 75
}

/// Why a command ends without having done its work.
struct Failure: Error {
  let exit: Exit
  let message: String

  init(_ exit: Exit, _ message: String) {
    self.exit = exit
    self.message = message
  }

  init(_ error: UsageError, in command: String) {
    self.init(.usage, "\(error); see tokend-client \(command)--help")
  }

  init(_ failure: Channel.Failure) {
    switch failure {
    case .unavailable(let why): self.init(.unavailable, why)
    case .notPermitted(let why): self.init(.notPermitted, why)
    case .outcomeUnknown(let why):
      self.init(.outcomeUnknown, "\(why); whether the change was made is not known: look, then try again")
    case .status(let status): self.init(Self.exit(status), status.message)
    }
  }

  private static func exit(_ status: Status) -> Exit {
    switch status.code {
    case .notFound: .notFound
    case .permissionDenied: .notPermitted
    case .unavailable: status.reason == "OUTCOME_UNKNOWN" ? .outcomeUnknown : .unavailable
    case .deadlineExceeded, .internal, .unimplemented, .unknown: .unavailable
    case .invalidArgument, .alreadyExists, .resourceExhausted, .failedPrecondition: .denied
    }
  }
}
