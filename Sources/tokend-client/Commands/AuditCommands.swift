// audit list, follow, verify, denials.

import Linux
import Options
import TokenClient
import Wire
import Tokens

enum AuditCommands {
  private static let filters = [
    Option(name: "actor", argument: "WHO", help: "changes by uid:N or user:NAME"),
    Option(
      name: "action", argument: "ACTION",
      help: "such as token.create, token.revoke, grant.add, scope.restore or tenant.policy"),
    Option(name: "target", argument: "ID", help: "changes of a token's id, a tenant, a scope"),
    Option(name: "since", argument: "WHEN", help: "not older than 7d, or a date"),
  ]

  static let all = [
    Command(
      "audit", "list", summary: "list what was changed, newest first", options: filters + Shared.page("events"),
      examples: [
        "tokend-client audit list --since 7d", "tokend-client audit list --target 3fJk29xQbLm --json",
        "tokend-client audit list --actor user:alice --action token.revoke --all",
      ], run: list),
    Command(
      "audit", "follow", summary: "print changes as they are made, until it is stopped",
      details: "With --json, each is an object on a line of its own.",
      options: filters + [
        Option(name: "after", argument: "REVISION", help: "begin after this event (default: the last)")
      ],
      examples: ["tokend-client audit follow", "tokend-client audit follow --after 0 --json"], run: follow),
    Command(
      "audit", "verify", summary: "check that no event was altered, removed or put elsewhere",
      details: """
        Every event is chained to all before it by SHA-256. Keep the last line somewhere else: a trail that was written
        anew as a whole shows only against it (--expect).
        """,
      options: [Option(name: "expect", argument: "REVISION:CHAIN", help: "the trail must have had this head once")],
      examples: ["tokend-client audit verify", "tokend-client audit verify --expect 1209:9f86d081…"], run: verify),
    Command(
      "audit", "denials", summary: "list who was refused for want of rights, lately",
      details: "They are kept in the daemon's memory, 1000 at most and 20 of a second, and are gone when it restarts.",
      examples: ["tokend-client audit denials"], run: denials),
  ]

  private static func request(_ invocation: Invocation) throws(Failure) -> ListEventsRequest {
    for option in ["org", "tenant"] where invocation.value(option) != nil {
      throw Failure(
        .usage, "the trail is the whole daemon's, and --\(option) narrows nothing: leave it out, or use --target")
    }
    var request = ListEventsRequest()
    request.actor = try invocation.value("actor").map(Person.number) ?? ""
    request.action = invocation.value("action") ?? ""
    request.target = invocation.value("target") ?? ""
    request.since = try invocation.moment("since", .past)
    return request
  }

  private static func list(_ invocation: Invocation) throws(Failure) {
    var request = try request(invocation)
    var listing = try Listing(invocation)
    let events = try listing.collect { size, token throws(Failure) in
      request.pageSize = size
      request.pageToken = token
      let reply = try invocation.administer(Methods.listEvents, request)
      return (reply.events, reply.nextPage)
    }
    if invocation.isJSON { return Terminal.write(listing.json("events", events.map(json))) }
    var table = Table(columns: [
      Table.Column(title: "REVISION", isRight: true, mayTruncate: false),
      Table.Column(title: "AT", isRight: false, mayTruncate: false),
      Table.Column(title: "ACTOR", isRight: false, mayTruncate: false),
      Table.Column(title: "ACTION", isRight: false, mayTruncate: false),
      Table.Column(title: "TARGET", isRight: false, mayTruncate: false),
      Table.Column(title: "DETAIL", isRight: false, mayTruncate: true),
    ])
    for event in events {
      table.add([
        String(event.revision), formatInstant(event.at), event.actor, event.action, event.target, event.detail,
      ])
    }
    invocation.show(table)
    listing.sayMore("events", isEmpty: events.isEmpty)
  }

