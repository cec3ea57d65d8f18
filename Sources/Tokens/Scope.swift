// A scope is the right to do one action to one kind of resource.

/// `resource:action`, such as `pipeline:read`.
package struct Scope: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The most bytes of a scope's name.
  package static let mostBytes = 100

  package let description: String

  /// - Returns: nil unless `name` is two words joined by a colon: lowercase letters, digits, `-`, `_` and `.`, each word
  ///   beginning with a letter, at most 100 bytes in all.
  package init?(_ name: String) {
    let words = name.utf8.split(separator: 0x3A, omittingEmptySubsequences: false)
    guard words.count == 2, name.utf8.count <= Self.mostBytes, words.allSatisfy(Self.isWord) else { return nil }
    description = name
  }

  private static func isWord(_ word: Substring.UTF8View) -> Bool {
    guard let first = word.first, (0x61...0x7A).contains(first) else { return false }
    return word.allSatisfy {
      (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E
    }
  }

  /// The part before the colon.
  package var resource: String { String(description.prefix { $0 != ":" }) }
  /// The part after the colon.
  package var action: String { String(description.drop { $0 != ":" }.dropFirst()) }

  package static func < (left: Scope, right: Scope) -> Bool { left.description < right.description }
}
