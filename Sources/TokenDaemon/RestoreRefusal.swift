// Why nothing was restored.

internal import Linux

/// What kept a restore from changing anything.
struct RestoreRefusal: Error {
  let why: String
  /// Whether what was to be restored is damaged: not another program's or a newer version's, nor is it for how the system
  /// fared with it.
  let isDamage: Bool

  init(_ why: String, isDamage: Bool = false) {
    self.why = why
    self.isDamage = isDamage
  }

  /// What a call says of a path.
  /// - Throws: a refusal that names it.
  static func asking<Answer>(
    _ path: String, _ call: (String) throws(Errno) -> Answer
  ) throws(RestoreRefusal) -> Answer {
    do throws(Errno) { return try call(path) } catch { throw RestoreRefusal("\(path): \(error.text)") }
  }
}
