// Databases of which bytes change while a daemon works on them: pages that it reads anew are not as they were at its start.

import Foundation
import Harness
import Testing
import TokenClient
import Wire

@Suite struct PagesReadAnewTests {
  @Test func `a grant that becomes damaged while a daemon works refuses the next, and ends no daemon`() throws {
    let remains = try Remains()
    let first = try RunningDaemon(home: remains.home)
    #expect(try first.client("grant", "add", "uid:4711", "viewer", "--org", "acme").status == 0)
    #expect(first.stop() == 0)
    try remains.fill()
    let page = try remains.page(of: "grants")
    let daemon = try RunningDaemon(home: remains.home)
    try remains.overwrite("uid:4711acme", onPage: page, with: "u!d")
    let run = try daemon.client("grant", "add", "uid:4712", "viewer", "--org", "acme")
    #expect(run.status == 69 && run.errors.contains("the database is damaged: nothing was changed"), "\(run)")
    #expect(try daemon.reason(remains.secret) == "ALLOWED")
    #expect(try daemon.client("token", "revoke", remains.id, "--reason", "leaked", "--yes").status == 0)
    // Nor does anything keep what has been written from the database.
    #expect(daemon.stop() == 0)
    #expect(!FileManager.default.fileExists(atPath: remains.database + "-wal"))
  }

  @Test(arguments: ["Zeta", "reta", "beta", "zeta:read␀"])
  func `a rotation takes no scope for retired that has become damaged`(other: String) throws {
    let remains = try Remains()
    let first = try RunningDaemon(home: remains.home)
    #expect(try first.client("permission", "register", "zeta:read", "zeta:write", "beta:read").status == 0)
    let made = try first.create("z", scopes: ["zeta:read", "zeta:write"])
    #expect(first.stop() == 0)
    try remains.fill()
    let page = try remains.page(of: "scope_sets")
    let daemon = try RunningDaemon(home: remains.home)
    try remains.overwrite("zeta:read zeta:write", onPage: page, with: other.replacing("␀", with: "\0"))
    let run = try daemon.client("token", "rotate", made.token.id, "--grace", "0")
    #expect(run.status == 69 && run.errors.contains("the database is damaged: nothing was changed"), "\(run)")
    #expect(try daemon.reason(made.secret, "acme", "prod", ["zeta:read"]) == "ALLOWED")
    // It may be revoked all the same.
    try daemon.revoke(made.token.id)
  }

