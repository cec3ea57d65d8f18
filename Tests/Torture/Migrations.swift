// A database of each earlier schema (Tests/Golden), brought to the newest on a disk that fails at each operation.

import Harness
import FaultyDisk
import Foundation
import Seeded
import Store
import Tokens

enum Migrations {
  private static let path = DiskFaults.path

  /// What is asked of a database, whatever it was before.
  private struct Content: Equatable {
    var tokens: [UInt32: TokenState] = [:]
    var digests: [Digest] = []
    var tenants: [Int64: TenantName] = [:]
    var revision: UInt64 = 0
    /// Of the audit trail.
    var problem: String?
  }

  static func run(seed: UInt64) throws -> Outcome {
    guard faulty_disk_install() == 0 else {
      throw DiskFaults.Failure(why: "the file system could not be registered")
    }
    faulty_disk_set_honest(1)
    var outcome = Outcome("an older schema is brought to the newest", seed: seed)
    var random = SeededRandom(seed: seed)
    for name in try FileManager.default.contentsOfDirectory(atPath: "Tests/Golden").sorted() {
      try lay(name)
      faulty_disk_keep()
      faulty_disk_arm(.max, FAULTY_DISK_ERROR)
      let expected = try content()
      let operations = faulty_disk_operations()
      guard operations > 10, !expected.tokens.isEmpty, expected.problem == nil else {
        throw DiskFaults.Failure(why: "\(name): nothing was done")
      }
      for point in 0..<operations {
        for fault in DiskFaults.Fault.allCases {
          faulty_disk_recall()
          faulty_disk_arm(point, fault.injected)
          let wasOpened = (try? content()) != nil
          faulty_disk_die()
          let chance = random.next()
          if fault.losesPower { faulty_disk_lose_power(chance) } else { faulty_disk_restart() }
          outcome.runs += 1
          outcome.faults += 1
          outcome.acknowledged += wasOpened ? 1 : 0
          let found = Result { try content() }
          guard case .success(expected) = found else {
            outcome.add(["\(found)"], in: "\(name), \(fault) at operation \(point), chance \(chance)")
            continue
          }
        }
      }
    }
    return outcome
  }

  /// The database as a daemon of that schema has left it.
  private static func lay(_ name: String) throws {
    faulty_disk_wipe()
    faulty_disk_arm(.max, FAULTY_DISK_ERROR)
    // Closed at the end of this function, which leaves no log behind.
    let database = try Database(path: path, vfs: "faulty")
    try database.run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    try database.run(try String(contentsOfFile: "Tests/Golden/" + name, encoding: .utf8))
  }

  /// Opens it as the daemon does, which brings it to the newest schema, and reads it.
  private static func content() throws -> Content {
    let store = try TokenStore(path: path, vfs: "faulty")
    var content = Content(tenants: try store.tenants(), revision: store.audit.revision)
    try store.checkIntegrity()
    let verified = try store.audit.verify(
      after: AuditStore.Verification.nothing.revision, chain: AuditStore.Verification.nothing.chain, most: .max)
    content.problem = verified.problem.map { "\($0)" }
    try store.forEachToken { (token, _, _) throws(Never) in
      content.tokens[token.ordinal] = token.state
      content.digests.append(token.digest)
    }
    return content
  }
}
