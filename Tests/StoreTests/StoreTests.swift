// What the store keeps, refuses and takes back: on real files.

import Foundation
import Harness
import Store
import Testing
import Tokens

extension TokenStore {
  /// The first page of acme/prod's tokens.
  func page(
    _ filter: TokenFilter = TokenFilter(), _ order: TokenOrder = .newestFirst, after last: TokenSlice? = nil,
    most: Int = 9
  ) throws -> TokenSlice {
    try tokens(
      of: StoreOnDisk.acme, filter, in: order, after: last?.next, asOf: last?.moment, most: most,
      at: StoreOnDisk.now
    ).get()
  }
}

/// A store in a directory of its own, which goes with it.
final class StoreOnDisk {
  let directory: String
  private(set) var store: TokenStore

  static let acme = TenantName(stored: "acme", "prod")

  init() throws {
    directory = NSTemporaryDirectory() + "tokend-store-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    store = try TokenStore(path: directory + "/tokend.db", vfs: nil)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  var path: String { directory + "/tokend.db" }

  /// A moment that stands for now.
  static let now = Instant(seconds: 1_800_000_000)

  /// Of an operator.
  static func rights(_ uid: UInt32) -> Rights {
    Rights(of: Caller(uid: uid, gids: [], isOperator: true), grants: [])
  }

  func inTransaction<Result>(_ body: (TokenStore) throws -> Result) throws -> Result {
    try store.begin()
    let result = try body(store)
    try store.commit()
    return result
  }

  func addTenant(_ name: TenantName = acme) throws {
    _ = try inTransaction { try $0.add(name, actor: "uid:0", at: Self.now).get() }
  }

  static func draft(
    _ name: String, tenant: TenantName = acme, scopes: [String]? = nil, set: String = "",
    expires: Int64 = 0, requestID: String = ""
  ) throws(Refusal) -> TokenDraft {
    try TokenDraft(
      tenant: tenant, name: name, description: "", scopes: scopes ?? (set.isEmpty ? ["pipeline:read"] : []),
      permissionSet: set, expiry: TokenDraft.Expiry(seconds: expires, never: false, now: now), requestID: requestID)
  }

  static func digest(_ id: String) throws -> Digest { try digest(Array(id.utf8)) }

  static func digest(_ bytes: [UInt8]) throws -> Digest {
    Digest(hashing: bytes.span)
  }

  /// Makes a token; its id is its name, padded.
  func create(_ draft: TokenDraft, id: String? = nil, at now: Instant = now) throws -> Result<String, Refusal> {
    let id = id ?? draft.name
    return try inTransaction { store in
      try store.create(draft, TokenStore.Credential(id: id, digest: Self.digest(id)), by: Self.rights(7), at: now).map(
        \.token.id)
    }
  }

  func revoke(_ id: String) throws -> Result<UInt64, Refusal> {
    try inTransaction { store in
      try store.revoke(id: id, in: nil, Revocation.Cause(stored: "leaked", "on a forum"), actor: "uid:8", at: Self.now)
        .map(\.revision)
    }
  }

  /// Closes the database and opens it again.
  func reopen() throws {
    let path = path
    store = try TokenStore(path: directory + "/elsewhere.db", vfs: nil)
    store = try TokenStore(path: path, vfs: nil)
  }
}

@Suite struct StoreTests {
  let disk: StoreOnDisk

  init() throws {
    disk = try StoreOnDisk()
    try disk.addTenant()
  }

  private func code(_ result: Result<some Any, Refusal>) -> String {
    if case .failure(let refusal) = result { return refusal.code }
    return "OK"
  }

