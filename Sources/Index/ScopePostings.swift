// The reverse index: from a scope to the tokens that hold it.

/// Token numbers by (binding, scope set). A token stands in one list only, at four bytes, however many scopes it holds;
/// a scope's tokens are the union over the sets that contain it. Owned by the writer.
package struct ScopePostings: Sendable {
  private struct Key: Hashable {
    let binding: UInt32
    let scopeSet: UInt32
  }

  /// A list that is being walked down.
  private struct Head {
    let list: [UInt32]
    var next: Int
    var value: UInt32 { list[next] }
  }

  private var lists: [Key: [UInt32]] = [:]
  /// The scope sets that have a list, by binding.
  private var scopeSets: [UInt32: [UInt32]] = [:]

  /// Adds a token. Numbers rise, so lists stay sorted.
  mutating func add(_ ordinal: UInt32, binding: UInt32, scopeSet: UInt32) {
    let key = Key(binding: binding, scopeSet: scopeSet)
    // In place: taking the list out first would copy it.
    guard lists[key]?.append(ordinal) == nil else { return }
    lists[key] = [ordinal]
    scopeSets[binding, default: []].append(scopeSet)
  }

  /// The numbers below `bound` in the lists of `scopeSets`, falling, at most `most`.
  func ordinals(binding: UInt32, scopeSets: Set<UInt32>, below bound: UInt32, most: Int) -> [UInt32] {
    var heads: [Head] = []
    for scopeSet in scopeSets {
      guard let list = lists[Key(binding: binding, scopeSet: scopeSet)] else { continue }
      let count = Self.count(list, below: bound)
      if count > 0 { heads.append(Head(list: list, next: count - 1)) }
    }
    var found: [UInt32] = []
    while found.count < most, let largest = heads.indices.max(by: { heads[$0].value < heads[$1].value }) {
      found.append(heads[largest].value)
      if heads[largest].next == 0 {
        heads.swapAt(largest, heads.count - 1)
        heads.removeLast()
      } else {
        heads[largest].next -= 1
      }
    }
    return found
  }

  /// All numbers of a binding, rising.
  func ordinals(binding: UInt32) -> [UInt32] {
    (scopeSets[binding] ?? []).flatMap { lists[Key(binding: binding, scopeSet: $0)] ?? [] }.sorted()
  }

  /// How many of a rising list are below `bound`.
  private static func count(_ list: [UInt32], below bound: UInt32) -> Int {
    var low = 0
    var high = list.count
    while low < high {
      let middle = (low + high) / 2
      if list[middle] < bound { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
