// An expected "no": the request was understood and is not carried out. Nothing has changed.

/// Why a request is refused, for a program (`code`) and for a person (`message`), with the field it is about.
package struct Refusal: Error, Equatable, Sendable {
  /// What sort of "no" it is; each has its status on the wire.
  package enum Kind: Sendable {
    case invalid, notFound, alreadyExists, notPermitted, exhausted, unavailable, deadline
    /// What it is about is not in a state for it.
    case failed
  }

  package let kind: Kind
  /// A stable name, such as TOKEN_NAME_TAKEN.
  package let code: String
  /// The request's field; empty if it is about none.
  package let field: String
  /// The problem and the next step, in a sentence.
  package let message: String

  package init(_ kind: Kind, _ code: String, _ field: String, _ message: String) {
    self.kind = kind
    self.code = code
    self.field = field
    self.message = message
  }
}
