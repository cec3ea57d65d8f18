// What is read from files, and what is wrong with them, by line.

import Foundation
import Testing

@testable import TokenDaemon

@Suite struct ConfigurationTests {
  private func read(_ text: String) throws -> Configuration {
    let path = NSTemporaryDirectory() + "tokend-" + UUID().uuidString.prefix(8) + ".conf"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    var configuration = Configuration()
    do throws(Configuration.Failure) {
      try configuration.read(path)
    } catch {
      throw Configuration.Failure(error.description.replacingOccurrences(of: path, with: "FILE"))
    }
    return configuration
  }

  @Test func `every key is read, with comments and blanks around it`() throws {
    let configuration = try read(
      """
      # where
      state-dir = /var/lib/tokend
      listen=/run/v.sock
        ; and for administrators
      admin-listen = /run/a.sock
      workers = 3
      busy-poll = 50us
      token-prefix = acme_
      clients-group = tokend
      admin-group = adm

      """)
    var expected = Configuration()
    expected.stateDirectory = "/var/lib/tokend"
    expected.listen = "/run/v.sock"
    expected.adminListen = "/run/a.sock"
    expected.workers = 3
    expected.busyPoll = .microseconds(50)
    expected.tokenPrefix = "acme_"
    expected.clientsGroup = "tokend"
    expected.adminGroup = "adm"
    #expect(configuration == expected)
  }

  @Test(
    arguments: [
      ("workers = 1\nnonsense = 1\n", "FILE:2: unknown key 'nonsense'"), ("workers = 0", "FILE:1: workers is '0'"),
      ("workers = 65", "FILE:1: workers is '65'"), ("\n\nworkers = x", "FILE:3: workers is 'x'"),
      ("workers =", "FILE:1: workers is empty"), ("token-prefix = Acme_", "FILE:1: token-prefix is 'Acme_'"),
      ("token-prefix = toolong_", "FILE:1: token-prefix is 'toolong_'"),
      ("[main]\nworkers = 1", "FILE:1: there are no sections: remove [main]"),
      ("listen\nbad = 1", "FILE:1: is not of the form 'key = value'"),
      ("listen = /a\n  nonsense = /b", "FILE:2: unknown key 'nonsense'"),
      ("listen = /a\nlisten = /b", "FILE:2: listen is set a second time"),
      ("workers = 1 ; one", "FILE:1: workers is '1 ; one'"),
      ("workers: 1", "FILE:1: is not of the form 'key = value'"),
      ("workers", "FILE:1: is not of the form 'key = value'"),
    ] as [(String, String)])
  func `a wrong line is named with its problem`(text: String, problem: String) {
    do {
      _ = try read(text)
      Issue.record("was read")
    } catch {
      #expect("\(error)".hasPrefix(problem), "\(error)")
    }
  }

  @Test(
    arguments: [
      ("off", .zero), ("0", .zero), ("0us", .zero), ("1us", .microseconds(1)), ("50us", .microseconds(50)),
      ("1000us", .milliseconds(1)), ("1ms", .milliseconds(1)), ("0ms", .zero),
    ] as [(String, Duration)])
  func `busy-poll is a time with its unit, or off`(text: String, time: Duration) throws {
    #expect(Configuration().busyPoll == .zero)
    #expect(try read("busy-poll = \(text)").busyPoll == time)
  }

  @Test(
    arguments: [
      "50", "1001us", "2ms", "1s", "50 us", "50US", "us", "-1us", "+1us", "0.5ms", "on", "0x1us", "\u{0661}us",
      "99999999999999999999us", "9223372036854775807ms",
    ])
  func `a busy-poll that won't do is named, with what to give`(value: String) {
    let problem =
      "FILE:1: busy-poll is '\(value)': give a whole number of us or ms, such as 50us, at most 1ms, or 'off'"
    #expect(throws: Configuration.Failure(problem)) { try read("busy-poll = \(value)") }
  }

  @Test func `a long value is read whole, and an indented line is a line`() throws {
    let path = "/" + String(repeating: "p", count: 4000)
    let configuration = try read("listen = \(path)\r\n  admin-listen = /b;c#d\n")
    #expect(configuration.listen == path && configuration.adminListen == "/b;c#d")
  }

  @Test func `what is no file is an error`() {
    var configuration = Configuration()
    for path in ["/no/such.conf", "/etc", "/dev/zero"] {
      #expect(throws: Configuration.Failure("\(path): is no file that can be read")) { try configuration.read(path) }
    }
  }
}
