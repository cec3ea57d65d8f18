// What happens to tokens after they are made, on a clock that the test holds.

import Testing
import Tokens

@testable import Store

@Suite struct LifecycleTests {
  let disk: StoreOnDisk

  init() throws {
    disk = try StoreOnDisk()
    try disk.addTenant()
  }

  @Test func `an id that is taken is refused, and what is done after it in the same transaction is kept`() throws {
    _ = try disk.create(StoreOnDisk.draft("a"), id: "1").get()
    try disk.inTransaction { store in
      let again = try store.create(
        StoreOnDisk.draft("b"), TokenStore.Credential(id: "1", digest: StoreOnDisk.digest("b")),
        by: StoreOnDisk.rights(7), at: StoreOnDisk.now)
      #expect(code(again) == "ID_TAKEN")
      _ = try store.create(
        StoreOnDisk.draft("b"), TokenStore.Credential(id: "2", digest: StoreOnDisk.digest("b")),
        by: StoreOnDisk.rights(7), at: StoreOnDisk.now
      ).get()
    }
    #expect(code(try rotate("2", to: "1")) == "ID_TAKEN")
    try disk.reopen()
    #expect(try disk.store.page().tokens.map(\.token.name).sorted() == ["a", "b"])
    #expect(try disk.store.token(id: "2", in: nil).get().successor == nil)
  }

  private func later(_ seconds: Int64) -> Instant { Instant(seconds: StoreOnDisk.now.seconds + seconds) }

  private func rotate(
    _ id: String, to new: String, grace: Int64 = 0, expiry: TokenDraft.Expiry = .unspecified,
    by rights: Rights = StoreOnDisk.rights(7), at now: Instant = StoreOnDisk.now
  ) throws -> Result<(old: ChangedToken, new: TokenStore.Created), Refusal> {
    try disk.inTransaction {
      try $0.rotate(
        id: id, in: nil, grace: grace, expiry: expiry,
        TokenStore.Credential(id: new, digest: StoreOnDisk.digest(new)), by: rights, at: now)
    }
  }

  private func code<Value>(_ result: Result<Value, Refusal>) -> String {
    if case .failure(let refusal) = result { return refusal.code }
    return "OK"
  }

