// Why a token was revoked, for ever.

/// Who revoked a token, when and why.
package struct Revocation: Sendable, Equatable {
  package let at: Instant
  package let by: String
  package let cause: Cause

  package init(at: Instant, by: String, cause: Cause) {
    self.at = at
    self.by = by
    self.cause = cause
  }

  /// A code for programs, and free text for people.
  package struct Cause: Sendable, Equatable {
    /// The codes that a request may give.
    package static let codes = ["unspecified", "leaked", "unused", "superseded", "departed", "policy"]

    package let code: String
    package let text: String

    /// Checks the fields of a request; no code means "unspecified".
    package init(code: String, text: String) throws(Refusal) {
      let code = code.isEmpty ? "unspecified" : code
      guard Self.codes.contains(code) else {
        throw Refusal(
          .invalid, "UNKNOWN_REASON_CODE", "reason_code",
          "reason_code is none of those there are: choose \(Self.codes.joined(separator: ", "))")
      }
      try PrintableText.check(text, field: "reason", mostBytes: 200)
      self.init(stored: code, text)
    }

    package init(stored code: String, _ text: String) {
      self.code = code
      self.text = text
    }

    /// Its secret was found where it should not be.
    package static let leaked = Cause(stored: "leaked", "")
    /// Another token took its place at once.
    package static let rotated = Cause(stored: "rotated", "")
    /// Its tenant was removed.
    package static let tenantRemoved = Cause(stored: "tenant-removed", "")
    /// Somebody who had it gave it back.
    package static func surrendered(_ text: String) -> Cause { Cause(stored: "surrendered", text) }
  }
}
