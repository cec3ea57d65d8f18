// From a whole frame to the service that answers it, and from the journal's outcome to the reply.

internal import Linux
internal import Tokens
internal import Wire

/// Finds what a frame calls, asks the doorkeeper, and has the call answered: at once, or by way of the journal.
/// Owned by one worker.
struct Router: ~Copyable {
  private let worker: Int
  private let journal: Mailbox<Entry>
  private let doorkeeper: Doorkeeper
  private let realms: PublishedRealms
  private let administration: Administration
  private let counters: WorkerCounters
  private let report: StatusReport
  private let denials: DenialRing
  private let accounts: PeerAccounts
  private var validation: ValidationService
  /// The status that was told last, when, and after how many transactions: whoever asks without end is not to hold up
  /// verdicts.
  private var told: (status: [UInt8], at: UInt64, transactions: UInt64, trouble: JournalCounters.Trouble) = (
    [], 0, 0, []
  )
  /// Set when the daemon stops: changes are refused then.
  var isDraining = false

  init(
    worker: Int, journal: Mailbox<Entry>, doorkeeper: Doorkeeper, realms: PublishedRealms,
    administration: Administration, validation: consuming ValidationService, counters: WorkerCounters,
    report: StatusReport, denials: DenialRing, accounts: PeerAccounts
  ) {
    self.worker = worker
    self.journal = journal
    self.doorkeeper = doorkeeper
    self.realms = realms
    self.administration = administration
    self.validation = validation
    self.counters = counters
    self.report = report
    self.denials = denials
    self.accounts = accounts
  }

  /// Who the peer is.
  func caller(_ peer: PeerCredentials) -> Caller { doorkeeper.caller(peer) }

  /// What the connection's verdicts are limited to. Who the peer is stays; what it may is looked up when it has changed.
  func realms(_ connection: Connection) -> [Realm]? {
    let version = realms.version
    if connection.limits.version != version { connection.limits = (realms.realms(of: connection.caller), version) }
    return connection.limits.realms
  }

  /// Answers the request that fills `data` of `span`, into `out`, or later.
  mutating func call(
    _ connection: Connection, stream: UInt32, _ span: Span<UInt8>, _ data: Range<Int>, at moment: Instant,
    _ exchange: inout Exchange, to out: inout OutBuffer
  ) {
    do throws(Status) {
      let envelope = try RequestEnvelope(in: span, data)
      guard let route = Route.named(span.extracting(envelope.service), span.extracting(envelope.method)) else {
        throw Self.unimplemented(span, envelope)
      }
      if let refusal = doorkeeper.refusal(of: route, through: connection.entrance) { throw refusal }
      guard envelope.timeout >= 0 else { throw Status(Refusal.deadlinePassed) }
      switch route {
      case .validate:
        try validate(span, envelope.payload, stream, connection, at: moment, to: &out)
      case .validateBatch:
        validation.validateBatch(
          span, envelope.payload, stream: stream, now: moment, limits: realms(connection), to: &out)
      case .checkHealth: try checkHealth(span, envelope.payload, stream, to: &out)
      case .getStatus: try getStatus(connection.caller, stream, at: moment, to: &out)
      case .administer(let verb): try administer(verb, span, envelope, stream, connection, &exchange)
      }
    } catch {
      refuse(error, stream: stream, to: &out)
    }
  }

  /// Answers a call with a status.
  func refuse(_ status: Status, stream: UInt32, to out: inout OutBuffer) {
    counters.note(status.code)
    ResponseEnvelope.append(status, stream: stream, to: &out)
  }

  /// Counts the verdicts that have been given since it was last called, whose requests came at `moment`.
  mutating func count(since moment: UInt64) {
    let tally = validation.takeTally()
    if tally.sum > 0 { counters.note(tally, took: System.monotonicNanoseconds() - moment) }
  }

  /// Leaves out the verdicts that have been given since then.
  mutating func leaveUncounted() { _ = validation.takeTally() }

  private mutating func getStatus(
    _ caller: Caller, _ stream: UInt32, at moment: Instant, to out: inout OutBuffer
  ) throws(Status) {
    guard caller.isOperator else {
      let message = "\(caller.name) is no operator: the status tells of all tenants and peers"
      denials.note(
        Denial(
          at: moment, caller: caller, method: Methods.getStatus.path, code: "NOT_PERMITTED", message: message))
      throw Status(.permissionDenied, "NOT_PERMITTED", message)
    }
    let now = System.monotonicNanoseconds()
    let (transactions, trouble) = (report.journal.transactions, report.journal.trouble)
    if now - told.at >= Limits.statusNanoseconds || told.transactions != transactions || told.trouble != trouble {
      validation.turnToNewestIndex()
      told = (validation.status(report).encoded(), now, transactions, trouble)
    }
    ResponseEnvelope.append(told.status.span, stream: stream, to: &out)
  }

