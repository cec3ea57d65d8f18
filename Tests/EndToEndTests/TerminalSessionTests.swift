// What a person at a terminal sees and answers: the dialogue, tables, pages, questions.

import Harness
import Foundation
import Testing
import TokenClient
import Wire

@Suite struct TerminalSessionTests {
  private let daemon: RunningDaemon

  init() throws {
    daemon = try RunningDaemon()
    try daemon.addTenant()
  }

  private func session(_ words: String..., columns: UInt16 = 80, more: [String: String] = [:]) throws -> PseudoTerminal
  {
    try PseudoTerminal(
      RunningDaemon.programs + "/tokend-client", words,
      environment: [
        "TOKEND_SOCKET": daemon.validationSocket, "TOKEND_ADMIN_SOCKET": daemon.adminSocket, "TOKEND_ORG": "acme",
        "TOKEND_TENANT": "prod",
      ].merging(more) { _, new in new }, columns: columns)
  }

  @Test func `a dialogue leads to a token that is shown once, in a box`() throws {
    let person = try session("token", "create")
    try person.expect("Name: ")
    try person.type("")
    try person.expect("a token needs a name")
    try person.expect("Name: ")
    try person.type("night shift")
    try person.expect("What is it for")
    try person.type("the report")
    try person.expect("4) Custom: choose scopes")
    try person.expect("Permissions [1-4]: ")
    try person.type("7")
    try person.expect("give a number from 1 to 4")
    try person.type("4")
    try person.expect("alerts: 13 alerts:read, 14 alerts:write")
    try person.expect("Scopes, by number or name")
    try person.type("99")
    try person.expect("give numbers from 1 to 16")
    try person.type("1,13-14")
    try person.expect("Expires")
    try person.type("yesterday")
    try person.expect("use a time from now")
    try person.type("90d")
    try person.expect("night shift in acme/prod, holds pipeline:read alerts:read alerts:write")
    try person.expect("Create it? [y/N] ")
    try person.type("y")
    try person.expect("| tokend_")
    try person.expect("This token is shown once")
    #expect(person.end() == 0)
    let secret = try #require(person.screen.components(separatedBy: "| ").last { $0.hasPrefix("tokend_") }?.prefix(55))
    let verdict = try daemon.validator.validate(
      String(secret), org: "acme", tenant: "prod", requiring: ["alerts:write"])
    #expect(verdict.reason == "ALLOWED" && verdict.tokenName == "night shift")
  }

  @Test func `a dialogue that is not confirmed makes nothing`() throws {
    let person = try session("token", "create", "--permission-set", "read-only", "--expires", "never")
    try person.expect("Name: ")
    try person.type("x")
    try person.expect("What is it for")
    try person.type("")
    try person.expect("Create it?")
    try person.type("")
    #expect(person.end() == 1)
    #expect(try daemon.client("token", "list").output.isEmpty)
  }

  @Test func `with no-input nobody is asked, at a terminal too`() throws {
    let person = try session("token", "create", "--no-input")
    try person.expect("no name: give the token one")
    #expect(person.end() == 2)
  }

  @Test func `a table fits the terminal, marks what it cuts, and colours states unless that is not wanted`() throws {
    _ = try daemon.create(String(repeating: "long", count: 20), scopes: [], set: "full-access")
    let person = try session("token", "list")
    #expect(person.end() == 0)
    let lines = person.screen.replacingOccurrences(of: "\u{1B}\\[[0-9;]*m", with: "", options: .regularExpression)
      .split(separator: "\n")
    #expect(lines.count == 2 && lines.allSatisfy { $0.count <= 80 } && lines[1].contains("…"), "\(lines)")
    #expect(person.screen.contains("\u{1B}[32mactive"))
    let plain = try session("token", "list", more: ["NO_COLOR": "1"])
    #expect(plain.end() == 0 && !plain.screen.contains("\u{1B}"))
    let narrow = try session("token", "list", columns: 50, more: ["NO_COLOR": "1"])
    #expect(narrow.end() == 0 && narrow.screen.split(separator: "\n").count == 2)
  }

  @Test func `the hint at the end of a page goes on with the same listing`() throws {
    for number in 0..<5 { _ = try daemon.create("n\(number)") }
    var hint = ["token", "list", "--sort", "name", "--limit", "2", "--columns", "name"]
    var seen: [String] = []
    for _ in 0..<3 {
      let run = try Run(
        RunningDaemon.programs + "/tokend-client", hint + ["--org", "acme", "--tenant", "prod"],
        environment: ["TOKEND_ADMIN_SOCKET": daemon.adminSocket])
      seen += run.output.split(separator: "\n").dropFirst().map(String.init)
      let more = run.errors.split(separator: "\n").first { $0.hasPrefix("more: tokend-client ") }
      guard let more else { break }
      // It repeats everything that was asked for.
      hint = more.dropFirst("more: tokend-client ".count).split(separator: " ").map(String.init)
      #expect(hint.contains("--org") && hint.contains("--columns"))
      hint = hint.filter { !["--org", "acme", "--tenant", "prod"].contains($0) }
    }
    #expect(seen == ["n0", "n1", "n2", "n3", "n4"])
    #expect(try daemon.client("token", "list", "--all", "--limit", "2", "--columns", "name").output.contains("n4"))
  }

