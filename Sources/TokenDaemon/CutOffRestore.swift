// A restore that did not come to its end, as the next start finds it.

internal import Linux
internal import Store

/// What a restore that was cut off has left. A start goes on from it where a whole database is in place, and says which.
struct CutOffRestore {
  private let directory: String
  private let database: String
  private let copy: DatabaseFiles
  private let mark: RestoreMark
  private let word: RestoreMark.Word

  /// nil if there is none.
  /// - Throws: if what it has left can't be understood.
  static func find(
    in directory: String, of database: String, copyingTo copy: DatabaseFiles, _ mark: RestoreMark
  ) throws(StartFailure) -> CutOffRestore? {
    let word: RestoreMark.Word
    do throws(RestoreMark.Unreadable) { word = try mark.read() } catch { throw .unfinished("\(error)") }
    let hasCopy: Bool
    do throws(Errno) { hasCopy = try System.isFile(at: copy.path) } catch {
      throw .unfinished("\(copy.path): \(error): see what that is, and remove it")
    }
    guard word != .nothing || hasCopy else { return nil }
    return CutOffRestore(directory: directory, database: database, copy: copy, mark: mark, word: word)
  }

  /// Forgets it, before it had moved anything, or after it had moved all. The disk is to know first what has been moved: what
  /// is acknowledged from now on would be gone with the database's name.
  /// - Throws: if the database is not to be opened as it is: why, and what to do.
  func end() throws(StartFailure) {
    let (strayed, isLogThere, what): (String?, Bool, String)
    do throws(Errno) {
      strayed = try word.strayedLog()
      isLogThere = try System.isFile(at: DatabaseFiles(database).log)
      what = try whatIsThere
    } catch {
      throw .system("\(error)")
    }
    // Moved back without its log, it would be as it was a while ago.
    if let strayed {
      throw .unfinished(
        "its log is \(strayed), where a restore that was cut off has put it: "
          + (isLogThere ? "" : "move that to \(DatabaseFiles(database).log), or ") + "restore the backup again")
    }
    do throws(Errno) { try System.sync(directory: directory) } catch {
      throw .unfinished(
        "a restore was cut off, and what it has moved is perhaps not on the disk (\(error)): see to the disk, and start again, or restore the backup again"
      )
    }
    copy.remove()
    do throws(Errno) { try mark.remove() } catch {
      throw .unfinished("\(mark.path), which says that a restore is under way, can't be removed: \(error)")
    }
    Log.write(.restoreEnded, "a restore was cut off: \(what)")
  }

  /// What is in the database's place, where there is one.
  private var whatIsThere: String {
    get throws(Errno) {
      switch word {
      case .nothing: return "the database is the one that was there"
      case .noDatabase: return "a backup is in place"
      case .database(let kept):
        return try System.isFile(at: kept)
          ? "a backup is in place, and the database that was in use is kept as \(kept)"
          : "the database is the one that was there, unless \(kept) was taken away since"
      }
    }
  }
}
