// How a command fails: what the person reads, what a program reads, and the exit code.

import Linux
import Options
import TokenClient
import Wire

/// The exit codes, fixed for scripts.
enum Exit: Int32 {
  case ok = 0
  /// The token was denied, the daemon found the request invalid, or the person said no.
  case denied = 1
  case usage = 2
  case notFound = 3
  case notPermitted = 4
  /// The daemon can't be reached, or can't answer now. Nothing was changed. (EX_UNAVAILABLE of sysexits.h)
  case unavailable = 69
  /// An output could not be written. (EX_IOERR)
  case outputFailed = 74
  /// A change may or may not have been made: look, then try again. (EX_TEMPFAIL)
  case outcomeUnknown = 75
}

/// Why a command ends without having done its work.
struct Failure: Error {
  let exit: Exit
  let message: String
  /// A stable name for programs, such as TOKEN_NAME_TAKEN.
  let code: String
  /// The field of the request that it is about; empty if none.
  let field: String

  init(_ exit: Exit, _ message: String, code: String? = nil, field: String = "") {
    self.exit = exit
    self.message = message
    self.field = field
    self.code =
      code
      ?? {
        switch exit {
        case .ok, .denied: "DENIED"
        case .usage: "USAGE"
        case .notFound: "NOT_FOUND"
        case .notPermitted: "NOT_PERMITTED"
        case .unavailable: "UNAVAILABLE"
        case .outputFailed: "OUTPUT_FAILED"
        case .outcomeUnknown: "OUTCOME_UNKNOWN"
        }
      }()
  }

  init(_ error: UsageError, in command: String) {
    self.init(.usage, "\(error); see tokend-client \(command)--help")
  }

  init(_ failure: Channel.Failure) {
    switch failure {
    case .notListening(let why):
      self.init(
        .unavailable,
        "\(why): start the daemon, or say where it is: --socket or TOKEND_SOCKET, --admin-socket or TOKEND_ADMIN_SOCKET"
      )
    case .unavailable(let why): self.init(.unavailable, why)
    case .notPermitted(let why): self.init(.notPermitted, why)
    case .outcomeUnknown(let why):
      self.init(.outcomeUnknown, "\(why); whether the change was made is not known: look, then try again")
    case .status(let status):
      self.init(Self.exit(status), Self.inOptions(status.message), code: status.reason, field: status.field)
    }
  }

  /// Ends the program with it.
  func end(isJSON: Bool) -> Never {
    Terminal.writeErrorLines(text(isJSON: isJSON))
    System.exit(exit.rawValue)
  }

  /// What goes to standard error.
  func text(isJSON: Bool) -> String {
    guard isJSON else { return "tokend-client: \(message)" }
    return JSON.object([
      (
        "error",
        .object([
          ("code", .string(code)), ("field", .orNull(field)), ("message", .string(message)),
          ("exit", .integer(Int64(exit.rawValue))),
        ])
      )
    ]).text
  }

  private static func exit(_ status: Status) -> Exit {
    switch status.code {
    case .notFound: .notFound
    case .permissionDenied: .notPermitted
    case .unavailable: status.isOutcomeUnknown ? .outcomeUnknown : .unavailable
    case .deadlineExceeded, .internal, .unimplemented, .unknown: .unavailable
    // Nothing is wrong with the request: later it would be carried out.
    case .resourceExhausted: ["DISK_FULL", "BACKUP_RUNNING"].contains(status.reason) ? .unavailable : .denied
    case .invalidArgument, .alreadyExists, .failedPrecondition: .denied
    }
  }

  /// How a person gives what requests call otherwise.
  private static let options = [
    "org_id": "--org", "tenant_id": "--tenant", "permission_set": "--permission-set", "page_token": "--page",
    "page_size": "--limit", "expires_at": "--expires", "never_expires": "--expires never",
    "request_id": "--request-id", "reason_code": "--reason-code", "grace_seconds": "--grace",
    "expiring_before": "--expiring-before", "unused_since": "--unused-since", "max_lifetime": "--max-lifetime",
    "default_lifetime": "--default-lifetime",
  ]

  /// A daemon's message with the names of options in the place of those of fields.
  private static func inOptions(_ message: String) -> String {
    // What is an ordinary word elsewhere is a field's name where a message begins.
    let firsts = ["scopes": "--scope", "states": "--state", "sort": "--sort", "scope": "--scope"]
    let head = message.prefix { $0 != " " }
    let message = firsts[String(head)].map { $0 + message.dropFirst(head.count) } ?? message
    return message.split(separator: " ", omittingEmptySubsequences: false).map { word in
      let name = word.prefix { $0.isLetter || $0 == "_" }
      return options[String(name)].map { $0 + word.dropFirst(name.count) } ?? String(word)
    }.joined(separator: " ")
  }
}
