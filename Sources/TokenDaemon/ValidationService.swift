// Validate: from the bytes of a request to the bytes of its verdict, on the worker's own thread.

internal import Index
internal import Tokens
internal import Wire

/// Judges tokens. Owned by one worker. It asks nothing of the store, and allocates nothing unless a request is refused
/// or denied.
struct ValidationService: ~Copyable {
  private let format: TokenFormat
  private let digester: Digester
  private var reader: IndexReader
  private var usage = UsageTable()

  init(format: TokenFormat, digester: consuming Digester, reader: consuming IndexReader) {
    self.format = format
    self.digester = digester
    self.reader = reader
  }

  /// What a request came to.
  private struct Judgement {
    let reply: ValidateReply
    let entry: IndexReader.Entry?
    let challenge: [UInt8]
    let bytes: Int
  }

  /// Answers the ValidateRequest that fills `range` of `span`.
  mutating func validate(
    _ span: Span<UInt8>, _ range: Range<Int>, stream: UInt32, now: Instant, limits: [Realm]?,
    to out: inout OutBuffer
  ) {
    do throws(Status) {
      let request = try ValidateRequest(in: span, range)
      try Self.check(request, in: span, against: limits)
      let judgement = try judge(request, span, now)
      ResponseEnvelope.open(payloadBytes: judgement.bytes, stream: stream, to: &out)
      append(judgement, to: &out)
    } catch {
      ResponseEnvelope.append(error, stream: stream, to: &out)
    }
  }

  /// Answers the ValidateBatchRequest that fills `range` of `span`: all of it, in order, or a status.
  mutating func validateBatch(
    _ span: Span<UInt8>, _ range: Range<Int>, stream: UInt32, now: Instant, limits: [Realm]?,
    to out: inout OutBuffer
  ) {
    do throws(Status) {
      var judgements: [Judgement] = []
      var bytes = 0
      for (index, item) in try items(of: span, range).enumerated() {
        let request: ValidateRequest
        do throws(Status) {
          request = try ValidateRequest(in: span, item)
          try Self.check(request, in: span, against: limits)
        } catch {
          throw error.within("requests[\(index)]")
        }
        let judgement = try judge(request, span, now)
        bytes += 1 + varintBytes(UInt64(judgement.bytes)) + judgement.bytes
        guard bytes < FrameHeader.mostData - 16 else {
          throw Status(
            .resourceExhausted, "REPLY_TOO_LARGE", field: "requests", "the reply would exceed 4 MiB: split the batch")
        }
        judgements.append(judgement)
      }
      ResponseEnvelope.open(payloadBytes: bytes, stream: stream, to: &out)
      for judgement in judgements {
        out.append(1 << 3 | 2)
        out.append(varint: UInt64(judgement.bytes))
        append(judgement, to: &out)
      }
    } catch {
      ResponseEnvelope.append(error, stream: stream, to: &out)
    }
  }

  /// - Parameter limits: where the peer may ask for verdicts; nil for everywhere.
  private static func check(
    _ request: ValidateRequest, in span: Span<UInt8>, against limits: [Realm]?
  ) throws(Status) {
    // Without a context there is nothing to ask about, and the verdict says so.
    guard let limits, !request.org.isEmpty, !request.tenant.isEmpty else { return }
    let name = TenantName(
      stored: String(copying: span.extracting(request.org)), String(copying: span.extracting(request.tenant)))
    guard !limits.contains(where: { $0.covers(.tenant(name)) }) else { return }
    throw Status(
      .permissionDenied, "NOT_YOUR_TENANT", field: "tenant_id",
      "a policy limits this peer to other tenants: nothing was decided; ask an operator for a validator grant")
  }

  /// The uses that are to be handed over now; nil if none are.
  mutating func usesToHandOver(at now: Instant, isEnding: Bool) -> [TokenUse]? {
    guard !usage.isEmpty else { return nil }
    let age = now.seconds - usage.began.seconds
    // A clock that was set back must not keep them.
    guard isEnding || usage.isFull || age >= Limits.usageSeconds || age < 0 else { return nil }
    return usage.take()
  }

  /// How long until uses must be handed over, in milliseconds; nil if there are none.
  func usesDue(at now: Instant) -> Int32? {
    guard !usage.isEmpty else { return nil }
    return Int32(clamping: max(0, usage.began.seconds + Limits.usageSeconds - now.seconds) * 1000)
  }

  /// Lets go of an index that has been superseded, so that its memory is freed even if no request comes.
  mutating func turnToNewestIndex() { if !reader.isCurrent { reader.refresh() } }