  private mutating func validate(
    _ span: Span<UInt8>, _ payload: Range<Int>, _ stream: UInt32, _ connection: Connection, at moment: Instant,
    to out: inout OutBuffer
  ) throws(Status) {
    try validation.prepare(span, payload, stream: stream, limits: realms(connection))
    answerPrepared(span, at: moment, to: &out)
  }

  // MARK: Validate, for many at once

  /// Whether no request waits to be judged.
  var isIdle: Bool { validation.isIdle }
  /// Whether those that wait must be judged before another is prepared.
  var isFull: Bool { validation.isFull }

  /// Leaves the request that fills `data` of `span` to be judged with others, if it is a Validate, as nearly all are.
  /// - Returns: whether it is; if not, it is to be given to `call`.
  @inline(__always)
  mutating func prepare(
    _ entrance: Entrance, stream: UInt32, _ span: Span<UInt8>, _ data: Range<Int>, limits: [Realm]?
  ) throws(Status) -> Bool {
    guard entrance == .validation, let payload = RequestEnvelope.validatePayload(in: span, data) else { return false }
    try validation.prepare(span, payload, stream: stream, limits: limits)
    return true
  }

  /// Looks up all that was prepared.
  mutating func lookUp() { validation.lookUp() }

  /// Answers the next `count` of the requests that were prepared from `span` and have been looked up.
  mutating func answerNext(_ count: Int, _ span: Span<UInt8>, at moment: Instant, to out: inout OutBuffer) {
    validation.answerNext(count, span, now: moment, to: &out)
  }

  /// Answers all requests that were prepared from `span`. Called before their bytes go, and before `call`.
  mutating func answerPrepared(_ span: Span<UInt8>, at moment: Instant, to out: inout OutBuffer) {
    if !isIdle { validation.answerPrepared(span, now: moment, to: &out) }
  }

  /// Hands an administration call to the journal.
  private func administer(
    _ verb: any Operation.Type, _ span: Span<UInt8>, _ envelope: RequestEnvelope, _ stream: UInt32,
    _ connection: Connection, _ exchange: inout Exchange
  ) throws(Status) {
    if isDraining { throw .draining }
    let call = try administration.read(verb, span, envelope.payload)
    if let refusal = exchange.deferred(stream) { throw refusal }
    let account = connection.account
    guard accounts.charge(1, of: .journalEntries, to: account) else {
      exchange.answered(stream)
      if accounts.isUsedUp(.journalEntries) { throw Status(Refusal.overloaded) }
      throw Status(
        .resourceExhausted, "TOO_MANY_CALLS",
        "as many calls of \(connection.caller.name) wait as its share allows: wait for an answer first")
    }
    let entry = Entry(
      origin: Origin(worker: worker, connection: connection.word, stream: stream, account: account),
      caller: connection.caller,
      deadline: envelope.timeout > 0 ? ContinuousClock.now + .nanoseconds(envelope.timeout) : nil,
      operation: call.operation)
    guard journal.put(entry) else {
      exchange.answered(stream)
      accounts.add(-1, of: .journalEntries, to: account)
      throw Status(journal.isClosed ? Refusal.stopping : .overloaded)
    }
    connection.waiting[stream] = WaitingCall(call)
  }

  /// Writes the reply to a call that waited for the journal.
  func answer(_ receipt: Receipt, to connection: Connection) {
    let stream = receipt.origin.stream
    guard let call = connection.waiting.removeValue(forKey: stream) else { return }
    connection.traffic.exchange.answered(stream)
    administration.answer(receipt.outcome, secret: call.secret, stream: stream, to: &connection.traffic.output)
  }

  /// Lets go of an index that has been superseded, so that its memory is freed even if no request comes.
  mutating func turnToNewestIndex() { validation.turnToNewestIndex() }

  private func checkHealth(
    _ span: Span<UInt8>, _ range: Range<Int>, _ stream: UInt32, to out: inout OutBuffer
  ) throws(Status) {
    let request = try HealthCheckRequest(decoding: span, range)
    // Before the index is loaded nobody is listening.
    let isServing: Bool
    switch request.service {
    case "live": isServing = true
    case "", "ready", "tokend.v1.Validation", "grpc.health.v1.Health": isServing = !isDraining
    case let service where Route.services.contains(service): isServing = !isDraining && !report.journal.changesFail
    default:
      throw Status(
        .notFound, "UNKNOWN_SERVICE", field: "service",
        "service is none that is served here: leave it empty to ask about verdicts, or say live or ready")
    }
    var reply = HealthCheckResponse()
    // SERVING or NOT_SERVING.
    reply.status = isServing ? 1 : 2
    ResponseEnvelope.append(reply.encoded().span, stream: stream, to: &out)
  }

  private static func unimplemented(_ span: Span<UInt8>, _ envelope: RequestEnvelope) -> Status {
    let service = PrintableText.cut(String(copying: span.extracting(envelope.service)), to: 100)
    let method = PrintableText.cut(String(copying: span.extracting(envelope.method)), to: 100)
    return Status(
      .unimplemented, "UNKNOWN_METHOD", "there is no method \(service)/\(method): see proto/tokend/v1")
  }
}