  @Test func `a rotated token passes everything on, and stays valid for its grace`() throws {
    let draft = try TokenDraft(
      tenant: StoreOnDisk.acme, name: "a", description: "for the east", scopes: [], permissionSet: "read-only",
      expiry: .at(later(1000)), requestID: "")
    _ = try disk.create(draft).get()
    let rotated = try rotate("a", to: "b", grace: 60).get()
    let new = rotated.new.token
    #expect(new.name == "a" && new.description == "for the east" && new.permissionSet == "read-only")
    #expect(new.scopes == rotated.old.token.scopes && new.expiry == later(1000) && new.predecessor == "a")
    #expect(rotated.old.token.successor == "b" && rotated.old.token.expiry == later(60))
    #expect(
      rotated.old.token.standing(at: later(59)) == .active && rotated.old.token.standing(at: later(60)) == .expired)
    #expect(try disk.store.token(id: "a", in: nil).get() == rotated.old.token)
    #expect(try disk.store.token(id: "b", in: nil).get() == new)
  }

  @Test func `a grace never goes beyond the old token's own expiry, and one of 0 revokes it`() throws {
    _ = try disk.create(StoreOnDisk.draft("a", expires: later(10).seconds)).get()
    #expect(try rotate("a", to: "b", grace: 60).get().old.token.expiry == later(10))
    _ = try disk.create(StoreOnDisk.draft("c")).get()
    let old = try rotate("c", to: "d").get().old.token
    #expect(old.state == .revoked && old.revocation?.cause.code == "rotated" && old.successor == "d")
  }

  @Test func `a new token may have an expiry of its own`() throws {
    _ = try disk.create(StoreOnDisk.draft("a", expires: later(10).seconds)).get()
    #expect(try rotate("a", to: "b", expiry: .never).get().new.token.expiry == .never)
    #expect(try rotate("b", to: "c", expiry: .at(later(5))).get().new.token.expiry == later(5))
  }

  @Test func `a rotation keeps to its tenant's policy of today`() throws {
    _ = try disk.create(StoreOnDisk.draft("a")).get()
    try disk.inTransaction {
      let policy = try TenantPolicy(maxLifetime: 100, defaultLifetime: 0, maxTokens: 1)
      _ = try $0.set(policy, of: StoreOnDisk.acme, actor: "uid:7", at: StoreOnDisk.now).get()
    }
    // With a grace there would be two live ones.
    #expect(code(try rotate("a", to: "b", grace: 60)) == "TOO_MANY_TOKENS")
    let rotated = try rotate("a", to: "b").get()
    #expect(rotated.new.token.expiry == later(100))
  }

  @Test func `an expired token can't be rotated, nor one that is revoked, disabled or rotated`() throws {
    _ = try disk.create(StoreOnDisk.draft("a", expires: later(10).seconds)).get()
    #expect(code(try rotate("a", to: "b", at: later(10))) == "TOKEN_EXPIRED")
    _ = try disk.create(StoreOnDisk.draft("c")).get()
    _ = try rotate("c", to: "d", grace: 60).get()
    #expect(code(try rotate("c", to: "e")) == "TOKEN_ROTATED")
    _ = try disk.revoke("c").get()
    #expect(code(try rotate("c", to: "e")) == "TOKEN_REVOKED")
    #expect(code(try rotate("nobody", to: "e")) == "UNKNOWN_TOKEN")
  }

  @Test func `a name is free while only a token that was rotated bears it`() throws {
    _ = try disk.create(StoreOnDisk.draft("a")).get()
    _ = try rotate("a", to: "b", grace: 60).get()
    #expect(code(try disk.create(StoreOnDisk.draft("a"), id: "c")) == "TOKEN_NAME_TAKEN")
    _ = try disk.revoke("b").get()
    #expect(code(try disk.create(StoreOnDisk.draft("a"), id: "c")) == "OK")
  }

  @Test func `who rotates must be allowed to hand out what the token holds`() throws {
    _ = try disk.create(StoreOnDisk.draft("a", scopes: ["pipeline:read", "alerts:write"])).get()
    let caller = Caller(uid: 9, gids: [], isOperator: false)
    let grant = try Grant(principal: "uid:9", realm: .org("acme"), role: "token-admin", cap: ["pipeline:read"])
    let rights = Rights(of: caller, grants: [grant])
    #expect(code(try rotate("a", to: "b", by: rights)) == "SCOPE_BEYOND_CAP")
  }

  @Test func `disabling and enabling go to and fro, each an event, and change nothing when there is nothing to change`()
    throws
  {
    _ = try disk.create(StoreOnDisk.draft("a")).get()
    func set(_ state: TokenState) throws -> ChangedToken {
      try disk.inTransaction {
        try $0.set(state, ofToken: "a", in: nil, actor: "uid:1", at: StoreOnDisk.now).get()
      }
    }
    let before = disk.store.audit.revision
    #expect(try set(.active).didChange == false && disk.store.audit.revision == before)
    #expect(try set(.disabled).didChange && set(.disabled).didChange == false)
    #expect(try set(.active).didChange && disk.store.audit.revision == before + 2)
  }

  // MARK: Policies

  private func set(_ policy: TenantPolicy) throws {
    _ = try disk.inTransaction { try $0.set(policy, of: StoreOnDisk.acme, actor: "uid:0", at: StoreOnDisk.now).get() }
  }

  private func expiry(_ expiry: TokenDraft.Expiry, _ id: String) throws -> String {
    let draft = try TokenDraft(
      tenant: StoreOnDisk.acme, name: id, description: "", scopes: ["pipeline:read"], permissionSet: "", expiry: expiry,
      requestID: "")
    switch try disk.create(draft) {
    case .failure(let refusal): return refusal.code
    case .success:
      let expiry = try disk.store.token(id: id, in: nil).get().expiry
      return expiry == .never ? "never" : String(expiry.seconds - StoreOnDisk.now.seconds)
    }
  }

  @Test func `a policy bounds how long new tokens live, and says for how long if nobody does`() throws {
    #expect(try expiry(.unspecified, "a") == "never")
    try set(TenantPolicy(maxLifetime: 100, defaultLifetime: 10, maxTokens: 0))
    #expect(try expiry(.unspecified, "b") == "10")
    #expect(try expiry(.at(later(100)), "c") == "100")
    #expect(try expiry(.at(later(101)), "d") == "EXPIRY_BEYOND_POLICY")
    #expect(try expiry(.never, "d") == "EXPIRY_BEYOND_POLICY")
    try set(TenantPolicy(maxLifetime: 100, defaultLifetime: 0, maxTokens: 0))
    #expect(try expiry(.unspecified, "e") == "100")
    try set(TenantPolicy(maxLifetime: 0, defaultLifetime: 10, maxTokens: 0))
    #expect(try expiry(.never, "f") == "never")
    // Those that were there are as they were.
    #expect(try disk.store.token(id: "a", in: nil).get().expiry == .never)
  }

  @Test func `a policy bounds how many live tokens there are`() throws {
    try set(TenantPolicy(maxLifetime: 0, defaultLifetime: 0, maxTokens: 2))
    _ = try disk.create(StoreOnDisk.draft("a", expires: later(10).seconds)).get()
    _ = try disk.create(StoreOnDisk.draft("b")).get()
    #expect(code(try disk.create(StoreOnDisk.draft("c"))) == "TOO_MANY_TOKENS")
    // One that has expired does not count, nor one that is revoked.
    #expect(code(try disk.create(StoreOnDisk.draft("c"), at: later(10))) == "OK")
    #expect(code(try disk.create(StoreOnDisk.draft("d"), at: later(10))) == "TOO_MANY_TOKENS")
    _ = try disk.revoke("b").get()
    #expect(code(try disk.create(StoreOnDisk.draft("d"), at: later(10))) == "OK")
  }

  // MARK: Requests sent again

  @Test func `a request that is sent again makes no second token, and one that differs is refused`() throws {
    let first = try disk.inTransaction {
      try $0.create(
        StoreOnDisk.draft("a", requestID: "r"), TokenStore.Credential(id: "1", digest: StoreOnDisk.digest("1")),
        by: StoreOnDisk.rights(7), at: StoreOnDisk.now
      ).get()
    }
    let second = try disk.inTransaction {
      try $0.create(
        StoreOnDisk.draft("a", requestID: "r"), TokenStore.Credential(id: "2", digest: StoreOnDisk.digest("2")),
        by: StoreOnDisk.rights(7), at: later(5)
      ).get()
    }
    #expect(!first.isReplay && second.isReplay && second.token.id == "1" && second.revision == first.revision)
    #expect(code(try disk.create(StoreOnDisk.draft("b", requestID: "r"), id: "3")) == "REQUEST_ID_REUSED")
    // It stays so when the token is gone, and after a restart.
    _ = try disk.revoke("1").get()
    try disk.reopen()
    #expect(try disk.create(StoreOnDisk.draft("a", requestID: "r"), id: "4").get() == "1")
    #expect(try disk.store.page().tokens.count == 1)
  }

  // MARK: Grants

  @Test func `a grant that is given again gets the new cap, and there is a bound on how many there are`() throws {
    func give(_ uid: Int, _ cap: [String] = []) throws -> String {
      try disk.inTransaction {
        code(
          try $0.add(
            Grant(principal: "uid:\(uid)", realm: .org("acme"), role: "token-admin", cap: cap), most: 2, actor: "uid:0",
            at: StoreOnDisk.now))
      }
    }
    #expect(try give(1) == "OK" && give(2) == "OK" && give(3) == "TOO_MANY_GRANTS")
    #expect(try give(1, ["pipeline:read"]) == "OK")
    let caps = disk.store.grants(of: [.user(1)]).map(\.cap)
    #expect(caps == [.scopes(Set(["pipeline:read"].compactMap { Scope($0) }))])
  }

  // MARK: Many at once

  @Test func `a dry run says what would be revoked, and changes nothing`() throws {
    for name in ["a", "b", "c"] { _ = try disk.create(StoreOnDisk.draft(name)).get() }
    _ = try disk.revoke("c").get()
    let revision = disk.store.audit.revision
    func revoke(_ selection: TokenStore.Selection, dry: Bool, expected: Int? = nil, most: Int = 10) throws -> Result<
      TokenStore.Blast, Refusal
    > {
      try disk.inTransaction {
        try $0.revoke(
          selection, in: StoreOnDisk.acme, .rotated, isDryRun: dry, expected: expected, most: most,
          actor: "uid:1",
          at: StoreOnDisk.now)
      }
    }
    var filter = TokenFilter()
    filter.creator = "uid:7"
    let dry = try revoke(.filter(filter), dry: true).get()
    #expect(dry.tokens.map(\.name) == ["a", "b"] && dry.revokedBefore == 1 && dry.changes.isEmpty)
    #expect(disk.store.audit.revision == revision)
    #expect(code(try revoke(.filter(filter), dry: false, expected: 3)) == "COUNT_CHANGED")
    #expect(code(try revoke(.filter(filter), dry: false, most: 1)) == "TOO_MANY_TOKENS")
    #expect(disk.store.audit.revision == revision)
    let done = try revoke(.ids(["a", "a", "nobody", "c", "b"]), dry: false, expected: 2).get()
    #expect(done.changes.count == 2 && done.unknown == ["nobody"] && done.revokedBefore == 1)
    #expect(disk.store.audit.revision == revision + 2)
  }

  @Test func `a tenant that is removed has no live tokens left, and comes back without them`() throws {
    _ = try disk.create(StoreOnDisk.draft("a")).get()
    _ = try disk.inTransaction {
      try $0.add(
        Grant(principal: "uid:9", realm: .tenant(StoreOnDisk.acme), role: "viewer", cap: []), most: 9, actor: "uid:0",
        at: StoreOnDisk.now
      ).get()
    }
    let dry = try disk.inTransaction {
      try $0.remove(StoreOnDisk.acme, isDryRun: true, actor: "uid:0", at: StoreOnDisk.now).get()
    }
    #expect(dry.live == 1 && dry.changes.isEmpty)
    let done = try disk.inTransaction {
      try $0.remove(StoreOnDisk.acme, isDryRun: false, actor: "uid:0", at: StoreOnDisk.now).get()
    }
    #expect(done.live == 1 && done.changes.map(\.token.id) == ["a"])
    #expect(disk.store.grants.all.isEmpty)
    #expect(code(try disk.create(StoreOnDisk.draft("b"))) == "UNKNOWN_TENANT")
    #expect(try disk.store.tenants(org: nil, after: nil, most: 9, where: { _ in true }).isEmpty)
    try disk.reopen()
    try disk.addTenant()
    #expect(try disk.store.token(id: "a", in: nil).get().revocation?.cause.code == "tenant-removed")
    #expect(code(try disk.create(StoreOnDisk.draft("a"), id: "b")) == "OK")
  }

  @Test func `a rotation hands out no scopes that are not the index's, whatever was changed in its transaction`() throws
  {
    _ = try disk.create(StoreOnDisk.draft("a"), id: "1").get()
    disk.store.index = try KnownTokens(disk.store, holding: ScopeSet(words: [1 << 9, 0, 0, 0, 0, 0, 0, 0]))
    let error = try #require(throws: SQLiteError.self) {
      try disk.inTransaction { store in
        for state in [TokenState.disabled, .active] {
          _ = try store.set(state, ofToken: "1", in: nil, actor: "uid:1", at: StoreOnDisk.now).get()
        }
        let new = try TokenStore.Credential(id: "2", digest: StoreOnDisk.digest("2"))
        _ = try store.rotate(
          id: "1", in: nil, grace: 0, expiry: .never, new, by: StoreOnDisk.rights(7), at: StoreOnDisk.now)
      }
    }
    #expect(error.description.contains("token 1 has scopes that were not written"))
  }

  @Test(arguments: [("id = '3'", "3"), ("digest = zeroblob(32)", "2"), ("state = 2", "2")])
  func `a token that the transaction has made is not taken for another`(change: String, id: String) throws {
    _ = try disk.create(StoreOnDisk.draft("a"), id: "1").get()
    disk.store.index = try KnownTokens(disk.store)
    let error = try #require(throws: SQLiteError.self) {
      try disk.inTransaction { store in
        let new = try TokenStore.Credential(id: "2", digest: StoreOnDisk.digest("2"))
        _ = try store.create(StoreOnDisk.draft("b"), new, by: StoreOnDisk.rights(7), at: StoreOnDisk.now).get()
        try store.database.run("UPDATE tokens SET \(change) WHERE id = '2'")
        _ = try store.revoke(id: id, in: nil, .leaked, actor: "uid:1", at: StoreOnDisk.now)
      }
    }
    #expect(error.description.contains("token \(id) is not what the index has"))
  }

  @Test func `a token that is not found is not made up for by one that the same transaction makes`() throws {
    _ = try disk.create(StoreOnDisk.draft("a"), id: "1").get()
    func remove(missing: [UInt32]) throws -> Int {
      disk.store.index = try KnownTokens(disk.store, missing: missing)
      return try disk.inTransaction { store in
        let new = try TokenStore.Credential(id: "2", digest: StoreOnDisk.digest("2"))
        _ = try store.create(StoreOnDisk.draft("b"), new, by: StoreOnDisk.rights(7), at: StoreOnDisk.now).get()
        return try store.remove(StoreOnDisk.acme, isDryRun: false, actor: "uid:0", at: StoreOnDisk.now).get().live
      }
    }
    let error = try #require(throws: SQLiteError.self) { try remove(missing: [7]) }
    #expect(error.description.contains("a token of tenant acme/prod is not found by it"))
    try disk.reopen()
    #expect(try remove(missing: []) == 2)
  }
}

/// An index of the tokens as they are now.
private struct KnownTokens: TokenIndex {
  private var entries: [Digest: TokenStore.Indexed] = [:]
  private var all: [UInt32] = []

  /// - Parameters:
  ///   - scopes: what they all hold, if not what they have.
  ///   - missing: the ordinals of further tokens.
  init(_ store: TokenStore, holding scopes: ScopeSet? = nil, missing: [UInt32] = []) throws {
    try store.forEachToken { record, _, _ in
      let held = try store.token(digest: record.digest)?.scopes ?? []
      entries[record.digest] = TokenStore.Indexed(
        isSame: true, ordinal: record.ordinal, scopes: scopes ?? store.catalog.set(of: held), state: record.state,
        expiry: record.expiry)
      all.append(record.ordinal)
    }
    all += missing
  }

  func entry(of digest: Digest, as token: Token) -> TokenStore.Indexed? { entries[digest] }
  func has(_ digest: Digest) -> Bool { entries[digest] != nil }
  func ordinals(of tenant: TenantName) -> [UInt32] { all }
}
