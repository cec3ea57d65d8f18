// The place where the writer puts the newest region and readers fetch it.

internal import Linux
private import Synchronization

/// Holds the current region. Readers come here only when the region they have says that it is superseded.
package final class PublishedIndex: Sendable {
  private let held: Mutex<Region>

  init(_ region: Region) { held = Mutex(region) }

  var current: Region { held.withLock { $0 } }

  /// Puts `region` in the place of the one that is current, and marks that one. Changes are written to `region` only
  /// after this has returned, so a reader that saw the old one unmarked saw everything that had been acknowledged.
  func publish(_ region: Region) {
    let old = held.withLock { current in
      let old = current
      current = region
      return old
    }
    old.memory.release32(Header.superseded, 1)
  }

  /// The bytes that the current region maps.
  package var mappedBytes: Int { current.memory.bytes }

  /// The last change that is visible.
  package var revision: UInt64 { current.revision }
}
