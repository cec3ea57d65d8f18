// Putting a backup in the place of the database, while no daemon runs.

internal import Linux
internal import Store
package import Tokens

/// `tokend --restore FILE`.
package enum Restoration {
  /// What was restored.
  package struct Report: CustomStringConvertible {
    let tokens: Int
    let revision: UInt64
    let kept: Replacement.Kept
    let directory: String

    package var description: String {
      "restored \(tokens) token\(tokens == 1 ? "" : "s") as of revision \(revision) into \(directory)"
        + (kept.isEmpty ? ", where there was no database" : "; \(kept)")
        + "; what was changed after that revision is undone: tokens revoked since are valid again"
    }
  }

  /// Verifies the backup at `file`, and puts a copy of it in the place of the database in `directory`. What is there is
  /// kept under another name.
  /// - Throws: why it was not restored, such as that a daemon runs on the directory, and what is in the database's place
  ///   then. That is what was there, unless a file could not be moved back, or the disk be told at the end.
  package static func restore(_ file: String, to directory: String, at now: Instant) throws(Daemon.Failure) -> Report {
    System.keepFilesPrivate()
    let state = try StateDirectory(directory)
    let new = state.copyToRestore
    state.removeCopyToRestore()
    // Whatever becomes of it: once it is in its place, nothing is there any more.
    defer { state.removeCopyToRestore() }
    do throws(Errno) { try File.copy(file, to: new) } catch {
      let place = ["write", "fsync"].contains(error.call) ? directory : file
      throw Daemon.Failure("\(place): \(error): nothing was changed")
    }
    let (tokens, revision): (Int, UInt64)
    do {
      try StateDirectory.check(bytes: try System.regularFileBytes(new) ?? 0)
      (tokens, revision) = try verify(new)
    } catch {
      throw Daemon.Failure("\(file) \(error); nothing was changed")
    }
    return Report(
      tokens: tokens, revision: revision, kept: try state.replaceDatabase(with: new, at: now), directory: directory)
  }

  /// Opens a copy as a daemon would, which brings it to the newest schema, and checks all of it.
  private static func verify(_ path: String) throws -> (tokens: Int, revision: UInt64) {
    let store = try TokenStore(path: path, vfs: nil)
    try store.checkIntegrity()
    if let problem = try store.audit.problem() {
      throw StartFailure.damaged("its audit trail is broken: \(problem)")
    }
    let tokens = try store.tokenCount()
    let made = try store.audit.madeTokens()
    guard made == tokens else {
      throw StartFailure.damaged("it has \(tokens) tokens, and its audit trail tells of \(made) that were made")
    }
    try store.finish()
    return (tokens, store.audit.revision)
  }
}