  @Test func `everything is there again after the store was closed and opened`() throws {
    _ = try disk.create(StoreOnDisk.draft("a", set: "read-only", expires: StoreOnDisk.now.seconds + 60))
    _ = try disk.create(StoreOnDisk.draft("b"))
    _ = try disk.revoke("b")
    let before = try disk.store.page().tokens
    let revision = disk.store.audit.revision
    try disk.reopen()
    let after = try disk.store.page().tokens
    #expect(after.map(\.token) == before.map(\.token) && after.map(\.token.id) == ["b", "a"])
    #expect(after[1].token.scopes.map(\.description) == ["pipeline:read", "collector:read", "metrics:read"])
    #expect(
      after[0].token.revocation
        == Revocation(at: StoreOnDisk.now, by: "uid:8", cause: .init(stored: "leaked", "on a forum")))
    #expect(disk.store.audit.revision == revision && revision == 4)
    #expect(disk.store.catalog.scopes.map(\.scope) == Catalog.initial.scopes.map(\.scope))
    #expect(disk.store.catalog.permissionSets.map(\.name) == ["read-only", "data-access", "full-access"])
    var loaded: [String] = []
    try disk.store.forEachToken { token, bytes, _ in
      let id = String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self)
      loaded.append("\(id) \(token.state) \(token.digest == (try? StoreOnDisk.digest(id)))")
    }
    #expect(loaded == ["a active true", "b revoked true"])
  }

  @Test func `what can't be made is refused by name, and leaves nothing behind`() throws {
    _ = try disk.create(StoreOnDisk.draft("a"))
    let elsewhere = TenantName(stored: "acme", "test")
    #expect(code(try disk.create(StoreOnDisk.draft("b", tenant: elsewhere))) == "UNKNOWN_TENANT")
    #expect(code(try disk.create(StoreOnDisk.draft("b", set: "no-such"), id: "b")) == "UNKNOWN_PERMISSION_SET")
    let unknown = try disk.create(StoreOnDisk.draft("b", scopes: ["no:such", "pipeline:read", "nor:this"]))
    #expect(code(unknown) == "UNKNOWN_SCOPE")
    if case .failure(let refusal) = unknown {
      #expect(refusal.message.contains("'no:such', 'nor:this'") && !refusal.message.contains("pipeline"))
    }
    #expect(code(try disk.create(StoreOnDisk.draft("a"), id: "a2")) == "TOKEN_NAME_TAKEN")
    let late = try StoreOnDisk.draft("b", expires: StoreOnDisk.now.seconds + 5)
    #expect(code(try disk.create(late, at: Instant(seconds: StoreOnDisk.now.seconds + 5))) == "EXPIRY_IN_PAST")
    #expect(code(try disk.revoke("nobody")) == "UNKNOWN_TOKEN")
    #expect(try disk.store.page().tokens.count == 1)
    #expect(disk.store.audit.revision == 2)
  }

  @Test func `a name is free again once its token is revoked or has expired`() throws {
    _ = try disk.create(StoreOnDisk.draft("a"), id: "a1")
    _ = try disk.revoke("a1")
    let short = try StoreOnDisk.draft("a", expires: StoreOnDisk.now.seconds + 5)
    #expect(code(try disk.create(short, id: "a2")) == "OK")
    #expect(code(try disk.create(StoreOnDisk.draft("a"), id: "a3")) == "TOKEN_NAME_TAKEN")
    let later = Instant(seconds: StoreOnDisk.now.seconds + 5)
    #expect(code(try disk.create(StoreOnDisk.draft("a"), id: "a3", at: later)) == "OK")
  }

  @Test func `revoking twice changes nothing, and a token of another tenant is not found`() throws {
    _ = try disk.create(StoreOnDisk.draft("a"))
    let first = try disk.revoke("a").get()
    #expect(try disk.revoke("a").get() == first)
    #expect(disk.store.audit.revision == first)
    let elsewhere = TenantName(stored: "acme", "test")
    #expect(code(try disk.store.token(id: "a", in: elsewhere)) == "UNKNOWN_TOKEN")
    #expect(code(try disk.store.token(id: "a", in: StoreOnDisk.acme)) == "OK")
  }

  @Test func `what was rolled back is gone, its audit row with it`() throws {
    try disk.store.begin()
    let draft = try StoreOnDisk.draft("a")
    _ = try disk.store.create(
      draft, TokenStore.Credential(id: "a", digest: StoreOnDisk.digest("a")), by: StoreOnDisk.rights(7),
      at: StoreOnDisk.now)
    try disk.store.rollBack()
    #expect(disk.store.audit.revision == 1)
    #expect(code(try disk.create(draft)) == "OK")
    #expect(disk.store.audit.revision == 2)
  }

  @Test func `pages of tenants follow one another in order`() throws {
    for number in 0..<25 { try disk.addTenant(TenantName(stored: "org\(number % 3)", "t\(number)")) }
    var seen: [TenantName] = []
    while true {
      let page = try disk.store.tenants(org: nil, after: seen.last, most: 7, where: { _ in true })
      seen += page.map(\.name)
      if page.count < 7 { break }
    }
    #expect(seen.count == 26 && Set(seen).count == 26)
    #expect(
      seen.map { [$0.org, $0.tenant] } == seen.map { [$0.org, $0.tenant] }.sorted { $0.lexicographicallyPrecedes($1) })
    #expect(try disk.store.tenants(org: "org1", after: nil, most: 99, where: { _ in true }).count == 8)
    #expect(try disk.store.knows(org: "org1") && !disk.store.knows(org: "org9"))
  }
}

