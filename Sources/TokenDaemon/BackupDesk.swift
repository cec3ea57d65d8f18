// The one copy of the database that is being made or read.

internal import Linux
internal import Store
internal import Tokens

/// A copy in the state directory: first in the making, then checked, then whole, until it is ended or nobody has read it for
/// a while. Owned by the journal's thread.
final class BackupDesk {
  /// How long a copy that is not read stands in the way of another.
  private static let patience: Duration = .seconds(60)
  /// Pages that are copied between two batches of changes.
  private static let pages: Int32 = 64
  /// Bytes of one piece.
  private static let pieceBytes = 1 << 20

  private let path: String
  /// Wakes its owner when a check has ended.
  private let ring: @Sendable () -> Void
  private var id: UInt64 = 0
  private var copy: BackupCopy?
  private var check: CopyCheck?
  private var isWhole = false
  /// Whether nobody wants it when it has been checked.
  private var isGivenUp = false
  /// Why there is no copy.
  private var failure: String?
  private var lastRead = ContinuousClock.now

  /// - Parameters:
  ///   - path: where copies are made, in the state directory. What a daemon before has left there goes.
  ///   - ring: wakes its owner: there is something to `work` at.
  init(path: String, ring: @escaping @Sendable () -> Void) {
    self.path = path
    self.ring = ring
    end()
  }

  /// Whether there are pages to copy.
  var hasWork: Bool { copy != nil }

  /// When a copy that nobody asks for is to go; nil if there is none, or it goes already.
  var due: ContinuousClock.Instant? { (isWhole || check != nil) && !isGivenUp ? lastRead + Self.patience : nil }

  /// Begins a copy.
  /// - Returns: its id, or the refusal if another is being made, checked or read.
  func begin(_ store: TokenStore) -> Result<UInt64, Refusal> {
    // A check has the files of its copy open as long as it runs.
    if check != nil || (copy != nil || isWhole) && ContinuousClock.now < lastRead + Self.patience {
      return .failure(
        Refusal(
          .exhausted, "BACKUP_RUNNING", "",
          "another backup is being made or checked, or was given up less than a minute ago: try again in a while"))
    }
    end()
    do throws(SQLiteError) { copy = try store.beginCopy(at: path) } catch {
      return .failure(Refusal(.unavailable, "BACKUP_FAILED", "", "the copy could not be begun: \(error)"))
    }
    // Not that of a copy which a daemon before has made: whoever still reads that one would get this.
    id = .random(in: 1 ... .max)
    lastRead = .now
    return .success(id)
  }

  /// Copies some more pages, or sees what became of the check, or removes a copy that nobody reads any more.
  /// - Returns: what damage the check has found.
  func work() -> StartFailure? {
    if let check {
      guard let result = check.result else {
        if isForgotten { giveUp(check) }
        return nil
      }
      self.check = nil
      if case .failure(let error) = result, !isGivenUp || error.isOfContent {
        fail("\(path), the copy, \(error.finding)")
        return error.isOfContent ? error : nil
      }
      if isGivenUp {
        end()
        return nil
      }
      isWhole = true
    }
    if isForgotten, copy != nil || isWhole { end() }
    guard let copy else { return nil }
    do {
      guard try copy.step(pages: Self.pages) else { return nil }
      self.copy = nil
      check = try CopyCheck(of: path, whenEnded: ring)
    } catch {
      let isFull = (error as? SQLiteError)?.isFull == true
      fail(isFull ? "the state directory's file system has no room for it: make room there, and ask again" : "\(error)")
      if let error = error as? SQLiteError, error.isCorrupt { return StartFailure(error) }
    }
    return nil
  }

  /// Whether nobody has asked for the copy for a while. Whoever waits for it asks all the time.
  private var isForgotten: Bool { lastRead + Self.patience <= .now }

  private func giveUp(_ check: CopyCheck) {
    isGivenUp = true
    check.stop()
  }

  private func fail(_ why: String) {
    Log.write(.backupFailed, "a backup failed: \(why)")
    // What there is of it may be what has filled the disk.
    end()
    failure = why
  }

  /// A piece of the copy, or how far it has come.
  enum Piece {
    case making(left: Int, all: Int)
    case bytes([UInt8], size: Int)
  }

  func read(_ id: UInt64, from offset: UInt64) -> Result<Piece, Refusal> {
    guard id == self.id, copy != nil || check != nil || isWhole || failure != nil else {
      return .failure(Refusal(.notFound, "UNKNOWN_BACKUP", "id", "this backup has ended: begin another"))
    }
    lastRead = .now
    if let failure {
      return .failure(Refusal(.unavailable, "BACKUP_FAILED", "id", "the copy could not be made: \(failure)"))
    }
    if let copy { return .success(.making(left: copy.progress.left, all: copy.progress.all)) }
    if check != nil { return .success(.making(left: 0, all: 0)) }
    do throws(Errno) {
      guard let size = try System.regularFileBytes(path) else {
        return .failure(
          Refusal(.unavailable, "BACKUP_FAILED", "id", "the copy has gone from the state directory: begin another"))
      }
      return .success(.bytes(try File.read(path, from: offset, most: Self.pieceBytes), size: size))
    } catch {
      return .failure(Refusal(.unavailable, "BACKUP_FAILED", "id", "the copy could not be read: \(error)"))
    }
  }

  /// Removes the copy; if it is being checked, once that has ended, which it does when it has walked over all pages.
  func end(_ id: UInt64) {
    guard id == self.id else { return }
    if let check { giveUp(check) } else { end() }
  }

  /// Removes the copy, whatever becomes of its check.
  func end() {
    check?.giveUp()
    copy = nil
    (isWhole, isGivenUp, failure) = (false, false, nil)
    DatabaseFiles(path).remove()
  }
}
