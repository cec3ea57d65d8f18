// How a call that decided nothing, or changed nothing, is answered.

/// A ttrpc status other than OK. Codes are gRPC's.
package struct Status: Error, Equatable, Sendable {
  /// The codes of gRPC that are used here.
  package enum Code: UInt32, CaseIterable, Sendable {
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case unimplemented = 12
    case `internal` = 13
    case unavailable = 14

    /// As gRPC spells it.
    package var name: String {
      switch self {
      case .unknown: "UNKNOWN"
      case .invalidArgument: "INVALID_ARGUMENT"
      case .deadlineExceeded: "DEADLINE_EXCEEDED"
      case .notFound: "NOT_FOUND"
      case .alreadyExists: "ALREADY_EXISTS"
      case .permissionDenied: "PERMISSION_DENIED"
      case .resourceExhausted: "RESOURCE_EXHAUSTED"
      case .failedPrecondition: "FAILED_PRECONDITION"
      case .unimplemented: "UNIMPLEMENTED"
      case .internal: "INTERNAL"
      case .unavailable: "UNAVAILABLE"
      }
    }
  }

  package let code: Code
  /// For a person: the field, the problem, the next step.
  package let message: String
  /// For a program: a stable name, such as TOKEN_NAME_TAKEN.
  package let reason: String
  /// The request's field that it is about; empty if none.
  package let field: String

  package init(_ code: Code, _ reason: String, field: String = "", _ message: String) {
    self.code = code
    self.reason = reason
    self.field = field
    self.message = message
  }

  /// The one answer to a change that does not say whether it was made.
  package static let outcomeUnknown = Status(
    .unavailable, "OUTCOME_UNKNOWN",
    "the disk failed while the change was written: whether it was made is not known; look again after tokend has restarted"
  )

  /// Whether it leaves open if a change was made; every other says that nothing was.
  package var isOutcomeUnknown: Bool { reason == Self.outcomeUnknown.reason }
}
