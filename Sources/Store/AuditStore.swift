// The audit trail: one row in the transaction of each change, chained by hashes.

package import Tokens

/// Appends audit rows. A row's number is the revision of the change it records.
package final class AuditStore {
  private let database: Database
  private let digester: Digester
  private var chain: [UInt8]
  /// The chain as of the last commit, to go back to.
  private var committed: (chain: [UInt8], revision: UInt64)
  /// The last row written, committed or not.
  package private(set) var revision: UInt64

  init(_ database: Database) throws(StartFailure) {
    guard let digester = Digester() else { throw .system("libcrypto has no SHA-256") }
    self.database = database
    self.digester = digester
    do {
      let last = try database.statement("SELECT revision, chain FROM audit ORDER BY revision DESC LIMIT 1")
      if try last.step() {
        revision = UInt64(last.integer(0))
        chain = last.withBlob(1) { chain in unsafe chain.withUnsafeBufferPointer { unsafe Array($0) } }
      } else {
        revision = 0
        chain = [UInt8](repeating: 0, count: 32)
      }
      last.reset()
    } catch {
      throw StartFailure(error)
    }
    committed = (chain, revision)
  }

  /// Records a change. Must be called within its transaction.
  package func append(
    at: Instant, actor: String, action: String, target: String, detail: String
  ) throws(SQLiteError) -> UInt64 {
    let next = revision + 1
    // Each part with its length before it, so that no two rows read the same.
    var bytes = chain
    for part in [String(next), String(at.seconds), actor, action, target, detail] {
      bytes += Array("\(part.utf8.count):".utf8) + Array(part.utf8)
    }
    guard let digest = digester.digest(of: bytes.span) else {
      throw SQLiteError(code: 1, message: "libcrypto failed to hash an audit row")
    }
    try database.statement(
      "INSERT INTO audit (revision, at, actor, action, target, detail, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    )
    .bind(1, Int64(next)).bind(2, at.seconds).bind(3, actor).bind(4, action).bind(5, target).bind(6, detail)
    .bind(7, blob: digest.bytes).run()
    chain = digest.bytes
    revision = next
    return next
  }

  func didCommit() { committed = (chain, revision) }

  func didRollBack() { (chain, revision) = committed }
}
