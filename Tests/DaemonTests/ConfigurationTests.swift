// Which values will do, and what differs between two configurations.

import Testing

@testable import TokenDaemon

@Suite struct ConfigurationTests {
  private func set(_ key: Configuration.Key, _ value: String) throws(Configuration.Failure) -> Configuration {
    var configuration = Configuration()
    try configuration.set(key, to: value)
    return configuration
  }

  @Test(
    arguments: [
      (.workers, "0", "workers is '0': give a number from 1 to 64"), (.workers, "65", "workers is '65'"),
      (.workers, "x", "workers is 'x'"), (.workers, "1 ; one", "workers is '1 ; one'"),
      (.listen, "", "listen is empty: give a value"), (.tokenPrefix, "Acme_", "token-prefix is 'Acme_'"),
      (.tokenPrefix, "toolong_", "token-prefix is 'toolong_'"),
      (.usageInterval, "0", "usage-interval is '0': give seconds, 1 to 3600"),
      (.usageInterval, "3601", "usage-interval is '3601'"),
      (.logLevel, "Info", "log-level is 'Info': give one of error, warning, info, debug"),
      (.listen, "/run/a\u{0}b", "listen holds a control character: remove it"),
      (.stateDirectory, "/s\n", "state-dir holds a control character: remove it"),
      (.adminGroup, "\u{1B}[2J", "admin-group holds a control character: remove it"),
    ] as [(Configuration.Key, String, String)])
  func `a value that won't do is named, with what to give`(key: Configuration.Key, value: String, problem: String) {
    do throws(Configuration.Failure) {
      _ = try set(key, value)
      Issue.record("was taken")
    } catch {
      #expect(error.description.hasPrefix(problem), "\(error)")
    }
  }

  @Test(
    arguments: [
      ("off", .zero), ("0", .zero), ("0us", .zero), ("1us", .microseconds(1)), ("50us", .microseconds(50)),
      ("1000us", .milliseconds(1)), ("1ms", .milliseconds(1)), ("0ms", .zero),
    ] as [(String, Duration)])
  func `busy-poll is a time with its unit, or off`(text: String, time: Duration) throws {
    #expect(Configuration().busyPoll == .zero)
    #expect(try set(.busyPoll, text).busyPoll == time)
  }

  @Test(
    arguments: [
      "50", "1001us", "2ms", "1s", "50 us", "50US", "us", "-1us", "+1us", "0.5ms", "on", "0x1us", "\u{0661}us",
      "99999999999999999999us", "9223372036854775807ms",
    ])
  func `a busy-poll that won't do is named, with what to give`(value: String) {
    let problem = "busy-poll is '\(value)': give a whole number of us or ms, such as 50us, at most 1ms, or 'off'"
    #expect(throws: Configuration.Failure(problem)) { try set(.busyPoll, value) }
  }

  @Test func `log levels are in order, and info is what holds`() throws {
    #expect(Configuration().logLevel == .info)
    #expect(LogLevel.allCases == LogLevel.allCases.sorted())
    #expect(LogLevel.error < .warning && LogLevel.info < .debug && !(LogLevel.debug < .debug))
    for level in LogLevel.allCases { #expect(try set(.logLevel, level.rawValue).logLevel == level) }
  }

  @Test(
    arguments: zip(
      Configuration.Key.allCases,
      ["/s", "/v", "/a", "3", "50us", "acme_", "7", "clients", "admins", "others", "debug"]))
  func `every setting is set, read back, and told from the one before`(key: Configuration.Key, text: String) throws {
    let changed = try set(key, text)
    #expect(changed.text(of: key) == text)
    #expect(changed != Configuration())
    let changes = changed.changes(from: Configuration())
    #expect(changes.atOnce + changes.atRestart == [key])
    #expect(changes.atOnce.isEmpty == (key != .logLevel))
  }

  @Test func `a value written in another way is no change`() throws {
    let (first, second) = (try set(.busyPoll, "1ms"), try set(.busyPoll, "1000us"))
    #expect(second.changes(from: first).isEmpty)
    #expect(try set(.logLevel, "info").changes(from: Configuration()).isEmpty)
  }

  @Test func `what differs is told apart by when it takes effect`() throws {
    var new = try set(.logLevel, "debug")
    new.workers = 4
    new.adminGroup = "adm"
    let changes = new.changes(from: Configuration())
    #expect(changes.atOnce == [.logLevel] && changes.atRestart == [.workers, .adminGroup])
    #expect(!changes.isEmpty)
  }

  @Test func `a key's variable is its name in capitals`() {
    #expect(Configuration.Key.busyPoll.variable == "TOKEND_BUSY_POLL")
    #expect(Configuration.Key.stateDirectory.variable == "TOKEND_STATE_DIR")
    #expect(Configuration.Key.adminSocketGroup.variable == "TOKEND_ADMIN_SOCKET_GROUP")
    // What the client reads is never taken for a setting of the daemon's.
    let client = ["TOKEND_SOCKET", "TOKEND_ADMIN_SOCKET", "TOKEND_ORG", "TOKEND_TENANT"]
    #expect(Configuration.Key.allCases.allSatisfy { !client.contains($0.variable) })
  }
}
