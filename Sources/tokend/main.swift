// tokend: reads flags and files, opens the daemon, runs it. Everything else is in TokenDaemon.

import Linux
import Options
import TokenDaemon
import Tokens

let accepted =
  [
    Option(name: "state-dir", argument: "DIR", help: "where the database is kept (made with mode 0700)"),
    Option(name: "listen", argument: "PATH", help: "the validation socket"),
    Option(name: "admin-listen", argument: "PATH", help: "the administration socket"),
    Option(name: "workers", argument: "N", help: "threads that answer, 1 to 64 (default 1)"),
    Option(
      name: "busy-poll", argument: "TIME",
      help: "how long a worker polls before it sleeps, such as 50us, 1ms at most (default off)"),
    Option(name: "clients-group", argument: "GROUP", help: "who may validate: the group of the validation socket"),
    Option(
      name: "admin-group", argument: "GROUP",
      help: "operators, who may do everything: the group of the administration socket"),
    Option(
      name: "admin-socket-group", argument: "GROUP", help: "who else may connect there, to do what grants allow them"),
    Option(name: "token-prefix", argument: "PREFIX", help: "what new tokens begin with (default tokend_)"),
    Option(
      name: "usage-interval", argument: "SECONDS", help: "how often it is written when tokens were used (default 60)"),
    Option(
      name: "log-level", argument: "LEVEL", help: "how much is logged: error, warning, info or debug (default info)"),
    Option(
      name: "config", argument: "FILE",
      help: "a file of 'key = value' lines, named as these options, with conf.d/*.conf beside it "
        + "(default \(ConfigurationSources.standardFile)); flags win, then TOKEND_STATE_DIR and its like"),
    Option(
      name: "check-config", help: "print the settings, and where each came from, or all that is wrong, and exit"),
    Option(
      name: "restore", argument: "FILE",
      help: "put a backup in the place of the database, while no daemon runs, and exit"),
    Option(name: "version", help: "print the version and exit"),
    Option(name: "help", short: "h", help: "print this and exit"),
  ]

/// Ends the program with a line on standard error. 2 is a usage error, 1 a refusal to start or go on, 74 that nobody took
/// an answer.
func fail(_ message: String, status: Int32, as event: LogEvent = .notStarted) -> Never {
  Log.write(event, message)
  System.exit(status)
}

/// Prints what was asked for, and ends the program: with 74 if nobody takes it, as tokend-client does.
func answer(_ text: String) -> Never {
  guard System.write(text, to: 1) else {
    System.write(
      "tokend: standard output can't be written to: \(text.split(separator: "\n").first ?? "")\n", to: 2)
    System.exit(74)
  }
  System.exit(0)
}

/// Follows --help and --version, which end the program.
func options() throws(UsageError) -> Options {
  let options = try Options.parse(
    Array(CommandLine.arguments.dropFirst()), accepting: accepted, stopAtFirstOperand: false)
  if options.has("help") {
    answer(
      "Usage: tokend --state-dir DIR --listen PATH --admin-listen PATH [OPTION]...\n"
        + "Validates API tokens for the services on this machine.\n\n" + Options.helpText(accepted))
  }
  if options.has("version") { answer("tokend \(Version.text)\n") }
  if let operand = options.operands.first {
    throw UsageError("'\(operand)' is not expected: tokend takes options only")
  }
  if options.has("check-config"), options.has("restore") {
    throw UsageError("--check-config and --restore do not go together: give one of them")
  }
  if options.value("restore") == "" { throw UsageError("--restore is empty: name a backup") }
  return options
}

/// What the program was started with.
func sources(_ options: Options) -> ConfigurationSources {
  var flags: [Configuration.Key: String] = [:]
  for key in Configuration.Key.allCases { flags[key] = options.value(key.rawValue) }
  return ConfigurationSources(
    flags: flags, variable: System.variable, file: options.value("config"),
    standardFile: ConfigurationSources.standardFile, user: System.effectiveUser)
}

/// Prints the settings, or what is wrong with them, and ends the program.
func check(_ sources: ConfigurationSources) -> Never {
  do throws(ConfigurationProblems) {
    answer(try sources.settings().table)
  } catch {
    // Without a prefix, as compilers print them and editors read them.
    System.write("\(error)\n", to: 2)
    fail("\(error.count == 1 ? "1 problem" : "\(error.count) problems"); see tokend.conf(5)", status: 2)
  }
}

System.occupyStandardStreams()
System.ignoreBrokenPipes()
let found: ConfigurationSources
let configuration: Configuration
let backup: String?
do {
  let options = try options()
  found = sources(options)
  if options.has("check-config") { check(found) }
  configuration = try found.load()
  Log.level = configuration.logLevel
  backup = options.value("restore")
} catch let problems as ConfigurationProblems {
  let lines = problems.description.split(separator: "\n")
  for line in lines.dropLast() { Log.write(.notStarted, String(line)) }
  fail("\(lines.last ?? ""); see tokend --help", status: 2)
} catch {
  fail("\(error); see tokend --help", status: 2)
}
do {
  if let backup {
    let now = Instant(seconds: System.secondsSinceEpoch())
    answer("\(try Restoration.restore(backup, to: configuration.stateDirectory, at: now))\n")
  }
  let environment = Environment(
    now: { Instant(seconds: System.secondsSinceEpoch()) },
    fillRandom: { span in
      do throws(Errno) {
        try System.fillRandom(&span)
        return true
      } catch {
        return false
      }
    })
  let daemon = try Daemon(configuration, environment: environment) { [found] () throws(ConfigurationProblems) in
    try found.load()
  }
  do {
    try daemon.run()
  } catch {
    fail("\(error)", status: 1, as: .failed)
  }
} catch {
  fail("\(error)", status: 1)
}
