// What is read from a file's lines, what is wrong with them, and which files are not read at all.

import Foundation
import Linux
import Testing

@testable import TokenDaemon

@Suite struct ConfigurationFileTests {
  private let home: ConfigurationHome

  init() throws { home = try ConfigurationHome() }

  private func read(_ text: String) throws -> Configuration {
    try home.write(text)
    return try home.sources(flags: [.stateDirectory: "/s"]).load()
  }

  @Test func `every key is read, with comments and blanks around it`() throws {
    try home.write(
      """
      # where
      state-dir = /var/lib/tokend
      listen=/run/v.sock
        ; and for administrators
      admin-listen = /run/a.sock
      workers = 3
      busy-poll = 50us
      \ttoken-prefix\t=\tacme_
      usage-interval = 5
      clients-group = root
      admin-group = daemon
      admin-socket-group = bin
      log-level = debug

      """)
    var expected = Configuration()
    expected.stateDirectory = "/var/lib/tokend"
    expected.listen = "/run/v.sock"
    expected.adminListen = "/run/a.sock"
    expected.workers = 3
    expected.busyPoll = .microseconds(50)
    expected.tokenPrefix = "acme_"
    expected.usageInterval = 5
    expected.clientsGroup = "root"
    expected.adminGroup = "daemon"
    expected.adminSocketGroup = "bin"
    expected.logLevel = .debug
    #expect(try home.sources().load() == expected)
  }

  @Test(
    arguments: [
      ("workers = 1\nnonsense = 1\n", "HOME/tokend.conf:2: unknown key 'nonsense': remove it; known are state-dir, "),
      ("\n\nworkers = x", "HOME/tokend.conf:3: workers is 'x'"),
      ("workers =", "HOME/tokend.conf:1: workers is empty: give a value"),
      ("[main]\nworkers = 1", "HOME/tokend.conf:1: there are no sections: remove [main]"),
      ("listen\nworkers = 1", "HOME/tokend.conf:1: is not of the form 'key = value': give it that"),
      ("listen = /a\n  nonsense = /b", "HOME/tokend.conf:2: unknown key 'nonsense'"),
      ("listen = /a\n\nlisten = /b", "HOME/tokend.conf:3: listen is set a second time, after line 1: leave one"),
      ("workers = 1 ; one", "HOME/tokend.conf:1: workers is '1 ; one'"),
      ("workers: 1", "HOME/tokend.conf:1: is not of the form 'key = value'"),
      ("Workers = 1", "HOME/tokend.conf:1: unknown key 'Workers'"),
      ("log-level = loud", "HOME/tokend.conf:1: log-level is 'loud': give one of error, warning, info, debug"),
      ("= 1", "HOME/tokend.conf:1: unknown key ''"),
      ("no\u{1B}se = 1", "HOME/tokend.conf:1: there is a control character: remove it"),
      ("listen = /a\u{0}b", "HOME/tokend.conf:1: there is a control character: remove it"),
      ("# a\u{2028}b\u{0B}\r\nworkers = 0", "HOME/tokend.conf:2: workers is '0'"),
      ("listen = /a\nadmin-listen = /a", "HOME/tokend.conf:2: listen and admin-listen are both /a: name two sockets"),
      (
        "admin-group = no-such-group",
        "HOME/tokend.conf:1: admin-group is 'no-such-group', which does not exist: create it first"
      ),
    ] as [(String, String)])
  func `a wrong line is named with its problem`(text: String, problem: String) throws {
    try home.write(text)
    let problems = home.problems()
    #expect(problems.count == 1 && problems.allSatisfy { $0.hasPrefix(problem) }, "\(problems)")
  }

