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
    let state = try StateDirectory(directory, makingIt: false)
    let new = state.copyToRestore
    state.removeCopyToRestore()
    // Whatever becomes of it: once it is in its place, nothing is there any more.
    defer { state.removeCopyToRestore() }
    do throws(File.CopyFailure) { try File.copy(file, to: new) } catch {
      switch error {
      case .source(let error): throw Daemon.Failure("\(file): \(error): nothing was changed")
      case .target(let error): throw Daemon.Failure("\(new): \(error): nothing was changed")
      }
    }
    let (tokens, revision): (Int, UInt64)
    do throws(StartFailure) {
      (tokens, revision) = try verify(new)
    } catch {
      // What the copy holds is the backup's; what the disk has to say of it is not.
      let place = error.isOfContent ? file : "\(new), the copy of \(file),"
      throw Daemon.Failure("\(place) \(error); nothing was changed")
    }
    return Report(
      tokens: tokens, revision: revision, kept: try state.replaceDatabase(with: new, at: now), directory: directory)
  }

  /// Opens a copy as a daemon would, which brings it to the newest schema, and checks all of it.
  private static func verify(_ path: String) throws(StartFailure) -> (tokens: Int, revision: UInt64) {
    let bytes: Int
    do throws(Errno) { bytes = try System.regularFileBytes(path) ?? 0 } catch { throw .system("\(error)") }
    try StateDirectory.check(bytes: bytes)
    let store = try TokenStore(path: path, vfs: nil)
    try store.checkIntegrity()
    let tokens = try store.tokenCount()
    let (problem, made): (String?, Int)
    do throws(SQLiteError) { (problem, made) = (try store.audit.problem(), try store.audit.madeTokens()) } catch {
      throw StartFailure(error)
    }
    if let problem { throw .damaged("its audit trail is broken: \(problem)") }
    guard made == tokens else {
      throw .damaged("it has \(tokens) tokens, and its audit trail tells of \(made) that were made")
    }
    try store.finish()
    return (tokens, store.audit.revision)
  }
}
