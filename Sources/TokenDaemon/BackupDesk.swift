// The one copy of the database that is being made or read.

internal import Linux
internal import Store
internal import Tokens

/// A copy in the state directory: first in the making, then whole, until it is ended or nobody has read it for a while.
/// Owned by the journal's thread.
final class BackupDesk {
  /// How long a copy that is not read stands in the way of another.
  private static let patience: Duration = .seconds(60)
  /// Pages that are copied between two batches of changes.
  private static let pages: Int32 = 64
  /// Bytes of one piece.
  private static let pieceBytes = 1 << 20

  private let path: String
  private var id: UInt64 = 0
  private var copy: BackupCopy?
  private var isWhole = false
  private var failure: SQLiteError?
  private var lastRead = ContinuousClock.now

  /// - Parameter path: where copies are made, in the state directory. What a daemon before has left there goes.
  init(path: String) {
    self.path = path
    end()
  }

  /// Whether there are pages to copy.
  var hasWork: Bool { copy != nil }

  /// When a whole copy that nobody reads is to go; nil if there is none.
  var due: ContinuousClock.Instant? { isWhole ? lastRead + Self.patience : nil }

  /// Begins a copy.
  /// - Returns: its id, or the refusal if another is being read.
  func begin(_ store: TokenStore) -> Result<UInt64, Refusal> {
    if copy != nil || isWhole, ContinuousClock.now < lastRead + Self.patience {
      return .failure(
        Refusal(.exhausted, "BACKUP_RUNNING", "", "another backup is being made: try again when it has ended"))
    }
    end()
    do throws(SQLiteError) { copy = try store.beginCopy(at: path) } catch {
      return .failure(Refusal(.unavailable, "BACKUP_FAILED", "", "the copy could not be begun: \(error)"))
    }
    id += 1
    lastRead = .now
    return .success(id)
  }

  /// Copies some more pages, or removes a copy that nobody reads any more.
  func work() {
    if let due, due <= .now { end() }
    guard let copy else { return }
    do throws(SQLiteError) {
      guard try copy.step(pages: Self.pages) else { return }
      self.copy = nil
      isWhole = true
    } catch {
      Log.write(.backupFailed, "a backup failed: \(error)")
      // What there is of it may be what has filled the disk.
      end()
      failure = error
    }
  }

  /// A piece of the copy, or how far it has come.
  enum Piece {
    case making(left: Int, all: Int)
    case bytes([UInt8], size: Int)
  }

  func read(_ id: UInt64, from offset: UInt64) -> Result<Piece, Refusal> {
    guard id == self.id, copy != nil || isWhole || failure != nil else {
      return .failure(Refusal(.notFound, "UNKNOWN_BACKUP", "id", "this backup has ended: begin another"))
    }
    lastRead = .now
    if let failure {
      return .failure(Refusal(.unavailable, "BACKUP_FAILED", "id", "the copy could not be made: \(failure)"))
    }
    if let copy { return .success(.making(left: copy.progress.left, all: copy.progress.all)) }
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

  /// Removes the copy.
  func end(_ id: UInt64) { if id == self.id { end() } }

  private func end() {
    copy = nil
    isWhole = false
    failure = nil
    for file in [path, path + "-wal", path + "-shm", path + "-journal"] { System.remove(file) }
  }
}
