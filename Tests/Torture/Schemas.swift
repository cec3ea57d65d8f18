// A database of each earlier schema (Tests/Golden), brought to the newest on a disk that fails at each operation.

import Harness
import FaultyDisk
import Foundation
import Seeded
import Store
import Tokens

enum Schemas {
  private static let path = Disk.path
  private static let golden = URL(filePath: #filePath).appending(path: "../../Golden").standardized.path

  /// What is asked of a database, whatever it was before.
  private struct Content: Equatable {
    var tokens: [UInt32: TokenState] = [:]
    var digests: [Digest] = []
    var tenants: [Int64: TenantName] = [:]
    var revision: UInt64 = 0
    /// Of the audit trail.
    var problem: String?
  }

  /// Every token with all that verdicts go by, in SQL that any schema understands: what a step must not change.
  private static let rows = """
    SELECT ordinal || ' ' || hex(digest) || ' ' || tokens.id || ' ' || tokens.name || ' ' || org_id || '/' || tenant_id || ' '
      || members || ' ' || state || ' ' || coalesce(expires_at, 'never') || ' ' || coalesce(revoked_at, 'never')
      || ' ' || tokens.created_at
    FROM tokens JOIN tenants ON tenants.number = tokens.tenant JOIN scope_sets ON scope_sets.number = scope_set
    ORDER BY ordinal
    """

  static func run(seed: UInt64) throws -> Outcome {
    guard faulty_disk_install() == 0 else {
      throw Disk.Failure(why: "the file system could not be registered")
    }
    faulty_disk_set_honest(1)
    var outcome = Outcome("schemas: an older one is brought to the newest", seed: seed)
    var random = SeededRandom(seed: seed)
    for name in try FileManager.default.contentsOfDirectory(atPath: golden).sorted() {
      let rows = try lay(name)
      faulty_disk_keep()
      faulty_disk_arm(.max, FAULTY_DISK_ERROR)
      let expected = try content()
      let operations = faulty_disk_operations()
      guard operations > 10, expected.tokens.count == rows.count, !rows.isEmpty else {
        throw Disk.Failure(why: "\(name): nothing was done")
      }
      outcome.add(expected.problem.map { [$0] } ?? [], in: name)
      if try plainRows() != rows { outcome.add(["its tokens are others than before"], in: name) }
      for point in 0..<operations {
        for fault in Disk.Fault.allCases {
          faulty_disk_recall()
          faulty_disk_arm(point, fault.injected)
          let struck = faulty_disk_struck()
          let wasOpened = (try? content()) != nil
          faulty_disk_die()
          let chance = random.next()
          if fault.losesPower { faulty_disk_lose_power(chance) } else { faulty_disk_restart() }
          outcome.runs += 1
          if faulty_disk_struck() > struck { outcome.faults += 1 }
          outcome.acknowledged += wasOpened ? 1 : 0
          let what = "\(name), \(fault) at operation \(point), chance \(chance)"
          let found = Result { try content() }
          guard case .success(expected) = found else {
            outcome.add(["\(found)"], in: what)
            continue
          }
          if try plainRows() != rows { outcome.add(["its tokens are others than before"], in: what) }
        }
      }
    }
    return outcome
  }

  /// The database as a daemon of that schema has left it.
  /// - Returns: its tokens.
  private static func lay(_ name: String) throws -> [String] {
    faulty_disk_wipe()
    faulty_disk_arm(.max, FAULTY_DISK_ERROR)
    // Closed at the end of this function, which leaves no log behind.
    let database = try Database(path: path, vfs: "faulty")
    try database.run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    try database.run(try String(contentsOfFile: golden + "/" + name, encoding: .utf8))
    return try tokens(in: database)
  }

  /// The tokens, read without a step to another schema.
  private static func plainRows() throws -> [String] {
    let database = try Database(path: path, vfs: "faulty")
    try database.run("PRAGMA locking_mode = EXCLUSIVE")
    return try tokens(in: database)
  }

  private static func tokens(in database: Database) throws -> [String] {
    let statement = try database.statement(rows)
    var found: [String] = []
    while try statement.step() { found.append(statement.text(0)) }
    return found
  }

  /// Opens it as the daemon does, which brings it to the newest schema, and reads it.
  private static func content() throws -> Content {
    let store = try TokenStore(path: path, vfs: "faulty")
    var content = Content(tenants: try store.tenants(), revision: store.audit.revision)
    try store.checkIntegrity()
    content.problem = try store.audit.problem()
    try store.forEachToken { (token, _, _) throws(Never) in
      content.tokens[token.ordinal] = token.state
      content.digests.append(token.digest)
    }
    return content
  }
}
