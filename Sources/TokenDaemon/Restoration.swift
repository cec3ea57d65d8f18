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
      "restored \(copy) into \(directory)" + (kept.isEmpty ? ", where there was no database" : "; \(kept)")
        + "; what was changed after revision \(copy.revision) is not in it: tokens revoked since are valid again"
    }
  }

  /// A copy that has been found to be whole.
  struct Copy: CustomStringConvertible {
    /// What became of the log beside what it was made of.
    enum Log {
      case none
      case read(String)
      /// It was read, and no change in it is later than the database: all may have been moved there, or it is damaged.
      case addsNothing(String)
      /// It was read, and without it there is damage: nothing shows whose it is.
      case needed(String)
      case leftOut(String)
    }

    let tokens: Int
    let revision: UInt64
    let log: Log

    var description: String {
      let aside =
        switch log {
        case .none: ""
        case .read(let log): ", with \(log),"
        case .addsNothing(let log): ", with \(log), which adds no change,"
        case .needed(let log): ", with \(log), without which it is damaged or altered: make sure that it is its own,"
        case .leftOut(let log): ", without \(log), which would take changes away,"
        }
      return "\(tokens) token\(tokens == 1 ? "" : "s") as of revision \(revision)\(aside)"
    }
  }

  /// Verifies the backup at `file`, and puts a copy of it in the place of the database in `directory`. What is there is
  /// kept under another name.
  /// - Throws: why it was not restored, such as that a daemon runs on the directory, and what is in the database's place
  ///   then. That is what was there, unless a file could not be moved back, or the disk be told at the end.
  package static func restore(_ file: String, to directory: String, at now: Instant) throws(Daemon.Failure) -> Report {
    System.keepFilesPrivate()
    let state = try StateDirectory(directory, makingIt: false)
    let prepared: Prepared
    do throws(RestoreRefusal) { prepared = try prepare(file, in: state) } catch {
      throw Daemon.Failure("\(error.why); nothing was changed")
    }
    // Moved, or of no use any more.
    defer { state.removeCopyToRestore() }
    let kept = try prepared.replacement.put(state.copyToRestore, at: now)
    return Report(copy: prepared.copy, kept: kept, directory: directory)
  }

  private struct Prepared: ~Copyable {
    let replacement: Replacement
    let copy: Copy
  }

  private static func prepare(
    _ file: String, in state: borrowing StateDirectory
  ) throws(RestoreRefusal) -> Prepared {
    let source = try RestoreSource(file)
    let replacement = try state.beginReplacement()
    let copy: Copy
    do throws(RestoreRefusal) { copy = try Self.copy(source, to: DatabaseFiles(state.copyToRestore)) } catch {
      state.removeCopyToRestore()
      replacement.giveUp()
      throw error
    }
    return Prepared(replacement: replacement, copy: copy)
  }

  /// Makes a copy that has all that its source has, in one file.
  ///
  /// What was put by, or left by a daemon that was killed, has its last changes in a log beside it, and may be in pieces
  /// without that. A log may be an older database's too, and nothing in it says so: only where it takes changes away, as
  /// their numbers show, it is left out.
  private static func copy(_ source: borrowing RestoreSource, to new: DatabaseFiles) throws(RestoreRefusal) -> Copy {
    guard let log = source.log else { return try verified(source, .none, to: new) }
    let bare = try endOfTrail(source, to: new)
    let whole: Copy
    do throws(RestoreRefusal) { whole = try verified(source, .read(log), to: new) } catch {
      // What else would be wrong without the log is of no use to know.
      guard error.isDamage, let bare = try? verified(source, .leftOut(log), to: new) else { throw error }
      throw RestoreRefusal(
        "\(error.why), or without \(log), which loses what was changed after revision \(bare.revision) if that is its own: move it away",
        isDamage: true)
    }
    guard let bare else { return Copy(tokens: whole.tokens, revision: whole.revision, log: .needed(log)) }
    if bare.revision > whole.revision {
      do throws(RestoreRefusal) { return try verified(source, .leftOut(log), to: new) } catch {
        guard error.isDamage else { throw error }
        throw RestoreRefusal(
          "\(error.why); with \(log), which is older or damaged too, it ends at revision \(whole.revision) of \(bare.revision)",
          isDamage: true)
      }
    }
    let chain: [UInt8]?
    do throws(StartFailure) { chain = try DatabaseCopy.chain(new.path, at: bare.revision) } catch {
      throw refusal(error, of: "\(source.name) with \(log)", in: new)
    }
    guard chain == bare.chain else {
      throw RestoreRefusal("\(source.name): \(log) is another database's log: its audit trail is another: move it away")
    }
    guard bare.revision == whole.revision else { return whole }
    return Copy(tokens: whole.tokens, revision: whole.revision, log: .addsNothing(log))
  }

  /// Copies a database, with its log or without, and checks the copy.
  private static func verified(
    _ source: borrowing RestoreSource, _ log: Copy.Log, to new: DatabaseFiles
  ) throws(RestoreRefusal) -> Copy {
    let path: String? = if case .read(let path) = log { path } else { nil }
    new.remove()
    try source.copy(to: new, withLog: path != nil)
    let name = source.name + (path.map { " with \($0)" } ?? "")
    do throws(StartFailure) {
      let (tokens, revision) = try DatabaseCopy.verify(new.path)
      return Copy(tokens: tokens, revision: revision, log: log)
    } catch {
      throw refusal(error, of: name, in: new)
    }
  }

  /// Where the trail of a database ends without its log; nil if it is damaged without it.
  private static func endOfTrail(
    _ source: borrowing RestoreSource, to new: DatabaseFiles
  ) throws(RestoreRefusal) -> (revision: UInt64, chain: [UInt8])? {
    new.remove()
    try source.copy(to: new, withLog: false)
    do throws(StartFailure) { return try DatabaseCopy.endOfTrail(new.path) } catch {
      switch error {
      case .damaged, .altered: return nil
      default: throw refusal(error, of: source.name, in: new)
      }
    }
  }

  /// What the copy holds is the backup's; what the disk has to say of it is not.
  private static func refusal(_ failure: StartFailure, of name: String, in new: DatabaseFiles) -> RestoreRefusal {
    switch failure {
    case .altered: RestoreRefusal("\(name) \(failure)")
    case .damaged: RestoreRefusal("\(name) \(failure.finding): name another backup", isDamage: true)
    case .newer, .foreign: RestoreRefusal("\(name) \(failure.finding): name another backup")
    case .busy, .missing, .unfinished, .denied, .full, .system:
      RestoreRefusal("\(new.path), the copy of \(name), \(failure)")
    }
  }
}