  @Test func `what a token is used for is noted under the scopes that it has, damaged or not`() throws {
    let remains = try Remains()
    let first = try RunningDaemon(home: remains.home)
    #expect(try first.client("permission", "register", "zeta:read", "zeta:write").status == 0)
    let made = try first.create("z", scopes: ["zeta:read", "zeta:write"])
    #expect(first.stop() == 0)
    try remains.fill()
    let page = try remains.page(of: "scope_sets")
    let daemon = try RunningDaemon(home: remains.home)
    try remains.overwrite("zeta:read zeta:write", onPage: page, with: "Zeta")
    #expect(try daemon.reason(made.secret, "acme", "prod", ["zeta:read"]) == "ALLOWED")
    #expect(daemon.stop() == 0)
    #expect(
      try remains.sqlite(
        "SELECT last_used_at > 0, members FROM tokens JOIN scope_sets ON number = exercised WHERE id = '\(made.token.id)'"
      )
        == "1|zeta:read\n")
  }

  /// Remains with a token "z" that holds zeta:read and zeta:write, its row on a page that a start does not keep.
  private func remainsOfZeta() throws -> (remains: Remains, made: CreateTokenResponse, page: Int) {
    let remains = try Remains()
    let first = try RunningDaemon(home: remains.home)
    #expect(try first.client("permission", "register", "zeta:read", "zeta:write").status == 0)
    let tomorrow = Int64(Date().timeIntervalSince1970) + 86_400
    let made = try first.create("z", scopes: ["zeta:read", "zeta:write"], expiresAt: tomorrow)
    _ = try first.create("yy", scopes: ["tenant:write", "user:write"])
    #expect(first.stop() == 0)
    try remains.fill()
    let page = try remains.sqlite(
      "SELECT pageno FROM dbstat WHERE name = 'tokens' AND pagetype = 'leaf' ORDER BY path LIMIT 1")
    return (remains, made, try #require(Int(page.dropLast())))
  }

  /// In the row's header, and in what follows it.
  enum Damage: String, CaseIterable {
    case state, digest, scopeSet, expiry

    func bytes(_ digest: Data, _ expiry: Int64) -> (Data, Data) {
      switch self {
      // Text of 11, blob of 32, 1, text of 1, text of 0, a byte, NULL: then 1, or 0.
      case .state:
        (Data([0x23, 0x4C, 9, 0x0F, 0x0D, 1, 0, 9]), Data([0x23, 0x4C, 9, 0x0F, 0x0D, 1, 0, 8]))
      case .digest: (digest, Data([digest[0] ^ 1]))
      case .scopeSet: (Data("z\u{2}uid:0".utf8), Data("z\u{3}".utf8))
      case .expiry:
        (
          Data((0..<4).reversed().map { UInt8(truncatingIfNeeded: expiry >> (8 * $0)) }),
          Data([UInt8(truncatingIfNeeded: expiry >> 24) ^ 0x40])
        )
      }
    }
  }

  @Test(arguments: Damage.allCases)
  func `no change is made that would not be of the token that is valid`(damage: Damage) throws {
    let (remains, made, page) = try remainsOfZeta()
    let id = made.token.id
    let hex = try remains.sqlite("SELECT hex(digest) FROM tokens WHERE id = '\(id)'").dropLast()
    let digest = Data(
      stride(from: 0, to: 64, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) })
    let daemon = try RunningDaemon(home: remains.home)
    let (bytes, others) = damage.bytes(digest, made.token.expiresAt)
    try remains.overwrite(bytes, onPage: page, with: others)
    var commands = [["token", "rotate", id, "--grace", "0"]]
    if damage != .scopeSet {
      commands += [
        ["token", "disable", id], ["token", "revoke", id, "--yes"], ["token", "revoke", "--name-prefix", "z", "--yes"],
        ["token", "revoke", "--state", "active", "--yes"], ["token", "show", id],
        ["tenant", "remove", "acme/prod", "--yes"],
      ]
    }
    for command in commands {
      let run = try daemon.run(command)
      #expect(run.status == 69 && run.errors.contains("the database is damaged: nothing was changed"), "\(run)")
    }
    #expect(try daemon.reason(made.secret, "acme", "prod", ["zeta:read"]) == "ALLOWED")
    #expect(try daemon.reason(remains.secret) == "ALLOWED")
    #expect(try daemon.client("status").output.contains("damaged"))
    // Of others all goes on.
    try daemon.revoke(remains.id)
    #expect(try daemon.reason(remains.secret) == "REVOKED")
  }

  @Test(arguments: ["Zeta", "reta"])
  func `tokens are not passed over because their scopes have become damaged`(other: String) throws {
    let (remains, made, _) = try remainsOfZeta()
    let page = try remains.page(of: "scope_sets")
    let daemon = try RunningDaemon(home: remains.home)
    try remains.overwrite("zeta:read zeta:write", onPage: page, with: other)
    for command in [
      ["token", "show", made.token.id], ["token", "list", "--scope", "zeta:read", "--state", "active", "--json"],
    ] {
      let run = try daemon.run(command)
      #expect(run.status == 0 && run.output.contains("zeta:read") && run.output.contains("zeta:write"), "\(run)")
    }
    #expect(try daemon.client("token", "disable", made.token.id).status == 0)
    let run = try daemon.client("token", "revoke", "--scope", "zeta:read", "--yes")
    #expect(run.status == 0 && run.output == "revoked 1 token\n", "\(run)")
    #expect(try daemon.reason(made.secret) == "REVOKED")
  }

  @Test func `a token whose set of scopes is gone is revoked all the same`() throws {
    let (remains, made, _) = try remainsOfZeta()
    let page = try remains.page(of: "scope_sets")
    let daemon = try RunningDaemon(home: remains.home)
    // The row's number, the length of its header, NULL, a text of 20.
    try remains.overwrite(Data([2, 3, 0, 13 + 40]) + Data("zeta".utf8), onPage: page, with: Data([6]))
    #expect(try daemon.client("token", "rotate", made.token.id, "--grace", "0").status == 69)
    try daemon.revoke(made.token.id)
    #expect(try daemon.reason(made.secret) == "REVOKED")
  }

  @Test func `a malformed page keeps no other token's uses from being written`() throws {
    let remains = try Remains()
    let first = try RunningDaemon(home: remains.home)
    let there = try (1...4).map { try first.create("a\($0)") }
    #expect(first.stop() == 0)
    try remains.fill()
    let second = try RunningDaemon(home: remains.home)
    let others = try (1...3).map { try second.create("b\($0)") }
    #expect(second.stop() == 0)
    let page = try remains.sqlite(
      "SELECT pageno FROM dbstat WHERE name = 'tokens' AND pagetype = 'leaf' ORDER BY path LIMIT 1")
    let daemon = try RunningDaemon(home: remains.home)
    try remains.overwrite(Data([0x0D]), onPage: try #require(Int(page.dropLast())), with: Data([0xFF]))
    for secret in [remains.secret] + (there + others).map(\.secret) { #expect(try daemon.reason(secret) == "ALLOWED") }
    #expect(daemon.stop() == 0)
    #expect(
      try remains.sqlite(
        "SELECT count(*) FROM tokens WHERE tenant = 1 AND name IN ('b1', 'b2', 'b3') AND last_used_at > 0") == "3\n")
    #expect(daemon.lastWords().contains("uses left out, as the database is damaged: 5"))
  }

  @Test func `a grant that is not found by its number is not said to be removed`() throws {
    let remains = try Remains()
    let first = try RunningDaemon(home: remains.home)
    for uid in 4711...4713 {
      #expect(try first.client("grant", "add", "uid:\(uid)", "operator", "--everywhere").status == 0)
    }
    #expect(first.stop() == 0)
    let page = try remains.page(of: "grants")
    try remains.fill()
    let daemon = try RunningDaemon(home: remains.home)
    // The number of the first, before the length of its row's header.
    try remains.overwrite(Data([1, 9, 0]), onPage: page, with: Data([0x41]))
    let run = try daemon.client("grant", "remove", "1")
    #expect(run.status == 69 && run.errors.contains("the database is damaged: nothing was changed"), "\(run)")
    #expect(daemon.stop() == 0)
    #expect(
      try RunningDaemon.refusal(in: remains.home).contains("is damaged (grant 2 is out of its order, or there twice)"))
  }
}
