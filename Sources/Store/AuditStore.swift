// The audit trail: one row in the transaction of each change, chained by hashes.

package import Tokens

/// An event of the trail.
package struct AuditEvent: Sendable, Equatable {
  /// 1 for the first; each has the next number.
  package let revision: UInt64
  package let at: Instant
  package let actor: String
  /// Such as "token.create".
  package let action: String
  package let target: String
  package let detail: String
  /// SHA-256 of the event and the chain before it.
  package let chain: [UInt8]

  /// What is hashed: the chain before, and each part with its length before it, so that no two events read the same.
  fileprivate func hashed(after chain: [UInt8]) -> [UInt8] {
    var bytes = chain
    for part in [String(revision), String(at.seconds), actor, action, target, detail] {
      bytes += String(part.utf8.count).utf8
      bytes.append(UInt8(ascii: ":"))
      bytes += part.utf8
    }
    return bytes
  }
}

/// Appends to the trail, lists it and verifies it. An event's number is the revision of the change it records.
package final class AuditStore {
  /// The chain before the first event.
  package static let beginning = [UInt8](repeating: 0, count: 32)

  private let database: Database
  /// The chain as of the last event written.
  package private(set) var chain: [UInt8]
  /// The chain as of the last commit, to go back to.
  private var committed: (chain: [UInt8], revision: UInt64)
  /// The last event written, committed or not.
  package private(set) var revision: UInt64

  init(_ database: Database) throws(StartFailure) {
    self.database = database
    let found: (revision: Int64, chain: [UInt8])
    do throws(SQLiteError) {
      let last = try database.statement("SELECT revision, chain FROM audit ORDER BY revision DESC LIMIT 1")
      found = try last.step() ? (last.integer(0), last.bytes(1)) : (0, Self.beginning)
      last.reset()
    } catch {
      throw StartFailure(error)
    }
    // One that leaves no room for those to come was never reached by counting from 1.
    guard found.revision >= 0, found.revision < .max >> 1 else { throw .damaged("its last event is \(found.revision)") }
    (revision, chain) = (UInt64(found.revision), found.chain)
    committed = (chain, revision)
  }

  /// Records a change. Must be called within its transaction.
  package func append(
    at: Instant, actor: String, action: String, target: String, detail: String
  ) throws(SQLiteError) -> UInt64 {
    let event = AuditEvent(
      revision: revision + 1, at: at, actor: actor, action: action, target: target, detail: detail, chain: [])
    let digest = Digest(hashing: event.hashed(after: chain).span)
    try database.statement(
      "INSERT INTO audit (revision, at, actor, action, target, detail, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    )
    .bind(1, Int64(event.revision)).bind(2, at.seconds).bind(3, actor).bind(4, action).bind(5, target)
    .bind(6, detail).bind(7, blob: digest.bytes).run()
    chain = digest.bytes
    revision = event.revision
    return revision
  }

  func didCommit() { committed = (chain, revision) }

  func didRollBack() { (chain, revision) = committed }

  /// Where the trail ends within the open transaction.
  var mark: (chain: [UInt8], revision: UInt64) { (chain, revision) }

  /// Forgets what was appended since a mark, and has been rolled back.
  func goBack(to mark: (chain: [UInt8], revision: UInt64)) { (chain, revision) = mark }

  // MARK: Reading

  /// Which events are meant; what is empty lets everything through.
  package struct Filter: Sendable, Equatable {
    package let actor: String
    package let action: String
    package let target: String
    package let since: Instant

    package init(actor: String, action: String, target: String, since: Instant) {
      self.actor = actor
      self.action = action
      self.target = target
      self.since = since
    }
  }

  /// The events beyond a revision, at most `most`, of the next `scan` there are.
  /// - Returns: the events, and the last revision looked at; nil if there is none beyond it.
  package func events(
    _ filter: Filter, beyond bound: UInt64, isAscending: Bool, most: Int, scan: Int
  ) throws(SQLiteError) -> (events: [AuditEvent], next: UInt64?) {
    // An event of another target is not even looked at.
    let target = filter.target.isEmpty ? "" : "INDEXED BY audit_by_target WHERE target = ?2 AND "
    let select =
      "SELECT revision, at, actor, action, target, detail, chain FROM audit " + (target.isEmpty ? "WHERE " : target)
    let rows = try database.statement(
      isAscending
        ? select + "revision > ?1 ORDER BY revision" : select + "revision < ?1 ORDER BY revision DESC")
    defer { rows.reset() }
    try rows.bind(1, Int64(clamping: bound))
    if !filter.target.isEmpty { try rows.bind(2, filter.target) }
    var events: [AuditEvent] = []
    var scanned = 0
    var last: UInt64?
    while try rows.step() {
      guard events.count < most, scanned < scan else { return (events, last) }
      let event = Self.event(rows)
      scanned += 1
      last = event.revision
      if event.at >= filter.since, filter.actor.isEmpty || event.actor == filter.actor,
        filter.action.isEmpty || event.action == filter.action
      {
        events.append(event)
      }
    }
    return (events, nil)
  }

  /// What is wrong with the trail, from its first event to its last; nil if nothing is. It takes as long as there are events.
  package func problem() throws(SQLiteError) -> String? {
    let nothing = Verification.nothing
    return try verify(after: nothing.revision, chain: nothing.chain, most: .max).problem
  }

  /// The chain as of an event; nil if there is none of that number.
  package func chain(at revision: UInt64) throws(SQLiteError) -> [UInt8]? {
    guard revision > 0 else { return Self.beginning }
    let row = try database.statement("SELECT chain FROM audit WHERE revision = ?1")
    defer { row.reset() }
    try row.bind(1, Int64(clamping: revision))
    return try row.step() ? row.bytes(0) : nil
  }

  /// How far a stretch of the trail is as it was written.
  package struct Verification: Sendable {
    package var revision: UInt64
    package var chain: [UInt8]
    /// Whether the last event has been verified.
    package var isDone = false
    /// What is wrong with the event after `revision`.
    package var problem: String?

    package init(revision: UInt64, chain: [UInt8]) {
      self.revision = revision
      self.chain = chain
    }

    /// Before the first event.
    package static let nothing = Verification(revision: 0, chain: AuditStore.beginning)
  }

  /// Verifies the events after `revision`, whose chain is given, at most `most`.
  package func verify(
    after revision: UInt64, chain: [UInt8], most: Int
  ) throws(SQLiteError) -> Verification {
    var done = Verification(revision: revision, chain: chain)
    guard revision > 0 || chain == Self.beginning else {
      done.problem = "the chain to begin with is not that of the beginning"
      return done
    }
    let rows = try database.statement(
      "SELECT revision, at, actor, action, target, detail, chain FROM audit WHERE revision > ?1 ORDER BY revision")
    defer { rows.reset() }
    try rows.bind(1, Int64(clamping: revision))
    for _ in 0..<most {
      guard try rows.step() else {
        done.isDone = true
        break
      }
      let event = Self.event(rows)
      guard event.revision == done.revision + 1 else {
        done.problem = "event \(done.revision + 1) is missing"
        return done
      }
      let digest = Digest(hashing: event.hashed(after: done.chain).span)
      guard digest.bytes == event.chain else {
        done.problem = "event \(event.revision) is not what was written, or one before it has been put elsewhere"
        return done
      }
      done.revision = event.revision
      done.chain = event.chain
    }
    if done.isDone { done.problem = try problem(atEnd: done) }
    return done
  }

  /// Whether events are missing at the end: of those that this daemon has written itself, or that SQLite has counted.
  private func problem(atEnd done: Verification) throws(SQLiteError) -> String? {
    let sequence = try database.statement("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
    let counted = try sequence.step() ? UInt64(clamping: sequence.integer(0)) : 0
    sequence.reset()
    let last = max(committed.revision, counted)
    if done.revision < last { return "events after \(done.revision) are missing: \(last) were written" }
    guard done.revision == committed.revision, done.chain == committed.chain else {
      return "event \(done.revision) is not the one that this daemon has written"
    }
    return nil
  }

  private static func event(_ row: Statement) -> AuditEvent {
    AuditEvent(
      revision: UInt64(clamping: row.integer(0)), at: Instant(seconds: row.integer(1)), actor: row.text(2),
      action: row.text(3), target: row.text(4), detail: row.text(5), chain: row.bytes(6))
  }
}