  @Test func `revoking asks with the token's name, and only a yes revokes`() throws {
    let made = try daemon.create("ci-deploy")
    var person = try session("token", "revoke", "ci-deploy")
    try person.expect("Revoke 'ci-deploy' (\(made.token.id)) of acme/prod, last used")
    try person.expect("for ever? [y/N]")
    try person.type("n")
    #expect(person.end() == 1 && person.screen.contains("nothing was changed"))
    let asJSON = try session("token", "revoke", "ci-deploy", "--json")
    try asJSON.expect("[y/N]")
    try asJSON.type("n")
    #expect(asJSON.end() == 1 && asJSON.screen.contains("\"CANCELLED\""))
    #expect(try daemon.reason(made.secret) == "ALLOWED")
    person = try session("token", "revoke", "ci-deploy")
    try person.expect("[y/N]")
    try person.type("y")
    #expect(person.end() == 0)
    #expect(try daemon.reason(made.secret) == "REVOKED")
    // One that is not there is not asked about.
    person = try session("token", "revoke", "ci-deplyo")
    #expect(person.end() == 3 && !person.screen.contains("[y/N]"))
  }

  @Test func `many are revoked only after their number has been typed`() throws {
    for number in 0..<4 { _ = try daemon.create("ci-\(number)") }
    let kept = try daemon.create("kept")
    var person = try session("token", "revoke", "--name-prefix", "ci-")
    try person.expect("This revokes 4 tokens of acme/prod")
    try person.expect("Type 4 to go on: ")
    try person.type("5")
    #expect(person.end() == 1)
    person = try session("token", "revoke", "--name-prefix", "ci-")
    try person.expect("Type 4 to go on: ")
    try person.type("4")
    try person.expect("revoked 4 tokens")
    #expect(person.end() == 0)
    #expect(try daemon.reason(kept.secret) == "ALLOWED")
  }

  @Test func `a tenant is removed only after its name has been typed`() throws {
    let made = try daemon.create("a")
    let person = try session("tenant", "remove", "acme/prod")
    try person.expect("Removing acme/prod revokes 1 live token,")
    try person.expect("Type acme/prod to go on: ")
    try person.type("acme/prod")
    try person.expect("removed acme/prod, with 1 live tokens")
    #expect(person.end() == 0)
    #expect(try daemon.reason(made.secret) == "REVOKED")
  }

  @Test func `top shows rates, and q gives the terminal back`() throws {
    let made = try daemon.create("a")
    let person = try session("top", "--interval", "0.2", more: ["TERM": "xterm", "LANG": "C.UTF-8"])
    try person.expect("VERDICTS")
    // Each look at it is at least one round later than this.
    for _ in 0..<20 { _ = try daemon.reason(made.secret) }
    try person.expect("ALLOWED")
    try person.expect("acme/prod")
    try person.press("p")
    try person.expect("paused")
    try person.press("q")
    #expect(person.end() == 0)
    #expect(try person.echoes())
    // The cursor is shown and the other screen left (terminfo: cnorm, rmcup).
    #expect(person.screen.contains("\u{1B}[?1049l"))
  }

  @Test func `top without a terminal, or on one that is not known, says what to take instead`() throws {
    let run = try daemon.client("top")
    #expect(run.status == 2 && run.errors.contains("top needs a terminal: take tokend-client status --json"))
    for kind in ["no-such-kind", "dumb"] {
      let person = try session("top", columns: 120, more: ["TERM": kind])
      try person.expect("the terminal is of a kind that is not known here, or has no screen: set TERM")
      #expect(person.end() == 2)
    }
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func `top gives the terminal back when it is told to end`(signal: Int32) throws {
    let person = try session("top")
    try person.expect("q quit")
    person.send(signal)
    #expect(person.end() == 1)
    #expect(person.screen.contains("\u{1B}[?1049l"))
    #expect(try person.echoes())
  }

  @Test func `top ends by itself after so many looks, and when its terminal has gone`() throws {
    let counted = try session("top", "--interval", "0.2", "--count", "2")
    #expect(counted.end() == 0)
    // What was seen last is left on the screen that it gives back.
    #expect(counted.screen.components(separatedBy: "\u{1B}[?1049l").last?.contains("\nVERDICTS") == true)
    let left = try session("top")
    try left.expect("q quit")
    #expect(try left.hangUp() == 0)
  }

  @Test func `top says that the daemon has gone, and goes on when it is back`() throws {
    let first = try RunningDaemon()
    let person = try PseudoTerminal(
      RunningDaemon.programs + "/tokend-client", ["top", "--interval", "0.2"],
      environment: ["TOKEND_ADMIN_SOCKET": first.adminSocket, "NO_COLOR": "1"])
    try person.expect("q quit")
    first.kill()
    try person.expect("\(first.adminSocket)")
    let second = try RunningDaemon(home: first.home)
    try second.addTenant()
    // What a look after the return says in the place of the trouble.
    try person.expect("administration calls")
    _ = try second.reason("no token")
    try person.expect("MALFORMED")
    try person.press("q")
    #expect(person.end() == 0)
    // To the end of the sequence: a cursor moved to a column from 31 to 37 is written much like a colour (ECMA-48).
    #expect(person.screen.firstRange(of: /\u{1B}\[(?:[0-9]+;)*3[1-7](?:;[0-9]+)*m/) == nil)
  }
}