  @Test func `all that is wrong is told, in order`() throws {
    try home.write("workers = 0\nlisten = /v\nnonsense\nbusy-poll = 1s\nlisten = /w\n")
    let starts = [":1: workers is", ":3: is not of the form", ":4: busy-poll is", ":5: listen is set a second"].map {
      "HOME/tokend.conf" + $0
    }
    let problems = home.problems()
    #expect(problems.count == starts.count)
    for (problem, start) in zip(problems, starts) { #expect(problem.hasPrefix(start), "\(problem)") }
  }

  @Test func `of very many problems a thousand are listed and the rest counted`() throws {
    try home.write(String(repeating: "x\n", count: 1200))
    do throws(ConfigurationProblems) {
      _ = try home.sources(flags: [.stateDirectory: "/s"]).load()
      Issue.record("was read")
    } catch {
      #expect(error.list.count == 1000 && error.unlisted == 200 && error.count == 1200)
      #expect(error.description.hasSuffix("\nand 200 more problems: mend these first"))
    }
  }

  @Test func `a long value is read whole, and an indented line is a line`() throws {
    let path = "/" + String(repeating: "p", count: 4000)
    let configuration = try read("listen = \(path)\r\n  admin-listen = /b;c#d\n")
    #expect(configuration.listen == path && configuration.adminListen == "/b;c#d")
  }

  @Test func `what is no file, or no text, is an error`() throws {
    #expect(home.problems() == ["HOME/tokend.conf: is not there: create it, or start tokend without --config"])
    try home.makeDirectory("tokend.conf")
    #expect(home.problems() == ["HOME/tokend.conf: is no regular file: put one in its place, or remove it"])
    try FileManager.default.removeItem(atPath: home.file)
    // Nobody writes to it: opening it must not wait for somebody who does.
    let made = unsafe mkfifo(home.file, 0o600)
    try #require(made == 0)
    #expect(home.problems() == ["HOME/tokend.conf: is no regular file: put one in its place, or remove it"])
    try FileManager.default.removeItem(atPath: home.file)
    try Data([0x6C, 0xFF]).write(to: URL(fileURLWithPath: home.file))
    try home.setMode(0o600, of: "tokend.conf")
    #expect(home.problems() == ["HOME/tokend.conf: is not UTF-8 text: write it anew"])
  }

  @Test func `a file of 1 MiB is read, and none with a byte more`() throws {
    let text = "workers = 2\n#" + String(repeating: "x", count: (1 << 20) - 13)
    #expect(try read(text).workers == 2)
    try home.write(text + "x")
    #expect(
      home.problems()
        == ["HOME/tokend.conf: has 1048577 bytes; a configuration has 1 MiB at most: cut it down"])
  }

  @Test(
    arguments: [
      (0, 0o644, 998, nil), (998, 0o600, 998, nil), (0, 0o664, 998, nil), (0, 0o644, 0, nil),
      (1000, 0o644, 998, "belongs to uid 1000, not to root or the daemon's uid 998"),
      (998, 0o644, 0, "belongs to uid 998, not to root or the daemon's uid 0"),
      (0, 0o666, 998, "can be written by anybody (mode 666)"),
      (998, 0o602, 998, "can be written by anybody (mode 602)"),
    ] as [(UInt32, UInt32, UInt32, String?)])
  func `only root and the daemon's user are trusted`(owner: UInt32, mode: UInt32, user: UInt32, problem: String?) {
    let refusal = ConfigurationFile.refusal(of: "/f", owner: owner, mode: mode, user: user)
    #expect((refusal == nil) == (problem == nil))
    if let refusal, let problem {
      #expect(refusal.hasPrefix(problem) && refusal.contains("chooses who is an operator"), "\(refusal)")
      #expect(refusal.hasSuffix(owner == 1000 || owner == 998 && user == 0 ? "chown root /f" : "chmod o-w /f"))
    }
  }

  @Test func `a file that anybody can write is refused before it is read`() throws {
    try home.write("nonsense = 1\n")
    try home.setMode(0o646, of: "tokend.conf")
    let problems = home.problems(flags: [:])
    #expect(problems.count == 1)
    #expect(problems[0].hasPrefix("HOME/tokend.conf: can be written by anybody (mode 646)"))
    #expect(problems[0].hasSuffix("run chmod o-w HOME/tokend.conf"))
  }

  @Test(.enabled(if: System.effectiveUser == 0, "only root gives files away"))
  func `a file of another user's is refused, behind a link too`() throws {
    try home.write("nonsense = 1\n", to: "theirs")
    let given = unsafe chown(home.path + "/theirs", 4242, 4242)
    try #require(given == 0)
    try FileManager.default.createSymbolicLink(atPath: home.file, withDestinationPath: home.path + "/theirs")
    let problems = home.problems(flags: [:])
    #expect(problems.count == 1)
    #expect(problems[0].hasPrefix("HOME/tokend.conf: belongs to uid 4242, not to root or the daemon's uid 0"))
  }

  @Test(.enabled(if: System.effectiveUser != 0, "root may read everything"))
  func `a file that can't be read is an error`() throws {
    try home.write("workers = 2\n")
    try home.setMode(0o000, of: "tokend.conf")
    #expect(home.problems().contains { $0.hasPrefix("HOME/tokend.conf: can't be read (open: Permission denied)") })
  }
}
