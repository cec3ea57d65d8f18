// Where tokens stood before they were changed, so that a listing that has begun goes on as it began.

/// The last changes of what listings by state, by expiry and by last use sort by. A page token bears a moment; until as many
/// changes as are kept here have followed it, every token's place at that moment can be told.
struct PlaceHistory {
  /// What a token was before a change.
  struct Before {
    let ordinal: UInt32
    let tenant: Int64
    let state: Int64
    let expiry: Int64
    let lastUsed: Int64
  }

  private let capacity: Int
  /// The newest changes; those before `head` are forgotten.
  private var changes: [Before] = []
  private var head = 0
  /// How many changes came before `changes[0]`.
  private var base: UInt64 = 0

  init(capacity: Int) { self.capacity = capacity }

  /// The moment that is now: the number of changes so far.
  var now: UInt64 { base + UInt64(changes.count) }

  mutating func record(_ before: Before) {
    changes.append(before)
    if changes.count - head > capacity { head += 1 }
    guard head > capacity else { return }
    // Now and then, so that a change costs little on average.
    changes.removeFirst(head)
    base += UInt64(head)
    head = 0
  }

  /// The tokens of `tenant` that have changed since `moment`, as they were then; nil if that is forgotten.
  func moved(since moment: UInt64, tenant: Int64) -> [UInt32: Before]? {
    guard moment >= base + UInt64(head), moment <= now else { return nil }
    var moved: [UInt32: Before] = [:]
    for change in changes[Int(moment - base)...] where change.tenant == tenant && moved[change.ordinal] == nil {
      moved[change.ordinal] = change
    }
    return moved
  }
}
