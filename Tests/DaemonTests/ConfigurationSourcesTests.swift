// Which source of a setting wins, what belongs to a file, and that all of it can be read again.

import Foundation
import Linux
import Synchronization
import Testing

@testable import TokenDaemon

@Suite struct ConfigurationSourcesTests {
  private let home: ConfigurationHome

  init() throws { home = try ConfigurationHome() }

  @Test func `flags win over the environment, that over files, and those over defaults`() throws {
    try home.write("state-dir = /s\nworkers = 2\nusage-interval = 2\nbusy-poll = 2us\n")
    let settings = try home.sources(
      flags: [.workers: "4"], environment: ["TOKEND_WORKERS": "3", "TOKEND_USAGE_INTERVAL": "3"]
    ).settings()
    #expect(settings.configuration.workers == 4 && settings.origin(of: .workers) == .flag(.workers))
    #expect(settings.configuration.usageInterval == 3)
    #expect(settings.origin(of: .usageInterval) == .variable("TOKEND_USAGE_INTERVAL"))
    #expect(settings.configuration.busyPoll == .microseconds(2))
    #expect(settings.origin(of: .busyPoll) == .file(home.file, line: 4))
    #expect(settings.configuration.tokenPrefix == "tokend_" && settings.origin(of: .tokenPrefix) == .standard)
  }

