// Space on the disk for changes that can't wait until somebody has made room.

internal import Linux

/// Holds space beside the database, so that rights can be taken away when the disk is full. While it is not whole, that is
/// all there is room for. Owned by the journal's thread.
struct DiskReserve: ~Copyable {
  private var file: ReservedFile?

  /// Whether all of it is held, or none can be: then nothing is held back either.
  private(set) var isWhole = false
  /// When it was last said that the disk is full.
  private var told: ContinuousClock.Instant?

  /// Opens the reserve at `path`, and fills it if there is room.
  init(at path: String) {
    do throws(Errno) {
      file = try ReservedFile(at: path)
    } catch {
      doWithout(error)
    }
    refill()
    if !isWhole { tell() }
  }

  /// Fills it again, if there is room by now.
  mutating func refill() {
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
    do throws(Errno) { try file?.shrink(to: max(0, bytes - Limits.reserveShare)) } catch { return false }
    isWhole = false
    return true
  }

  private mutating func doWithout(_ error: Errno) {
    file = nil
    isWhole = true
    Log.write(.notReserved, "no space is held back for revocations on a full disk: \(error)")
  }

  /// Says that the disk is full, to be called whenever a change has found no room: at most once a minute.
  mutating func tell() {
    if let told, .now - told < .seconds(60) { return }
    told = .now
    Log.write(.diskFull, "the disk is full: until there is room, tokens are revoked and validated, and none is made")
  }
}
