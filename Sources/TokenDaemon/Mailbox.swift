// Where one thread leaves values for another, which is woken.

internal import Linux
private import Synchronization

/// A bounded queue with a bell. Any thread puts; the owner takes all there is.
final class Mailbox<Element: Sendable>: Sendable {
  private let held = Mutex<(elements: [Element], isClosed: Bool)>(([], false))
  private let capacity: Int
  let wakeup: Wakeup

  init(capacity: Int) throws(Errno) {
    self.capacity = capacity
    wakeup = try Wakeup()
  }

  /// Leaves `element`; `false` if the box is full or closed.
  func put(_ element: Element) -> Bool {
    let (isTaken, isFirst) = held.withLock { held in
      guard !held.isClosed, held.elements.count < capacity else { return (false, false) }
      held.elements.append(element)
      return (true, held.elements.count == 1)
    }
    // For others that lie there the bell has been rung, and whoever takes them takes this one too, or rings again.
    if isFirst { wakeup.ring() }
    return isTaken
  }

  /// Leaves all of `elements`, whatever the capacity: they answer what was let in before.
  func put(all elements: [Element]) {
    held.withLock { $0.elements += elements }
    wakeup.ring()
  }

  /// Takes out at most `most` elements, oldest first.
  func take(most: Int) -> [Element] {
    wakeup.hush()
    return held.withLock { held in
      let taken = Array(held.elements.prefix(most))
      held.elements.removeFirst(taken.count)
      // What stays must be heard of again.
      if !held.elements.isEmpty || held.isClosed { wakeup.ring() }
      return taken
    }
  }

  /// Lets nothing more in.
  func close() {
    held.withLock { $0.isClosed = true }
    wakeup.ring()
  }

  /// How many wait in it.
  var count: Int { held.withLock { $0.elements.count } }

  /// Whether nothing is let in any more.
  var isClosed: Bool { held.withLock { $0.isClosed } }

  var isClosedAndEmpty: Bool { held.withLock { $0.isClosed && $0.elements.isEmpty } }
}
