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
      token-prefix = acme_
      clients-group = tokend
      admin-group = adm

      """)
    var expected = Configuration()
    expected.stateDirectory = "/var/lib/tokend"
    expected.listen = "/run/v.sock"
    expected.adminListen = "/run/a.sock"
    expected.workers = 3
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
