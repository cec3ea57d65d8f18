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
    // A database that is in use would change while it is copied.
    let source: String
    do throws(Errno) { source = try System.realPath(file) } catch {
      throw Daemon.Failure("\(file): \(error): nothing was changed")
    }
    let inUse = try Self.lock(beside: source, unlessIn: directory)
    defer { _ = consume inUse }
    do throws(File.CopyFailure) {
      try File.copy(source, to: new)
      // What was put by, or left by a daemon that was killed, has its last changes in a log.
      if try Self.hasLog(source) { try File.copy(source + "-wal", to: new + "-wal") }
    } catch {
      switch error {
      case .source(let error): throw Daemon.Failure("\(file): \(error): nothing was changed")
      case .target(let error): throw Daemon.Failure("\(new): \(error): nothing was changed")
      }
    }
    let (tokens, revision): (Int, UInt64)
    do throws(StartFailure) {
      (tokens, revision) = try CopyCheck.verify(new)
    } catch {
      // What the copy holds is the backup's; what the disk has to say of it is not.
      throw Daemon.Failure(
        error.isOfContent
          ? "\(file) \(error.finding): name another backup; nothing was changed"
          : "\(new), the copy of \(file), \(error); nothing was changed")
    }
    return Report(
      tokens: tokens, revision: revision, kept: try state.replaceDatabase(with: new, at: now), directory: directory)
  }

  /// Whether a write-ahead log lies beside a database.
  private static func hasLog(_ file: String) throws(File.CopyFailure) -> Bool {
    do throws(Errno) { return try System.isFile(at: file + "-wal") } catch { throw .source(error) }
  }

  /// Sees to it that no daemon works on the state directory that a file is the database of, as long as the lock is held.
  /// - Parameters:
  ///   - file: its path without links.
  ///   - own: the state directory that this process has locked.
  /// - Returns: nil if it is no state directory's database, or that of this one.
  private static func lock(beside file: String, unlessIn own: String) throws(Daemon.Failure) -> FileLock? {
    let parts = file.split(separator: "/", omittingEmptySubsequences: false)
    let directory = parts.dropLast().joined(separator: "/")
    let lock = "\(directory)/\(StateDirectory.lockName)"
    guard parts.last.map(String.init) == StateDirectory.databaseName else { return nil }
    do throws(Errno) {
      guard try System.isFile(at: lock), try System.realPath(own) != directory else { return nil }
    } catch {
      throw Daemon.Failure("\(lock): \(error): nothing was changed")
    }
    do throws(FileLock.Failure) { return try FileLock(readingAt: lock) } catch {
      switch error {
      case .held(let pid):
        throw Daemon.Failure(
          "\(file): a tokend (pid \(pid)) works on it: make a backup with tokend-client backup create, and restore that; nothing was changed"
        )
      case .system(let error): throw Daemon.Failure("\(lock): \(error): nothing was changed")
      }
    }
  }
}
