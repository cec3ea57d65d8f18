// Putting a backup in the place of the database, while no daemon runs.

internal import Linux
internal import Store
package import Tokens

/// `tokend --restore FILE`.
package enum Restoration {
  /// What was restored.
  package struct Report: CustomStringConvertible {
    let copy: Copy
    let kept: Replacement.Kept
    let directory: String

    package var description: String {
      "restored \(copy) into \(directory)"
        + (kept.isEmpty
          ? ", where there was no database"
          : "; \(kept); what was changed after that revision is undone: tokens revoked since are valid again")
    }
  }

  /// Verifies the backup at `file`, and puts a copy of it in the place of the database in `directory`. What is there is
  /// kept under another name.
  /// - Throws: why it was not restored, such as that a daemon runs on the directory, and what is in the database's place
  ///   then. That is what was there, unless a file could not be moved back, or the disk be told at the end.
  package static func restore(_ file: String, to directory: String, at now: Instant) throws(Daemon.Failure) -> Report {
    System.keepFilesPrivate()
    let state = try StateDirectory(directory, makingIt: false)
    let source = try RestoreSource(file, unlessIn: state)
    // One that was cut off has left its copy: where there is no database, only that keeps a start from making an empty one.
    let isRetry: Bool
    do throws(Errno) { isRetry = try System.isFile(at: state.copyToRestore) } catch {
      throw Daemon.Failure("\(state.copyToRestore): \(error): nothing was changed")
    }
    do throws(Daemon.Failure) {
      let copy: Copy
      do throws(Unusable) { copy = try self.copy(source, to: DatabaseFiles(state.copyToRestore)) } catch {
        throw Daemon.Failure(error.why)
      }
      let kept = try state.replaceDatabase(with: state.copyToRestore, at: now)
      return Report(copy: copy, kept: kept, directory: directory)
    } catch {
      if !isRetry { state.removeCopyToRestore() }
      throw error
    }
  }

  /// What was copied.
  struct Copy: CustomStringConvertible {
    let contents: CopyCheck.Contents
    /// What became of the log beside the source; empty if there was none.
    let log: String

    var description: String {
      "\(contents.tokens) token\(contents.tokens == 1 ? "" : "s") as of revision \(contents.revision)\(log)"
    }
  }

  /// Why a copy is not to be restored.
  private struct Unusable: Error {
    let why: String
    /// Whether it is for what it holds, not for how the system fared with it.
    let isOfContent: Bool
  }

  /// Makes a copy that has all that its source has, in one file.
  ///
  /// What was put by, or left by a daemon that was killed, has its last changes in a log beside it, and may be in pieces
  /// without that. A log may be an older database's too, and nothing in it says so: only where it takes changes away, as
  /// their numbers show, it is left out.
  private static func copy(_ source: borrowing RestoreSource, to new: DatabaseFiles) throws(Unusable) -> Copy {
    guard let log = source.log else { return Copy(contents: try verified(source, to: new), log: "") }
    var bare: CopyCheck.Contents?
    do throws(Unusable) { bare = try verified(source, to: new) } catch {
      guard error.isOfContent else { throw error }
    }
    let whole: CopyCheck.Contents
    do throws(Unusable) { whole = try verified(source, with: log, after: bare, to: new) } catch {
      guard let bare, error.isOfContent else { throw error }
      throw Unusable(
        why: "\(error.why); without \(log) it is whole, as of revision \(bare.revision): "
          + "move that away if it is another database's",
        isOfContent: true)
    }
    guard let bare, bare.revision > whole.revision else { return Copy(contents: whole, log: ", with \(log),") }
    return Copy(contents: try verified(source, to: new), log: ", without \(log), which has fewer changes,")
  }

  /// Copies a database, with its log or without, and checks the copy.
  private static func verified(
    _ source: borrowing RestoreSource, with log: String? = nil, after earlier: CopyCheck.Contents? = nil,
    to new: DatabaseFiles
  ) throws(Unusable) -> CopyCheck.Contents {
    new.remove()
    do throws(Daemon.Failure) { try source.copy(to: new, withLog: log != nil) } catch {
      throw Unusable(why: "\(error)", isOfContent: false)
    }
    let name = source.name + (log.map { " with \($0)" } ?? "")
    do throws(StartFailure) { return try CopyCheck.verify(new.path, after: earlier) } catch {
      // What the copy holds is the backup's; what the disk has to say of it is not.
      throw Unusable(
        why: error.isOfContent
          ? "\(name) \(error.finding): name another backup; nothing was changed"
          : "\(new.path), the copy of \(name), \(error); nothing was changed",
        isOfContent: error.isOfContent)
    }
  }
}
