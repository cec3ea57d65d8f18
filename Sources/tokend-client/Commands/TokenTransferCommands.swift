// token leak-check, export.

import Linux
import Options
import TokenClient
import Tokens
import Wire

enum TokenTransferCommands {
  static let all = [
    Command(
      "token", "leak-check", summary: "say which of the tokens on standard input are live, and revoke them if asked to",
      details: """
        Standard input has one whole token, or the SHA-256 of one in 64 hexadecimal digits, a line. A line of the answer
        stands for each, in order; the tokens themselves are not repeated. The exit code is 1 if any is still live in the
        end, and 0 if none is.
        """,
      options: [
        Option(name: "revoke", help: "revoke those that are live, with the reason code leaked"), Shared.yes,
      ],
      examples: [
        "tokend-client token leak-check < found", "tokend-client token leak-check --revoke --yes < found",
      ], readsToken: true, run: checkLeaks),
    Command(
      "token", "export", summary: "print everything that is known of a tenant's tokens, one JSON object a line",
      details: "Secrets are not among it: they are not kept.",
      options: TokenCommands.filters, examples: ["tokend-client token export --org acme --tenant prod > tokens.jsonl"],
      run: export),
  ]

  private static func checkLeaks(_ invocation: Invocation) throws(Failure) {
    var request = CheckLeaksRequest()
    defer { for index in request.secrets.indices { wipe(&request.secrets[index]) } }
    request.revoke = invocation.has("revoke")
    if request.revoke, !invocation.has("yes") {
      throw Failure(.usage, "standard input has the tokens, so nobody can be asked: give --yes to revoke them")
    }
    // Secrets are sent before digests; the answers are put back into the order of the lines.
    var lines: [(isSecret: Bool, index: Int)] = []
    do throws(Terminal.InputFailure) {
      while var line = try Terminal.nextBytes() {
        if line.isEmpty { continue }
        if line.count == 64, line.allSatisfy(isHexadecimal) {
          lines.append((false, request.digests.count))
          request.digests.append(String(decoding: line, as: UTF8.self))
        } else {
          lines.append((true, request.secrets.count))
          request.secrets.append(line)
        }
        wipe(&line)
      }
    } catch {
      throw Failure(.usage, "\(error)")
    }
    guard !lines.isEmpty else { throw Failure(.usage, "standard input: nothing to check: give a token a line") }
    let reply = try invocation.administer(Methods.checkLeaks, request)
    guard reply.results.count == lines.count else {
      throw Failure(.unavailable, "the daemon's reply has \(reply.results.count) answers to \(lines.count) questions")
    }
    let results = lines.map { reply.results[$0.isSecret ? $0.index : request.secrets.count + $0.index] }
    if invocation.isJSON {
      Terminal.write(JSON.object([("results", .array(results.map(json)))]).text + "\n")
    } else {
      var table = Table(columns: [
        Table.Column(title: "LINE", isRight: true, mayTruncate: false),
        Table.Column(title: "STATE", isRight: false, mayTruncate: false),
        Table.Column(title: "ID", isRight: false, mayTruncate: false),
        Table.Column(title: "NAME", isRight: false, mayTruncate: true),
        Table.Column(title: "TENANT", isRight: false, mayTruncate: true),
      ])
      for (index, result) in results.enumerated() {
        let tenant = result.token.org.isEmpty ? "" : "\(result.token.org)/\(result.token.tenant)"
        let state = result.revoked ? "\(result.state), now revoked" : result.state
        table.add([String(index + 1), state, result.token.id, result.token.name, tenant])
      }
      invocation.show(table)
    }
    if results.contains(where: { $0.state == "live" && !$0.revoked }) { System.exit(Exit.denied.rawValue) }
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
  }

  private static func json(_ result: LeakResultMessage) -> JSON {
    .object([
      ("state", .string(result.state)), ("revoked", .bool(result.revoked)),
      ("token", result.token.id.isEmpty ? .null : result.token.json),
    ])
  }

  private static func export(_ invocation: Invocation) throws(Failure) {
    var request = ListTokensRequest()
    (request.org, request.tenant) = try invocation.context()
    request.filter = try TokenCommands.filter(invocation)
    request.sort = "created"
    request.pageSize = 500
    repeat {
      let reply = try invocation.administer(Methods.listTokens, request)
      for token in reply.tokens { Terminal.write(token.json.line + "\n") }
      request.pageToken = reply.nextPage
    } while !request.pageToken.isEmpty
  }
}
