// The two sockets that peers connect to, and whom they let in.

internal import Linux

/// The two listening sockets, shared by all workers.
final class Listeners: Sendable {
  let validation: UnixListener
  let administration: UnixListener

  /// Whether both outlive the daemon: systemd has them too.
  var arePassed: Bool { !validation.isOwn && !administration.isOwn }

  /// Looks whether each socket has a path or was passed in, and makes nothing.
  /// - Throws: which has neither, and what to do.
  static func check(_ configuration: Configuration, passed: [(name: String, fd: Int32)]) throws(Daemon.Failure) {
    for (name, path, flag) in [
      ("validate", configuration.listen, "listen"), ("admin", configuration.adminListen, "admin-listen"),
    ] where path.isEmpty && !passed.contains(where: { $0.name == name }) {
      throw Daemon.Failure("no \(name) socket: give --\(flag) PATH, or have systemd pass one named '\(name)'")
    }
  }

  /// Takes the sockets that were passed in by name, and makes those that were not where the configuration says.
  /// - Throws: what is missing or wrong, and what to do.
  init(_ configuration: Configuration, passed: [(name: String, fd: Int32)]) throws(Daemon.Failure) {
    func listener(_ name: String, _ path: String, _ group: String?) throws(Daemon.Failure) -> UnixListener {
      let group = try Self.group(group)
      let passed = passed.first { $0.name == name }?.fd
      do throws(UnixListener.Failure) {
        if let passed { return try UnixListener(adopting: passed) }
        return try UnixListener(at: path, group: group)
      } catch {
        throw Daemon.Failure(error.description)
      }
    }
    validation = try listener("validate", configuration.listen, configuration.clientsGroup)
    administration = try listener(
      "admin", configuration.adminListen, configuration.adminSocketGroup ?? configuration.adminGroup)
  }

  /// The group whose members do everything: the one that is named, or that of the administration socket unless others
  /// are let in there, or on the other socket, on purpose.
  func operators(_ configuration: Configuration) throws(Daemon.Failure) -> UInt32? {
    if let name = configuration.adminGroup { return try Self.group(name) }
    if configuration.adminSocketGroup != nil { return nil }
    // A group that can't be read gives nobody rights. Neither does one whose members are let in to validate.
    guard let group = try? administration.group(), group != (try? validation.group()) else { return nil }
    return group
  }

  private static func group(_ name: String?) throws(Daemon.Failure) -> UInt32? {
    guard let name else { return nil }
    guard let group = System.group(named: name) else {
      throw Daemon.Failure("group '\(name)' does not exist: create it first")
    }
    return group
  }
}
