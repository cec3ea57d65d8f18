// token leak-check, export, import, explain.

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
    Command(
      "token", "import", summary: "keep tokens that were made elsewhere, read from standard input",
      details: """
        Each line is a JSON object: name, and permission_set or scopes; if wanted description and expires_at (seconds since
        1970); and one of secret (a whole token in this deployment's format), sha256 (64 hexadecimal digits) or
        sha256_base64, the latter two with the public id. Each line has a result of its own; the exit code is 1 if any was
        not kept.
        """,
      options: [Shared.dryRun], examples: ["tokend-client token import --org acme --tenant prod < tokens.jsonl"],
      readsToken: true, run: importTokens),
    Command(
      "token", "explain", operands: "[ID|NAME]",
      summary: "show every check of a token and a request, in the order of Validate",
      details: "The token is read from standard input, unless it is named by its id or name.",
      options: [
        Option(name: "require", argument: "SCOPE", help: "a scope that the request requires; may be given again")
      ],
      examples: [
        "tokend-client token explain --require pipeline:write < token",
        "tokend-client token explain 3fJk29xQbLm --tenant prod",
      ], mostOperands: 1, run: explain),
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
      var input = LineReader()
      while var line = try input.next() {
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

  // MARK: import

  private static func importTokens(_ invocation: Invocation) throws(Failure) {
    var request = ImportTokensRequest()
    (request.org, request.tenant) = try invocation.context()
    request.dryRun = invocation.has("dry-run")
    let progress = Progress("bytes", of: File.standardInputBytes)
    var tally = ImportTally(isJSON: invocation.isJSON)
    var input = LineReader()
    var number = 0
    while var line = try nextLine(&input) {
      number += 1
      defer { wipe(&line) }
      if line.isEmpty { continue }
      switch ImportLine.read(line) {
      case .success(let item):
        request.items.append(item)
        tally.expect(line: number)
      case .failure(let problem): tally.add(line: number, id: "", code: "INVALID_LINE", message: problem.text)
      }
      guard request.items.count == 200 else { continue }
      send(&request, &tally, invocation)
      progress.reached(input.bytesTaken)
    }
    send(&request, &tally, invocation)
    progress.end()
    tally.end(isDryRun: request.dryRun)
  }

  private static func nextLine(_ input: inout LineReader) throws(Failure) -> [UInt8]? {
    do throws(Terminal.InputFailure) { return try input.next() } catch { throw Failure(.usage, "\(error)") }
  }

  private static func send(
    _ request: inout ImportTokensRequest, _ tally: inout ImportTally, _ invocation: Invocation
  ) {
    guard !request.items.isEmpty else { return }
    do throws(Failure) {
      tally.add(try invocation.administer(Methods.importTokens, request).results)
    } catch {
      // What was sent before has been kept, and is said.
      tally.end(isDryRun: request.dryRun, failure: error)
    }
    for index in request.items.indices { wipe(&request.items[index].secret) }
    request.items = []
  }

  // MARK: explain

  private static func explain(_ invocation: Invocation) throws(Failure) {
    var request = ExplainTokenRequest()
    defer { wipe(&request.token) }
    request.requiredScopes = splitScopes(invocation.values("require"))
    let context = (try? invocation.context()) ?? (org: "", tenant: "")
    (request.org, request.tenant) = context
    if invocation.operands.isEmpty {
      do throws(Terminal.InputFailure) { request.token = try Terminal.readSecret(prompt: "Token: ") } catch {
        if case .ended = error {} else { throw Failure(.usage, "\(error)") }
      }
    } else {
      request.id = try TokenName(invocation).find(invocation).token.id
    }
    let reply = try invocation.administer(Methods.explainToken, request)
    if invocation.isJSON {
      let checks = reply.checks.map { check in
        JSON.object([
          ("reason", .string(check.reason)), ("outcome", .string(check.outcome)), ("detail", .orNull(check.detail)),
        ])
      }
      return Terminal.write(
        JSON.object([
          ("reason", .string(reply.reason)), ("http_status", .integer(Int64(reply.httpStatus))),
          ("checks", .array(checks)), ("token", reply.token.id.isEmpty ? .null : reply.token.json),
          ("revision", .integer(Int64(clamping: reply.revision))),
        ]).text + "\n")
    }
    var table = Table(columns: [
      Table.Column(title: "CHECK", isRight: false, mayTruncate: false),
      Table.Column(title: "OUTCOME", isRight: false, mayTruncate: false),
      Table.Column(title: "DETAIL", isRight: false, mayTruncate: false, mayWrap: true),
    ])
    for check in reply.checks {
      let color: Table.Color = check.outcome == "passed" ? .green : check.outcome == "failed" ? .red : .yellow
      table.add([check.reason, check.outcome, check.detail], colors: [1: color])
    }
    invocation.show(table)
    Terminal.writeLine("verdict: \(reply.reason), HTTP \(reply.httpStatus), at revision \(reply.revision)")
  }
}
