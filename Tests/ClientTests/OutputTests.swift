// What the client prints for people and for programs.
// Nothing that comes from the daemon may steer the terminal it is printed on.

import Testing

@testable import tokend_client

@Suite struct TableTests {
  static func table() -> Table {
    var table = Table(columns: [
      .init(title: "id", isRight: false, mayTruncate: false),
      .init(title: "uses", isRight: true, mayTruncate: false),
      .init(title: "description", isRight: false, mayTruncate: true),
    ])
    table.add(["tk_1", "7", "the deployment pipeline of the shop"])
    table.add(["tk_22", "1200", ""])
    return table
  }

  @Test func `columns are aligned under headings and no line ends in blanks`() {
    #expect(
      Self.table().text(width: nil) == """
        ID    USES DESCRIPTION
        tk_1     7 the deployment pipeline of the shop
        tk_22 1200

        """)
  }

  @Test func `a narrow terminal cuts only what may be cut`() {
    #expect(
      Self.table().text(width: 26) == """
        ID    USES DESCRIPTION
        tk_1     7 the deployment~
        tk_22 1200

        """)
  }

  @Test func `without a terminal nothing is cut`() {
    let long = String(repeating: "x", count: 3000)
    var table = Table(columns: [.init(title: "a", isRight: false, mayTruncate: true)])
    table.add([long])
    #expect(table.text(width: nil) == "A\n\(long)\n")
    #expect(table.text(width: 80) == "A\n\(String(repeating: "x", count: 79))~\n")
  }

  @Test func `what may wrap goes on in further lines, between words`() {
    var table = Table(columns: [
      .init(title: "set", isRight: false, mayTruncate: false),
      .init(title: "scopes", isRight: false, mayTruncate: false, mayWrap: true),
    ])
    table.add(["full", "pipeline:read pipeline:write alerts:read"])
    #expect(
      table.text(width: 32) == """
        SET  SCOPES
        full pipeline:read
             pipeline:write alerts:read

        """)
  }

  @Test func `a table without rows is empty`() {
    #expect(Table(columns: [.init(title: "a", isRight: false, mayTruncate: false)]).text(width: nil).isEmpty)
  }

  @Test(arguments: ["a\u{1B}[2Jb", "a\nb", "a\rb", "a\tb", "a\u{7F}b", "a\u{9B}2Jb", "a\u{202E}b"])
  func `a cell cannot steer the terminal`(cell: String) {
    var table = Table(columns: [
      .init(title: "x", isRight: false, mayTruncate: true), .init(title: "y", isRight: false, mayTruncate: false),
    ])
    table.add([cell, "end"])
    let lines = table.text(width: nil).split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[1].utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "\(lines[1])")
  }
}

@Suite struct JSONTests {
  @Test(arguments: [
    (JSON.string("a\"b\u{1B}\u{9B}é\0"), #""a\"b\u001B\u009B\u00E9\u0000""#), (.integer(.min), "-9223372036854775808"),
    (.integer(.max), "9223372036854775807"), (.bool(true), "true"), (.bool(false), "false"), (.null, "null"),
    (.array([]), "[]"), (.object([]), "{}"),
  ])
  func `a value has its JSON form`(value: JSON, text: String) {
    #expect(value.text == text)
  }

  @Test func `members keep their order`() {
    let value = JSON.object([("z", .integer(1)), ("a", .array([.null, .string("x")])), ("m", .object([]))])
    #expect(
      value.text == """
        {
          "z": 1,
          "a": [
            null,
            "x"
          ],
          "m": {}
        }
        """)
  }
}

@Suite struct TypingTests {
  static func typed(_ keys: String) -> Typing {
    var typing = Typing()
    for key in keys.utf8 where typing.outcome == nil { typing.pressed(key) }
    return typing
  }

  @Test(arguments: [
    ("abc\n", "abc"), ("abc\r", "abc"), ("abd\u{7F}c\n", "abc"), ("xyz\u{15}abc\n", "abc"), ("abc\u{04}", "abc"),
    ("\u{7F}\u{08}abc\n", "abc"), ("a\u{1B}b\u{1A}c\n", "abc"), ("\n", ""),
  ])
  func `keys make a line`(keys: String, line: String) {
    let typing = Self.typed(keys)
    #expect(typing.outcome == .line)
    #expect(String(decoding: typing.line, as: UTF8.self) == line)
  }

  @Test(arguments: [
    ("abc\u{03}", Typing.Outcome.interrupted), ("\u{04}", .ended), (String(repeating: "x", count: 4097), .tooLong),
  ])
  func `a line that is given up is wiped`(keys: String, outcome: Typing.Outcome) {
    let typing = Self.typed(keys)
    #expect(typing.outcome == outcome)
    #expect(typing.line.allSatisfy { $0 == 0 })
  }
}