  private func items(of span: Span<UInt8>, _ range: Range<Int>) throws(Status) -> [Range<Int>] {
    var items: [Range<Int>] = []
    var fields = FieldReader(range)
    do throws(FieldReader.Malformed) {
      while let (number, value) = try fields.next(in: span) {
        guard number == 1 else { continue }
        guard case .bytes(let bytes) = value else { throw FieldReader.Malformed() }
        items.append(bytes)
      }
    } catch {
      throw Status(
        .invalidArgument, "BAD_PAYLOAD",
        "the payload is not a well-formed tokend.v1.ValidateBatchRequest: see proto/tokend/v1")
    }
    guard items.count <= Limits.batchRequests else {
      throw Status(
        .invalidArgument, "BATCH_TOO_LARGE", field: "requests",
        "requests has \(items.count) entries; at most \(Limits.batchRequests) are judged at once: split the batch")
    }
    return items
  }

  /// The verdict, from one region of the index; again if that was superseded meanwhile.
  private mutating func judge(_ request: ValidateRequest, _ span: Span<UInt8>, _ now: Instant) throws(Status)
    -> Judgement
  {
    let token = span.extracting(request.token)
    let early = Verdict.beforeLookup(
      hasToken: !request.token.isEmpty, hasContext: !request.org.isEmpty && !request.tenant.isEmpty,
      isWellFormed: format.accepts(token))
    var digest: Digest?
    if early == nil {
      digest = digester.digest(of: token)
      guard digest != nil else { throw Status(.internal, "NO_DIGEST", "libcrypto failed: nothing was decided") }
    }
    while true {
      let revision = reader.revision
      var entry: IndexReader.Entry?
      var reason = early ?? .unknown
      var required = ScopeSet()
      if let digest {
        entry = reader[digest]
        if let entry { reason = judge(entry, request, span, now, noting: &required) }
      }
      // What a superseded index says may be out of date, a miss included.
      guard reader.isCurrent else {
        reader.refresh()
        continue
      }
      guard revision >= request.minRevision else {
        throw Status(
          .unavailable, "REVISION_NOT_REACHED", field: "min_revision",
          "min_revision is \(request.minRevision), the index is at \(revision): nothing was decided; try again")
      }
      if reason == .allowed, let entry { usage.note(entry.ordinal, at: now, scopes: required) }
      let challenge = Challenge.text(for: reason, request, in: span)
      let expires = entry.map { reason.disclosesToken && $0.expiry != .never ? $0.expiry.seconds : 0 } ?? 0
      let reply = ValidateReply(reason: reason, expiresAt: expires, revision: revision)
      return Judgement(
        reply: reply, entry: entry, challenge: challenge,
        bytes: reply.bytes(parts: partBytes(entry, reason), challenge: challenge.count))
    }
  }

  /// - Parameter required: receives the scopes that were required and are held.
  private func judge(
    _ entry: IndexReader.Entry, _ request: ValidateRequest, _ span: Span<UInt8>, _ now: Instant,
    noting required: inout ScopeSet
  ) -> Reason {
    var holdsAll = true
    var scopes = request.scopes
    while holdsAll, let scope = scopes.next(in: span) {
      guard let number = reader.scope(named: span.extracting(scope)), reader.holds(entry, scope: number) else {
        holdsAll = false
        break
      }
      required.insert(number)
    }
    return Verdict.afterLookup(
      state: entry.state, expiry: entry.expiry, now: now,
      isBound: reader.isBound(entry, org: span.extracting(request.org), tenant: span.extracting(request.tenant)),
      holdsScopes: holdsAll)
  }

  private func partBytes(_ entry: IndexReader.Entry?, _ reason: Reason) -> Int {
    guard let entry else { return 0 }
    let label = reader.label(of: entry).count
    return reason.disclosesToken ? label + reader.binding(of: entry).count + reader.scopes(of: entry).count : label
  }

  private func append(_ judgement: Judgement, to out: inout OutBuffer) {
    judgement.reply.appendStart(to: &out)
    if let entry = judgement.entry {
      reader.label(of: entry).withBytes { out.append($0) }
      if judgement.reply.reason.disclosesToken {
        reader.binding(of: entry).withBytes { out.append($0) }
        reader.scopes(of: entry).withBytes { out.append($0) }
      }
    }
    judgement.reply.appendRest(challenge: judgement.challenge.count, to: &out)
    if !judgement.challenge.isEmpty { out.append(judgement.challenge.span) }
  }
}

extension Status {
  /// The same status, about an item of a list.
  fileprivate func within(_ item: String) -> Status {
    Status(code, reason, field: field.isEmpty ? item : "\(item).\(field)", "\(item): \(message)")
  }
}
