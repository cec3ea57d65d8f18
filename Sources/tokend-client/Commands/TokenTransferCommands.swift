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
        Each line of standard input has tokens, wherever they stand in it, or begins with the SHA-256 of one in 64
        hexadecimal digits, as sha256sum prints it. A line of the answer stands for each, in order; the tokens themselves
        are not repeated. The exit code is 1 if any is still live in the end, or a line had neither, and 0 otherwise.
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
        sha256_base64, the latter two with the public id. A digest must be that of a token in this deployment's format: others
        are never allowed. Each line has a result of its own; the exit code is 1 if any was
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
    var found: [(line: Int, kind: LeakLine.Kind, index: Int)] = []
    var number = 0
    do throws(Terminal.InputFailure) {
      var input = LineReader()
      while var line = try input.next() {
        number += 1
        for item in LeakLine.items(in: line) {
          switch item {
          case .digest(let digest):
            found.append((number, .digest, request.digests.count))
            request.digests.append(digest)
          case .token(let token):
            found.append((number, .token, request.secrets.count))
            request.secrets.append(token)
          case .nothing: found.append((number, .nothing, 0))
          }
        }
        wipe(&line)
      }
    } catch {
      throw Failure(.usage, "\(error)")
    }
    guard !found.isEmpty else { throw Failure(.usage, "standard input: nothing to check: give a token a line") }
    let answers = try check(request, invocation)
    let results = found.map { item in
      switch item.kind {
      case .token: return answers[item.index]
      case .digest: return answers[request.secrets.count + item.index]
      case .nothing:
        var result = LeakResultMessage()
        result.state = "no token"
        return result
      }
    }
    if invocation.isJSON {
      let items = zip(found, results).map { json($1, line: $0.line) }
      Terminal.write(JSON.object([("results", .array(items))]).text + "\n")
    } else {
      var table = Table(columns: [
        Table.Column(title: "LINE", isRight: true, mayTruncate: false),
        Table.Column(title: "STATE", isRight: false, mayTruncate: false),
        Table.Column(title: "ID", isRight: false, mayTruncate: false),
        Table.Column(title: "NAME", isRight: false, mayTruncate: true),
        Table.Column(title: "TENANT", isRight: false, mayTruncate: true),
      ])
      for (item, result) in zip(found, results) {
        let tenant = result.token.org.isEmpty ? "" : "\(result.token.org)/\(result.token.tenant)"
        let state = result.revoked ? "\(result.state), now revoked" : result.state
        table.add([String(item.line), state, result.token.id, result.token.name, tenant])
      }
      invocation.show(table)
    }
    let unread = found.count { $0.kind == .nothing }
    if unread > 0 {
      Terminal.writeErrorLine(
        "\(counted(unread, "line")) had neither a token nor a SHA-256: nothing is known of what stands there")
    }
    if unread > 0 || results.contains(where: { $0.state == "live" && !$0.revoked }) {
      System.exit(Exit.denied.rawValue)
    }
  }

  /// The answers to all secrets and then all digests, some hundred of which are asked about at a time.
  private static func check(
    _ request: CheckLeaksRequest, _ invocation: Invocation
  ) throws(Failure) -> [LeakResultMessage] {
    let most = 500
    var answers: [LeakResultMessage] = []
    let all = request.secrets.count + request.digests.count
    for start in stride(from: 0, to: all, by: most) {
      let (end, secrets) = (min(start + most, all), request.secrets.count)
      var part = CheckLeaksRequest()
      part.revoke = request.revoke
      part.secrets = Array(request.secrets[min(start, secrets)..<min(end, secrets)])
      part.digests = Array(request.digests[max(start - secrets, 0)..<max(end - secrets, 0)])
      let results = try invocation.administer(Methods.checkLeaks, part).results
      guard results.count == end - start else {
        throw Failure(.unavailable, "the daemon's reply has \(results.count) answers, not one for each question")
      }
      answers += results
    }
    return answers
  }

  private static func json(_ result: LeakResultMessage, line: Int) -> JSON {
    .object([
      ("line", .integer(Int64(line))), ("state", .string(result.state)), ("revoked", .bool(result.revoked)),
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
      switch ImportLine.read(line, org: request.org, tenant: request.tenant) {
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
      request.id = try TokenName(invocation).find(invocation, .newest).token.id
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