  @Test func `files of conf-d win over the file, later ones over earlier, in the order of bytes`() throws {
    try home.write("state-dir = /s\nworkers = 1\nusage-interval = 1\nlisten = /v\n")
    // 10 comes before 9, capitals before small letters, and those before what is not ASCII.
    for (number, name) in ["10-x", "9-x", "B", "a", "\u{E9}"].enumerated() {
      try home.write("workers = \(number + 2)\n", to: "conf.d/\(name).conf")
    }
    try home.write("usage-interval = 9\n", to: "conf.d/05.conf")
    let settings = try home.sources().settings()
    #expect(settings.configuration.workers == 6)
    #expect(settings.origin(of: .workers) == .file(home.path + "/conf.d/\u{E9}.conf", line: 1))
    #expect(settings.configuration.usageInterval == 9 && settings.configuration.listen == "/v")
    #expect(
      settings.files.map { $0.replacingOccurrences(of: home.path + "/", with: "") }
        == ["tokend.conf"] + ["05", "10-x", "9-x", "B", "a", "\u{E9}"].map { "conf.d/\($0).conf" })
  }

  @Test func `other names in conf-d are left alone`() throws {
    try home.write("state-dir = /s\n")
    for name in ["README", "x.conf~", "x.conf.bak", ".x.conf", ".conf", "x.CONF", "conf"] {
      try home.write("nonsense\n", to: "conf.d/\(name)")
    }
    try home.makeDirectory("conf.d/old")
    #expect(home.problems() == [])
  }

  @Test func `an entry of conf-d that is no file is named`() throws {
    try home.write("")
    try home.makeDirectory("conf.d/10-a.conf")
    try FileManager.default.createSymbolicLink(
      atPath: home.path + "/conf.d/20-b.conf", withDestinationPath: "/no/such/file")
    try home.write("nonsense = 1\n", to: "conf.d/30-c.conf")
    let problems = home.problems()
    #expect(problems.count == 3)
    #expect(problems[0] == "HOME/conf.d/10-a.conf: is no regular file: put one in its place, or remove it")
    #expect(problems[1] == "HOME/conf.d/20-b.conf: leads nowhere: mend the link, or remove it")
    #expect(problems[2].hasPrefix("HOME/conf.d/30-c.conf:1: unknown key 'nonsense'"))
  }

  @Test func `a hundred files are read, and none if there are more`() throws {
    try home.write("")
    for number in 1...100 { try home.write("workers = 2\n", to: "conf.d/\(number).conf") }
    #expect(home.problems() == [])
    try home.write("workers = 2\n", to: "conf.d/101.conf")
    #expect(home.problems() == ["HOME/conf.d: has more than 100 files that end in .conf: join some of them"])
  }

  @Test func `a conf-d that anybody can write, or that is none, is refused`() throws {
    try home.write("")
    try home.write("workers = 2\n", to: "conf.d/x.conf")
    // A sticky bit keeps nobody from adding a file.
    try home.setMode(0o1777, of: "conf.d")
    let problems = home.problems()
    #expect(problems.count == 1)
    #expect(problems[0].hasPrefix("HOME/conf.d: can be written by anybody (mode 1777)"))
    try FileManager.default.removeItem(atPath: home.path + "/conf.d")
    try home.write("workers = 2\n", to: "conf.d")
    #expect(home.problems()[0].hasPrefix("HOME/conf.d: can't be listed (open: Not a directory)"))
  }

  @Test func `the standard file need not be there, and conf-d beside it is read`() throws {
    #expect(home.problems(isGiven: false) == [])
    try home.write("workers = 7\n", to: "conf.d/x.conf")
    #expect(try home.sources(flags: [.stateDirectory: "/s"], isGiven: false).load().workers == 7)
    #expect(
      home.problems(isGiven: true) == ["HOME/tokend.conf: is not there: create it, or start tokend without --config"])
  }

  @Test func `only the settings' own variables are asked for`() {
    let asked = Mutex<Set<String>>([])
    _ = ConfigurationSources(
      flags: [:],
      variable: { name in
        _ = asked.withLock { $0.insert(name) }
        return nil
      }, file: nil, standardFile: home.file, user: 0)
    #expect(asked.withLock { $0 } == Set(Configuration.Key.allCases.map(\.variable) + ["STATE_DIRECTORY"]))
    // The client's, systemd's and a misspelt one are nobody's problem.
    let environment = [
      "TOKEND_SOCKET": "", "TOKEND_ADMIN_SOCKET": "/a", "TOKEND_ORG": "o", "TOKEND_TENANT": "t", "TOKEND_WORKER": "9",
      "TOKEND_CONFIG": "/no/such",
    ]
    #expect(home.problems(environment: environment, isGiven: false) == [])
  }

  @Test func `a wrong value is named in the environment and on the command line`() throws {
    try home.write("workers = 0\n")
    let problems = home.problems(
      flags: [.workers: "65", .stateDirectory: "/s"], environment: ["TOKEND_WORKERS": "x", "TOKEND_LISTEN": ""])
    #expect(problems.count == 4)
    for (problem, start) in zip(
      problems,
      [
        "HOME/tokend.conf:1: workers is '0'", "TOKEND_LISTEN: listen is empty", "TOKEND_WORKERS: workers is 'x'",
        "--workers: workers is '65'",
      ])
    {
      #expect(problem.hasPrefix(start), "\(problem)")
    }
  }

  @Test func `systemd's state directory is used if nobody names one`() throws {
    let environment = ["STATE_DIRECTORY": "/var/lib/tokend:/var/lib/other"]
    let settings = try home.sources(environment: environment, isGiven: false).settings()
    #expect(settings.configuration.stateDirectory == "/var/lib/tokend")
    #expect(settings.origin(of: .stateDirectory) == .variable("STATE_DIRECTORY"))
    try home.write("state-dir = /s\n")
    #expect(try home.sources(environment: environment).load().stateDirectory == "/s")
  }

  @Test func `that nobody names a state directory is a problem, once`() throws {
    let missing =
      "--state-dir is missing: say where the database is kept: give --state-dir, or state-dir in HOME/tokend.conf"
    #expect(home.problems(flags: [:], isGiven: false) == [missing])
    #expect(home.problems(flags: [:], environment: ["STATE_DIRECTORY": ":"], isGiven: false) == [missing])
    try home.write("state-dir =\n")
    #expect(home.problems(flags: [:]).count == 1)
  }

  @Test func `the files are read anew each time, and what was there stays if they won't do`() throws {
    try home.write("workers = 2\nlog-level = info\n")
    let sources = home.sources(flags: [.stateDirectory: "/s"])
    let first = try sources.load()
    try home.write("workers = 3\nlog-level = debug\n")
    let changes = try sources.load().changes(from: first)
    #expect(changes.atOnce == [.logLevel] && changes.atRestart == [.workers])
    try home.write("workers = many\n")
    #expect(throws: ConfigurationProblems.self) { try sources.load() }
  }

  @Test func `the table has a line for each setting and where it came from`() throws {
    try home.write("state-dir = /s\n")
    try home.write("\nbusy-poll = 1ms\n", to: "conf.d/10-x.conf")
    let table = try home.sources(flags: [.workers: "2"], environment: ["TOKEND_LISTEN": "/v"]).settings().table
    #expect(
      table.replacingOccurrences(of: home.path, with: "HOME") == """
        # all is well: read HOME/tokend.conf, HOME/conf.d/10-x.conf
        state-dir          = /s        # HOME/tokend.conf:1
        listen             = /v        # TOKEND_LISTEN
        admin-listen       =           # not set: the socket is systemd's to pass
        workers            = 2         # --workers
        busy-poll          = 1000us    # HOME/conf.d/10-x.conf:2
        token-prefix       = tokend_   # default
        usage-interval     = 60        # default
        clients-group      =           # not set
        admin-group        =           # not set
        admin-socket-group =           # not set
        log-level          = info      # default

        """)
  }
}
