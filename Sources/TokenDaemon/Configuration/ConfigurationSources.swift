// Where the daemon's settings come from, and which source wins: flags, then the environment, then files, then defaults.

internal import Linux

/// Flags, environment and files, kept so that all of it can be read again while the daemon runs.
package struct ConfigurationSources: Sendable {
  private let flags: [Configuration.Key: String]
  private let variables: [Configuration.Key: String]
  private let given: String?
  private let standard: String
  private let stateDirectory: String?
  private let user: UInt32

  /// What is read if no file is given.
  package static let standardFile = "/etc/tokend/tokend.conf"

  /// Takes what does not change while the process runs. Nothing is judged yet.
  /// - Parameter variable: looks up a variable of the environment. Only the keys' own names are asked for, and
  ///   STATE_DIRECTORY, in which systemd passes a default for `state-dir` (systemd.exec(5)): other names that begin
  ///   with TOKEND_ are the client's or nobody's.
  /// - Parameter file: the file that was asked for, which must be there.
  /// - Parameter standardFile: what is read if none was asked for, should it be there.
  /// - Parameter user: whose files are trusted besides root's: the daemon's own.
  package init(
    flags: [Configuration.Key: String], variable: (String) -> String?, file: String?, standardFile: String, user: UInt32
  ) {
    self.flags = flags
    var variables: [Configuration.Key: String] = [:]
    for key in Configuration.Key.allCases { variables[key] = variable(key.variable) }
    self.variables = variables
    // Of several that a unit names, systemd joins the paths with colons.
    stateDirectory = variable(Self.stateVariable)?.split(separator: ":").first.map(String.init)
    given = file
    standard = standardFile
    self.user = user
  }

  private static let stateVariable = "STATE_DIRECTORY"

  /// The configuration as its sources are now. The files are read anew each time.
  /// - Throws: everything that is wrong with it.
  package func load() throws(ConfigurationProblems) -> Configuration { try settings().configuration }

  /// The same, with where each setting came from.
  package func settings() throws(ConfigurationProblems) -> EffectiveSettings {
    var settings = EffectiveSettings()
    if let stateDirectory {
      settings.set(.stateDirectory, to: stateDirectory, from: .variable(Self.stateVariable))
    }
    readFiles(into: &settings)
    for key in Configuration.Key.allCases {
      if let value = variables[key] { settings.set(key, to: value, from: .variable(key.variable)) }
    }
    for key in Configuration.Key.allCases {
      if let value = flags[key] { settings.set(key, to: value, from: .flag(key)) }
    }
    judge(&settings)
    guard settings.problems.isEmpty else { throw settings.problems }
    return settings
  }

  /// The file, and then those of conf.d beside it, of which each wins over those before it.
  private func readFiles(into settings: inout EffectiveSettings) {
    let main = given ?? standard
    let folder = String(main[..<(main.lastIndex(of: "/").map { main.index(after: $0) } ?? main.startIndex)]) + "conf.d"
    do throws(Configuration.Failure) {
      if let file = try ConfigurationFile(main, user: user) {
        file.apply(to: &settings)
      } else if given != nil {
        settings.noteUnread("\(main): is not there: create it, or start tokend without --config")
      }
    } catch {
      settings.noteUnread(error.description)
    }
    for name in names(in: folder, &settings) {
      let path = "\(folder)/\(name)"
      do throws(Configuration.Failure) {
        if let file = try ConfigurationFile(path, user: user) {
          file.apply(to: &settings)
        } else {
          settings.noteUnread("\(path): leads nowhere: mend the link, or remove it")
        }
      } catch {
        settings.noteUnread(error.description)
      }
    }
  }

  private func names(in path: String, _ settings: inout EffectiveSettings) -> [String] {
    let folder: Folder?
    do throws(Errno) {
      folder = try Folder(path, most: Limits.configurationFiles + 1) { $0.hasSuffix(".conf") && !$0.hasPrefix(".") }
    } catch {
      settings.noteUnread("\(path): can't be listed (\(error)): make it a directory that uid \(user) may read")
      return []
    }
    guard let folder else { return [] }
    // Whoever can add a file can add a link to one that is trusted.
    let (owner, mode) = (folder.ownership.uid, folder.ownership.mode)
    if let refusal = ConfigurationFile.refusal(of: path, owner: owner, mode: mode, user: user) {
      settings.noteUnread("\(path): \(refusal)")
      return []
    }
    guard folder.names.count <= Limits.configurationFiles else {
      let most = Limits.configurationFiles
      settings.noteUnread("\(path): has more than \(most) files that end in .conf: join some of them")
      return []
    }
    return folder.names
  }

  /// What no value shows by itself.
  private func judge(_ settings: inout EffectiveSettings) {
    let configuration = settings.configuration
    if settings.lacks(.stateDirectory) {
      settings.note(
        "--state-dir is missing: say where the database is kept: give --state-dir, or state-dir in \(given ?? standard)"
      )
    }
    if !configuration.listen.isEmpty, configuration.listen == configuration.adminListen {
      let origin = settings.origin(of: .adminListen)
      settings.note("\(origin): listen and admin-listen are both \(configuration.listen): name two sockets")
    }
    for key in [Configuration.Key.clientsGroup, .adminGroup, .adminSocketGroup] {
      guard let group = configuration.text(of: key), System.group(named: group) == nil else { continue }
      settings.note("\(settings.origin(of: key)): \(key.rawValue) is '\(group)', which does not exist: create it first")
    }
  }
}
