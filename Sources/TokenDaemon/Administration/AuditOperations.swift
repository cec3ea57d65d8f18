// The verbs of the audit trail.

internal import Store
internal import Tokens
internal import Wire

struct ListEvents: Operation {
  static let method = Methods.listEvents

  private let filter: AuditStore.Filter
  private let isAscending: Bool
  private let page: Page
  private let bound: UInt64

  init(_ request: ListEventsRequest, _ arrival: Arrival) throws(Refusal) {
    filter = AuditStore.Filter(
      actor: request.actor, action: request.action, target: request.target, since: Instant(seconds: request.since))
    isAscending = request.ascending || request.afterRevision > 0
    page = try Page(
      of: ["events", request.actor, request.action, request.target, "\(request.since)", "\(isAscending)"],
      size: request.pageSize, token: request.pageToken)
    guard let key = page.key else {
      bound = isAscending ? request.afterRevision : .max
      return
    }
    guard let revision = UInt64(key) else { throw .badPageToken }
    bound = revision
  }

  var demand: Demand { .role(.operator, .everything) }

  func run(_ work: Work) throws(SQLiteError) -> Result<ListEventsResponse, Refusal> {
    let found = try work.store.audit.events(
      filter, beyond: bound, isAscending: isAscending, most: page.size, scan: Limits.scannedEvents)
    let cut = page.cut(found.events) { 150 + $0.actor.utf8.count + $0.target.utf8.count + $0.detail.utf8.count }
    var reply = ListEventsResponse()
    reply.events = cut.items.map { event in
      var message = EventMessage()
      message.revision = event.revision
      message.at = event.at.seconds
      message.actor = event.actor
      message.action = event.action
      message.target = event.target
      message.detail = event.detail
      message.chain = hexadecimal(event.chain)
      return message
    }
    let next = cut.isWhole ? found.next : cut.items.last?.revision
    if let next { reply.nextPage = page.token(after: String(next)) }
    reply.revision = work.store.audit.revision
    return .success(reply)
  }
}

struct VerifyEvents: Operation {
  static let method = Methods.verifyEvents

  private let revision: UInt64
  private let chain: [UInt8]

  init(_ request: VerifyEventsRequest, _ arrival: Arrival) throws(Refusal) {
    revision = request.afterRevision
    guard !request.chain.isEmpty || revision > 0 else {
      chain = AuditStore.beginning
      return
    }
    guard let digest = Digest(hex: request.chain) else {
      throw Refusal(
        .invalid, "INVALID_CHAIN", "chain",
        "chain is not that of an event: give 64 hexadecimal digits, or leave out both it and after_revision")
    }
    chain = digest.bytes
  }

  var demand: Demand { .role(.operator, .everything) }

  func run(_ work: Work) throws(SQLiteError) -> Result<VerifyEventsResponse, Refusal> {
    let done = try work.store.audit.verify(after: revision, chain: chain, most: Limits.scannedEvents)
    var reply = VerifyEventsResponse()
    reply.revision = done.revision
    reply.chain = hexadecimal(done.chain)
    reply.done = done.isDone
    reply.problem = done.problem ?? ""
    return .success(reply)
  }
}

struct ListDenials: Operation {
  static let method = Methods.listDenials

  init(_ request: ListDenialsRequest, _ arrival: Arrival) throws(Refusal) {}

  var demand: Demand { .role(.operator, .everything) }

  func run(_ work: Work) throws(SQLiteError) -> Result<ListDenialsResponse, Refusal> {
    var reply = ListDenialsResponse()
    let (denials, dropped) = work.denials.all
    reply.denials = denials.map { denial in
      var message = DenialMessage()
      message.at = denial.at.seconds
      message.actor = denial.caller.name
      message.method = denial.method
      message.code = denial.code
      message.message = denial.message
      return message
    }
    reply.dropped = dropped
    return .success(reply)
  }
}
