// How people name users and groups, and how they are shown.

import Linux

enum Person {
  /// "uid:N" or "gid:N" of what a person writes.
  static func number(of who: String) throws(Failure) -> String {
    let parts = who.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    switch (parts[0], parts.count) {
    case ("uid", 2), ("gid", 2): return who
    case ("user", 2):
      guard let uid = System.user(named: parts[1]) else { throw Failure(.usage, "there is no user '\(parts[1])' here") }
      return "uid:\(uid)"
    case ("group", 2):
      guard let gid = System.group(named: parts[1]) else {
        throw Failure(.usage, "there is no group '\(parts[1])' here")
      }
      return "gid:\(gid)"
    default: throw Failure(.usage, "'\(who)' names nobody: use user:NAME, group:NAME, uid:NUMBER or gid:NUMBER")
    }
  }

  /// A principal with its name, if the machine knows one.
  static func named(_ principal: String) -> String {
    let parts = principal.split(separator: ":")
    guard parts.count == 2, let number = UInt32(parts[1]) else { return principal }
    let name = parts[0] == "uid" ? System.userName(of: number) : System.groupName(of: number)
    return name.map { "\(principal) (\($0))" } ?? principal
  }
}
