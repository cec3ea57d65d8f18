// The command line: what popt makes of it, and what a person is told.

import Options
import Testing

@Suite struct OptionsTests {
  static let accepted = [
    Option(name: "name", short: "n", argument: "NAME", help: "the name"),
    Option(name: "scope", argument: "SCOPE", help: "a scope"),
    Option(name: "json", help: "print JSON"),
  ]

  private func parse(_ words: [String], stopAtFirstOperand: Bool = false) throws(UsageError) -> Options {
    try Options.parse(words, accepting: Self.accepted, stopAtFirstOperand: stopAtFirstOperand)
  }

  private func problem(_ words: [String]) -> String? {
    do throws(UsageError) {
      _ = try parse(words)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func `options stand anywhere, in each of their forms`() throws {
    for words in [
      ["a", "--name", "x", "b", "--json"], ["--json", "--name=x", "a", "b"], ["-n", "x", "a", "--json", "b"],
    ] {
      let options = try parse(words)
      #expect(options.value("name") == "x" && options.has("json") && options.operands == ["a", "b"])
    }
  }

  @Test func `an option given again keeps every value in order`() throws {
    let options = try parse(["--scope", "a:read", "--scope=b:write", "--scope", ""])
    #expect(options.values("scope") == ["a:read", "b:write", ""] && options.value("scope") == "")
    #expect(options.values("name").isEmpty && options.value("name") == nil && !options.has("json"))
  }

  @Test func `words after two dashes are operands`() throws {
    #expect(try parse(["--json", "--", "--name", "-n"]).operands == ["--name", "-n"])
  }

  @Test func `everything after the first operand can be left alone`() throws {
    let options = try parse(["--json", "a", "--name", "x"], stopAtFirstOperand: true)
    #expect(options.operands == ["a", "--name", "x"] && !options.has("name"))
  }

  @Test(
    arguments: [
      (["--nmae", "x"], "--nmae: unknown option (did you mean --name?)"),
      (["--frobnicate"], "--frobnicate: unknown option"),
      (["--name"], "--name: needs a value (NAME)"), (["-n"], "-n: needs a value (NAME)"),
      (["-x"], "-x: unknown option"),
    ] as [([String], String)])
  func `a wrong option is named, with what was probably meant`(words: [String], text: String) {
    #expect(problem(words) == text)
  }

  @Test func `values of any text come through unchanged`() throws {
    for value in ["", " ", "é日本", "a=b", "'\"\\", "$(x)", "-", "%s", String(repeating: "x", count: 100_000)] {
      #expect(try parse(["--name=" + value]).value("name") == value)
      #expect(try parse(["--name", value]).value("name") == value)
    }
  }

  @Test func `help is one aligned line for each option`() {
    #expect(
      Options.helpText(Self.accepted) == """
          -n, --name NAME    the name
              --scope SCOPE  a scope
              --json         print JSON

        """)
  }

  @Test(
    arguments: [("tokne", "token"), ("token", "token"), ("permisson", "permission"), ("xyzzy", nil)]
      as [(String, String?)])
  func `a near word is suggested, a far one is not`(word: String, near: String?) {
    #expect(suggestion(for: word, among: ["token", "tenant", "permission"]) == near)
  }
}
