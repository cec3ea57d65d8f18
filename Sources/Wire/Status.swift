// How a call that decided nothing, or changed nothing, is answered.

/// A ttrpc status other than OK. Codes are gRPC's.
package struct Status: Error, Equatable, Sendable {
  /// The codes of gRPC that are used here.
  package enum Code: UInt32, Sendable {
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
}
