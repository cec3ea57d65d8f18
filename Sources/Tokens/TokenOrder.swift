// In which order a tenant's tokens are listed.

/// A sort, and its direction. Tokens that are equal by it stand in the order in which they were made, so every order is
/// total.
package struct TokenOrder: Sendable, Equatable {
  /// What tokens can be sorted by; raw values are how requests spell it.
  package enum Sort: String, Sendable, CaseIterable {
    /// In the order in which they were made.
    case created
    /// What never expires comes after everything that does.
    case expires
    /// What was never used comes before everything that was.
    case lastUsed = "last-used"
    /// By the bytes of the name.
    case name
    /// Expired, active, disabled, revoked; within each by expiry. (A disabled token that has expired is disabled.)
    case state
  }

  package let sort: Sort
  package let isDescending: Bool

  /// What a listing is sorted by if nothing is said: newest first.
  package static let newestFirst = TokenOrder(.created, isDescending: true)

  package init(_ sort: Sort, isDescending: Bool) {
    self.sort = sort
    self.isDescending = isDescending
  }

  /// Reads the fields of a request; an empty name is newest first.
  package init(named name: String, isDescending: Bool) throws(Refusal) {
    guard !name.isEmpty else {
      self = .newestFirst
      return
    }
    guard let sort = Sort(rawValue: name) else {
      let known = Sort.allCases.map(\.rawValue).joined(separator: ", ")
      throw Refusal(.invalid, "UNKNOWN_SORT", "sort", "sort is none of those there are: choose \(known)")
    }
    self.init(sort, isDescending: isDescending)
  }

  /// Whether a token's place can change while it is listed. Its expiry does when it is rotated with a grace.
  package var isMutable: Bool { sort == .state || sort == .lastUsed || sort == .expires }
}

/// Where a token stands in an order: its key there, and its number.
package struct TokenPlace: Sendable, Hashable, Comparable {
  /// What the order sorts by; those that it does not need are 0 or empty.
  package let first: Int64
  package let second: Int64
  package let name: String
  package let ordinal: UInt32

  package init(first: Int64 = 0, second: Int64 = 0, name: String = "", ordinal: UInt32) {
    self.first = first
    self.second = second
    self.name = name
    self.ordinal = ordinal
  }

  /// Reads what `text` gives.
  package init?(_ text: String) {
    let parts = text.split(separator: ",", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4, let first = Int64(parts[0]), let second = Int64(parts[1]), let ordinal = UInt32(parts[2])
    else { return nil }
    self.init(first: first, second: second, name: String(parts[3]), ordinal: ordinal)
  }

  package var text: String { "\(first),\(second),\(ordinal),\(name)" }

  package static func < (left: TokenPlace, right: TokenPlace) -> Bool {
    if left.first != right.first { return left.first < right.first }
    if left.second != right.second { return left.second < right.second }
    if left.name != right.name { return left.name.utf8.lexicographicallyPrecedes(right.name.utf8) }
    return left.ordinal < right.ordinal
  }
}
