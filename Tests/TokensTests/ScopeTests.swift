// Scopes, and sets of them.

import Testing
import Tokens

@Suite struct ScopeTests {
  @Test(arguments: [
    ("pipeline:read", "pipeline", "read"), ("a:b", "a", "b"), ("a1-_.z:w.-_9", "a1-_.z", "w.-_9"),
    (String(repeating: "x", count: 98) + ":y", String(repeating: "x", count: 98), "y"),
  ])
  func `a scope is a resource and an action`(name: String, resource: String, action: String) throws {
    let scope = try #require(Scope(name))
    #expect(scope.resource == resource)
    #expect(scope.action == action)
    #expect(scope.description == name)
  }

  @Test(arguments: [
    "", ":", "pipeline", "pipeline:", ":read", "pipeline:read:all", "Pipeline:read", "pipeline:Read", "1a:b", "a:1b",
    "-a:b", "a:_b", ".a:b", "pipe line:read", " pipeline:read", "pipeline:read ", "pipeline:read\n",
    "pipeline:\"read\"",
    "pipéline:read", "pipeline:*", "pipeline/read", "a:b\u{0}", "a::b",
    String(repeating: "x", count: 99) + ":y",
  ])
  func `what is not a scope's name is refused`(name: String) {
    #expect(Scope(name) == nil)
  }

  @Test func `scopes sort by name`() {
    let scopes = ["b:a", "a:b", "a:a"].compactMap { Scope($0) }
    #expect(scopes.sorted().map(\.description) == ["a:a", "a:b", "b:a"])
  }

  @Test func `a new scope set holds nothing`() {
    #expect(ScopeSet().numbers.isEmpty)
  }

  @Test(arguments: [[0], [511], [63, 64], [0, 1, 127, 128, 255, 256, 510, 511], Array(0..<512)])
  func `a scope set holds what was inserted and nothing else`(numbers: [Int]) {
    var set = ScopeSet()
    for number in numbers { set.insert(number) }
    #expect(set.numbers == numbers)
    for number in 0..<ScopeSet.capacity { #expect(set.contains(number) == numbers.contains(number)) }
  }

  @Test func `sets of the same scopes are equal, in whatever order they were filled`() {
    var left = ScopeSet()
    var right = ScopeSet()
    for number in [3, 70, 400] { left.insert(number) }
    for number in [400, 3, 70, 3] { right.insert(number) }
    #expect(left == right)
    #expect(Set([left, right]).count == 1)
    right.insert(4)
    #expect(left != right)
  }
}
