// The tenant that a person works in, remembered from one command to the next.

import Linux

/// An organization and a tenant, kept in a file of the user's. Options and environment variables win over it.
struct Context: Equatable {
  let org: String
  let tenant: String

  /// Reads "acme/prod".
  init?(_ text: String) {
    let ids = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard ids.count == 2, !ids[0].isEmpty, !ids[1].isEmpty else { return nil }
    (org, tenant) = (ids[0], ids[1])
  }

  var text: String { "\(org)/\(tenant)" }

  /// Where it is kept: tokend/context in XDG_CONFIG_HOME, which is ~/.config if not set; nil without a home.
  static var path: String? {
    if let folder = System.variable("XDG_CONFIG_HOME"), folder.hasPrefix("/") { return folder + "/tokend/context" }
    return System.variable("HOME").flatMap { $0.hasPrefix("/") ? $0 + "/.config/tokend/context" : nil }
  }

  /// What was chosen last; nil if nothing was.
  static func load() throws(Failure) -> Context? {
    guard let path else { return nil }
    let bytes: [UInt8]?
    do throws(Errno) { bytes = try File.read(path, most: 1000) } catch {
      throw Failure(.usage, "\(path): \(error.text): choose a tenant with tokend-client context use ORG/TENANT")
    }
    guard let bytes else { return nil }
    guard
      let context = Context(String(decoding: bytes, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? "")
    else {
      throw Failure(.usage, "\(path): is not of the form ORG/TENANT: choose one with tokend-client context use")
    }
    return context
  }

  func save() throws(Failure) {
    guard let path = Self.path else {
      throw Failure(.usage, "there is no home directory to keep the context in: set HOME or XDG_CONFIG_HOME")
    }
    do throws(Errno) {
      try File.makeDirectories(to: path)
      try File.replace(path, with: text + "\n")
    } catch {
      throw Failure(.outputFailed, "\(path): \(error.text)")
    }
  }
}