/// The database as another program sees it, once the store is closed.
@Suite struct AuditChainTests {
  private func sqlite(_ path: String, _ sql: String) throws -> String {
    let run = try Run("/usr/bin/sqlite3", [path, sql])
    try #require(run.status == 0, "\(run)")
    return run.output
  }

  /// The chain as the schema's comment describes it, computed from the rows alone.
  private func brokenRows(_ path: String) throws -> [String] {
    let rows = try sqlite(
      path, "SELECT revision, at, actor, action, target, detail, hex(chain) FROM audit ORDER BY revision")
    var chain = [UInt8](repeating: 0, count: 32)
    var broken: [String] = []
    for row in rows.split(separator: "\n") {
      let columns = row.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      let text = chain + columns.prefix(6).flatMap { Array("\($0.utf8.count):\($0)".utf8) }
      let stored = stride(from: 0, to: 64, by: 2).map { UInt8(columns[6].dropFirst($0).prefix(2), radix: 16) ?? 0 }
      if try StoreOnDisk.digest(text).bytes != stored { broken.append(columns[0]) }
      chain = stored
    }
    return broken
  }

  @Test func `each row is chained to the one before, and an altered one breaks the chain`() throws {
    var disk: StoreOnDisk? = try StoreOnDisk()
    try disk?.addTenant()
    for name in ["a", "b", "c"] { _ = try disk?.create(StoreOnDisk.draft(name)) }
    _ = try disk?.revoke("b")
    try disk?.reopen()
    for name in ["d", "e"] { _ = try disk?.create(StoreOnDisk.draft(name)) }
    let path = try #require(disk?.path)
    let copy = path + ".copy"
    // The store has the live file to itself: look at a copy, its journal included.
    try FileManager.default.copyItem(atPath: path, toPath: copy)
    try FileManager.default.copyItem(atPath: path + "-wal", toPath: copy + "-wal")
    #expect(try sqlite(copy, "SELECT count(*) FROM audit") == "7\n")
    #expect(try brokenRows(copy).isEmpty)
    _ = try sqlite(copy, "UPDATE audit SET actor = 'uid:666' WHERE revision = 3")
    #expect(try brokenRows(copy) == ["3"])
    _ = try sqlite(copy, "UPDATE audit SET actor = 'uid:7' WHERE revision = 3; DELETE FROM audit WHERE revision = 4")
    #expect(try brokenRows(copy) == ["5"])
    // Two rows that change places.
    _ = try sqlite(
      copy,
      "UPDATE audit SET revision = 99 WHERE revision = 6; UPDATE audit SET revision = 6 WHERE revision = 7; UPDATE audit SET revision = 7 WHERE revision = 99"
    )
    #expect(try brokenRows(copy) == ["5", "6", "7"])
    disk = nil
  }
}
