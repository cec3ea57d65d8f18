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
    try checkLog(of: source, named: file)
    let inUse = try Self.lock(beside: source, unlessIn: directory)
    defer { _ = consume inUse }
    let (tokens, revision) = try copy(source, named: file, to: new)
    return Report(
      tokens: tokens, revision: revision, kept: try state.replaceDatabase(with: new, at: now), directory: directory)
  }

  /// Makes a copy that has all that its source has, in one file.
  ///
  /// What was put by, or left by a daemon that was killed, has its last changes in a log beside it. A log may be an older
  /// one's too, and nothing in it says so: what has more changes counts, as each has the next number.
  private static func copy(
    _ source: String, named file: String, to new: String
  ) throws(Daemon.Failure) -> (tokens: Int, revision: UInt64) {
    let hasLog: Bool
    do throws(Errno) { hasLog = try System.isFile(at: source + "-wal") } catch {
      throw Daemon.Failure("\(source)-wal: \(error): nothing was changed")
    }
    guard hasLog else { return try verified(source, named: file, to: new, withLog: false) }
    let whole: (tokens: Int, revision: UInt64)
    do throws(Daemon.Failure) { whole = try verified(source, named: file, to: new, withLog: true) } catch {
      throw Daemon.Failure("\(error); if \(source)-wal is another database's log, move it away")
    }
    if let bare = try? verified(source, named: file, to: new, withLog: false), bare.revision >= whole.revision {
      return bare
    }
    return try verified(source, named: file, to: new, withLog: true)
  }

  /// Copies a database, with its log or without, and checks the copy.
  private static func verified(
    _ source: String, named file: String, to new: String, withLog: Bool
  ) throws(Daemon.Failure) -> (tokens: Int, revision: UInt64) {
    StateDirectory.remove(databaseAt: new)
    do throws(File.CopyFailure) {
      try File.copy(source, to: new)
      if withLog { try File.copy(source + "-wal", to: new + "-wal") }
    } catch {
      switch error {
      case .source(let error): throw Daemon.Failure("\(file): \(error): nothing was changed")
      case .target(let error): throw Daemon.Failure("\(new): \(error): nothing was changed")
      }
    }
    do throws(StartFailure) { return try CopyCheck.verify(new) } catch {
      // What the copy holds is the backup's; what the disk has to say of it is not.
      throw Daemon.Failure(
        error.isOfContent
          ? "\(file) \(error.finding): name another backup; nothing was changed"
          : "\(new), the copy of \(file), \(error); nothing was changed")
    }
  }

  /// - Throws: if its log is known, or likely, to be elsewhere: without it the database would be as it was a while ago.
  private static func checkLog(of source: String, named file: String) throws(Daemon.Failure) {
    let (names, isApart): (Int, Bool)
    do throws(Errno) {
      // A directory has several of its own.
      names = try System.isFile(at: source) ? System.names(of: source) : 1
      // A restore that was cut off has put the database by, and not yet its log.
      if let infix = source.firstRange(of: Replacement.keptInfix) {
        let place = String(source[..<infix.lowerBound])
        isApart =
          if try System.isFile(at: place + "-wal") {
            if try System.isFile(at: place) { false } else { try !System.isFile(at: source + "-wal") }
          } else {
            false
          }
      } else {
        isApart = false
      }
    } catch {
      throw Daemon.Failure("\(file): \(error): nothing was changed")
    }
    guard names == 1 else {
      throw Daemon.Failure(
        "\(file): it has \(names) names (ln(1)), and its log may be beside another: copy it there, with its log; nothing was changed"
      )
    }
    guard !isApart else {
      throw Daemon.Failure(
        "\(file): a restore that was cut off has left its log where it was: restore the backup again first; nothing was changed"
      )
    }
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
