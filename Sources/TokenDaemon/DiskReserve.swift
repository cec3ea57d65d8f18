// Space on the disk for changes that can't wait until somebody has made room.

internal import Linux

/// Holds space beside the database, so that rights can be taken away when the disk is full. While it is not whole, that is
/// all there is room for. Owned by the journal's thread.
struct DiskReserve: ~Copyable {
  private var file: ReservedFile?
  private let directory: String

  /// Whether all of it is held, or none can be: then nothing is held back either.
  private(set) var isWhole = false
  /// When it was last said that the disk is full.
  private var told: ContinuousClock.Instant?
  /// When it is looked again whether there is room; nil as long as no change has found the disk full. What still fits
  /// into a full disk says nothing of the next change.
  private(set) var due: ContinuousClock.Instant?

  /// Opens the reserve at `path`, and fills it if there is room.
  /// - Parameter directory: where else in its file system can be asked for room, if there can be no reserve.
  init(at path: String, in directory: String) {
    self.directory = directory
    do throws(Errno) {
      file = try ReservedFile(at: path, makingIt: true)
    } catch {
      doWithout(error)
    }
    refill()
    if !isWhole { noteFull() }
  }

  /// Whether a change has found the disk full, and no room was found since.
  var isDiskFull: Bool { due != nil }

  /// Fills it again, if there is room by now.
  private mutating func refill() {
    guard !isWhole else { return }
    do throws(Errno) {
      try file?.grow(to: Limits.reserveBytes)
      isWhole = true
    } catch {
      if !error.isOutOfSpace { doWithout(error) }
    }
  }

  /// Gives a share of it to the disk.
  /// - Returns: whether there was one.
  mutating func release() -> Bool {
    guard let bytes = file?.bytes, bytes > 0 else { return false }
    isWhole = false
    return file?.give(Limits.reserveShare) ?? false
  }

  private mutating func doWithout(_ error: Errno) {
    file = nil
    isWhole = true
    Log.write(.notReserved, "no space is held back for revocations on a full disk: \(error)")
  }

  /// To be called whenever a change has found no room. Says so at most once in `Limits.fullDiskReminder`.
  mutating func noteFull() {
    // Whoever asks again and again does not put it off.
    due = due ?? .now + Limits.fullDiskLook
    if let told, .now - told < Limits.fullDiskReminder { return }
    told = .now
    Log.write(.diskFull, Self.whatIsLeft(holding: file?.bytes))
  }

  /// - Parameter bytes: how many the reserve has; nil if there can be none.
  private static func whatIsLeft(holding bytes: Int64?) -> String {
    switch bytes {
    case nil:
      "the disk is full, and no space can be held back for revocations: until there is room, tokens are validated, few or none are made, and what is revoked may be refused"
    case 0?:
      "the disk has no room for the \(Limits.reserveBytes >> 20) MiB that are held back for revocations: until it has, tokens are validated, few or none are made, and what is revoked may be refused"
    default: "the disk is full: until there is room, tokens are revoked and validated, and few or none are made"
    }
  }

  /// Looks whether there is room by now: for itself, and for a share more.
  mutating func look() {
    refill()
    due = .now + Limits.fullDiskLook
    guard isWhole, hasRoomBeside() else { return }
    (due, told) = (nil, nil)
    Log.write(.diskHasRoom, "there is room on the disk again: tokens can be made")
  }

  /// Whether the disk has a share to give, or it can't be asked.
  private mutating func hasRoomBeside() -> Bool {
    guard file != nil else { return System.hasRoom(in: directory, for: Limits.reserveShare) }
    do throws(Errno) {
      try file?.grow(to: Limits.reserveBytes + Limits.reserveShare)
      try file?.shrink(to: Limits.reserveBytes)
      return true
    } catch {
      if !error.isOutOfSpace { doWithout(error) }
      return false
    }
  }
}
