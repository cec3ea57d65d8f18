// What passes between workers and the journal.

internal import Tokens

/// Whom an outcome is for.
struct Origin: Sendable {
  let worker: Int
  let connection: UInt64
  let stream: UInt32
  /// Who has been charged for it.
  let account: PeerAccounts.Account
}

/// An operation on its way to the journal.
struct Entry: Sendable {
  let origin: Origin
  let caller: Caller
  /// After it, the operation is refused rather than run.
  let deadline: ContinuousClock.Instant?
  let operation: any Operation

  var isLate: Bool { deadline.map { $0 <= .now } ?? false }
}

/// An outcome on its way back.
struct Receipt: Sendable {
  let origin: Origin
  let outcome: Outcome
}