  private static func follow(_ invocation: Invocation) throws(Failure) {
    var request = try request(invocation)
    request.ascending = true
    if let text = invocation.value("after") {
      guard let revision = UInt64(text) else { throw Failure(.usage, "--after is '\(text)': give a revision") }
      request.afterRevision = revision
    } else {
      request.afterRevision = try invocation.administer(Methods.listEvents, request).revision
    }
    while true {
      let reply = try invocation.administer(Methods.listEvents, request)
      for event in reply.events {
        Terminal.write(
          invocation.isJSON
            ? json(event).line + "\n"
            : Terminal.plain(
              "\(event.revision) \(formatInstant(event.at)) \(event.actor) \(event.action) \(event.target) \(event.detail)"
            )
              + "\n")
      }
      request.pageToken = reply.nextPage
      guard reply.nextPage.isEmpty else { continue }
      // All there was has been looked at, whether it was meant or not.
      request.afterRevision = reply.revision
      System.pause(milliseconds: 500)
    }
  }

  private static func verify(_ invocation: Invocation) throws(Failure) {
    var expected: (revision: UInt64, chain: String)?
    if let text = invocation.value("expect") {
      let parts = text.split(separator: ":").map(String.init)
      guard parts.count == 2, let revision = UInt64(parts[0]), parts[1].utf8.count == 64 else {
        throw Failure(
          .usage, "--expect is '\(text)': give a revision, a colon and 64 digits, as audit verify prints them")
      }
      expected = (revision, parts[1].lowercased())
    }
    var request = VerifyEventsRequest()
    let progress = Progress("events verified")
    if let expected { try check(expected, invocation) }
    while true {
      let reply = try invocation.administer(Methods.verifyEvents, request)
      progress.reached(Int(clamping: reply.revision))
      if !reply.problem.isEmpty {
        progress.end()
        throw Failure(
          .denied, "\(reply.problem); events up to \(reply.revision) are as they were written", code: "TRAIL_BROKEN")
      }
      (request.afterRevision, request.chain) = (reply.revision, reply.chain)
      guard reply.done else { continue }
      progress.end()
      if invocation.isJSON {
        return Terminal.write(
          JSON.object([("revision", .integer(Int64(clamping: reply.revision))), ("chain", .string(reply.chain))]).text
            + "\n")
      }
      return Terminal.write("verified \(reply.revision) events\n\(reply.revision):\(reply.chain)\n")
    }
  }

  /// An event must have the chain that was kept of it. That the chain leads there is then verified with all others.
  private static func check(_ expected: (revision: UInt64, chain: String), _ invocation: Invocation) throws(Failure) {
    guard expected.revision > 0 else { return }
    var request = ListEventsRequest()
    request.ascending = true
    request.afterRevision = expected.revision - 1
    request.pageSize = 1
    let event = try invocation.administer(Methods.listEvents, request).events.first
    guard event?.revision == expected.revision, event?.chain == expected.chain else {
      throw Failure(
        .denied,
        event == nil
          ? "event \(expected.revision) is missing"
          : "event \(expected.revision) has not the chain that was expected: the trail was written anew",
        code: "TRAIL_BROKEN")
    }
  }

  private static func denials(_ invocation: Invocation) throws(Failure) {
    let reply = try invocation.administer(Methods.listDenials, ListDenialsRequest())
    if invocation.isJSON {
      let denials = reply.denials.map { denial in
        JSON.object([
          ("at", .integer(denial.at)), ("actor", .string(denial.actor)), ("method", .string(denial.method)),
          ("code", .string(denial.code)), ("message", .string(denial.message)),
        ])
      }
      return Terminal.write(
        JSON.object([("denials", .array(denials)), ("dropped", .integer(Int64(clamping: reply.dropped)))]).text + "\n")
    }
    var table = Table(columns: [
      Table.Column(title: "AT", isRight: false, mayTruncate: false),
      Table.Column(title: "ACTOR", isRight: false, mayTruncate: false),
      Table.Column(title: "METHOD", isRight: false, mayTruncate: true),
      Table.Column(title: "CODE", isRight: false, mayTruncate: true),
    ])
    for denial in reply.denials {
      table.add([formatInstant(denial.at), Person.named(denial.actor), denial.method, denial.code])
    }
    invocation.show(table)
    if reply.denials.isEmpty { Terminal.writeErrorLine("no denials") }
    if reply.dropped > 0 { Terminal.writeErrorLine("\(reply.dropped) more were not kept") }
  }

  private static func json(_ event: EventMessage) -> JSON {
    .object([
      ("revision", .integer(Int64(clamping: event.revision))), ("at", .integer(event.at)),
      ("actor", .string(event.actor)), ("action", .string(event.action)), ("target", .string(event.target)),
      ("detail", .string(event.detail)), ("chain", .string(event.chain)),
    ])
  }
}
