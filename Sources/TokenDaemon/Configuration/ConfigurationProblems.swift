// Everything that is wrong with a configuration, so that one look mends it all.

/// What is wrong, in the order in which it is read: files, environment, flags, and then what does not go together.
package struct ConfigurationProblems: Error, Equatable, CustomStringConvertible {
  /// Each names its place, the setting and the next step; at most `Limits.configurationProblems`.
  package private(set) var list: [Configuration.Failure] = []
  /// How many there are beyond those.
  package private(set) var unlisted = 0

  package init() {}

  package var isEmpty: Bool { list.isEmpty }
  package var count: Int { list.count + unlisted }

  mutating func add(_ problem: String) {
    if list.count < Limits.configurationProblems {
      list.append(Configuration.Failure(problem))
    } else {
      unlisted += 1
    }
  }

  /// A line for each problem, and one that counts those that are not listed, if there are such.
  package var description: String {
    (list.map(\.description) + (unlisted > 0 ? ["and \(unlisted) more problems: mend these first"] : []))
      .joined(separator: "\n")
  }
}
