// Validate: from the bytes of a request to the bytes of its verdict, on the worker's own thread.

internal import Index
internal import Tokens
internal import Wire

/// Judges tokens. Owned by one worker. It asks nothing of the store. For a verdict it allocates nothing, unless a policy
/// limits the peer, or a scope is required that is beyond the first 32 of those that the token holds.
///
/// Requests that have come together are first prepared, all of them, then looked up, and then judged, so that what the
/// memory takes to bring each token's lines passes once instead of once for each.
struct ValidationService: ~Copyable {
  /// Requests that are prepared before they are judged; what the caches' first level takes in easily.
  private static let group = 16

  private let shape: TokenFormat.Shape
  private let usage: UsageLedger
  private let tenants: TenantCounters
  private var reader: IndexReader
  private var sheet: UsageSheet
  private var prepared: [Prepared] = []
  /// How many of those have been answered.
  private var answered = 0
  /// The last change that all that was looked up has seen.
  private var revision: UInt64 = 0
  /// Verdicts that have been given since `takeTally`.
  private var tally = VerdictTally()
  /// Where the items of a batch's reply gather until their bytes are known.
  private var items = OutBuffer()

  init(format: TokenFormat, reader: consuming IndexReader, usage: UsageLedger, tenants: TenantCounters) {
    shape = format.shape
    self.tenants = tenants
    self.reader = reader
    self.usage = usage
    sheet = usage.newest
    prepared.reserveCapacity(Self.group)
  }

  /// A request that waits to be judged. Its fields are ranges of the span that it was read in.
  private struct Prepared {
    let request: ValidateRequest
    let stream: UInt32
    /// What could be said without a look-up; otherwise a search has been begun.
    let early: Reason?
    var probe: IndexReader.Probe
    var entry: IndexReader.Entry?
  }

  /// How a verdict is framed: as a call's response, or as an item of a batch's.
  private enum Framing { case response, item }

  /// Whether no request waits to be judged.
  var isIdle: Bool { prepared.isEmpty }
  /// Whether those that wait must be judged before another is prepared.
  var isFull: Bool { prepared.count >= Self.group }

  /// Reads the ValidateRequest that fills `range` of `span`, and leaves it to be judged.
  /// - Parameter limits: where the peer may ask for verdicts; nil for everywhere.
  /// - Throws: the status if it can't be judged.
  mutating func prepare(
    _ span: Span<UInt8>, _ range: Range<Int>, stream: UInt32, limits: [Realm]?
  ) throws(Status) {
    let request = try ValidateRequest(in: span, range)
    if let limits { try Self.check(request, in: span, against: limits) }
    let token = span.extracting(request.token)
    let early = Verdict.beforeLookup(
      hasToken: !request.token.isEmpty, hasContext: !request.org.isEmpty && !request.tenant.isEmpty,
      isWellFormed: shape.accepts(token))
    let probe = early == nil ? reader.probe(Digest(hashing: token)) : .none
    prepared.append(Prepared(request: request, stream: stream, early: early, probe: probe))
  }

  /// Finds the entries of all that was prepared, in the region that the reader has.
  mutating func lookUp() { lookUp(from: 0) }

  /// Answers the next `count` of the requests that were prepared from `span` and have been looked up.
  mutating func answerNext(_ count: Int, _ span: Span<UInt8>, now: Instant, to out: inout OutBuffer) {
    for index in answered..<answered + count {
      do throws(Status) {
        try answer(index, span, now, as: .response, to: &out)
      } catch {
        ResponseEnvelope.append(error, stream: prepared[index].stream, to: &out)
      }
    }
    answered += count
    if answered == prepared.count { forget() }
  }

  /// Answers all requests that were prepared from `span`, in their order.
  mutating func answerPrepared(_ span: Span<UInt8>, now: Instant, to out: inout OutBuffer) {
    lookUp()
    answerNext(prepared.count, span, now: now, to: &out)
  }

  /// The verdicts that have been given since it was last called.
  mutating func takeTally() -> VerdictTally {
    let taken = tally
    tally = VerdictTally()
    return taken
  }

  /// What the daemon tells of itself.
  func status(_ report: StatusReport) -> GetStatusResponse { report.reply(reader) }

  private mutating func forget() {
    prepared.removeAll(keepingCapacity: true)
    answered = 0
  }

  /// Answers the ValidateBatchRequest that fills `range` of `span`: all of it, in order, or a status.
  mutating func validateBatch(
    _ span: Span<UInt8>, _ range: Range<Int>, stream: UInt32, now: Instant, limits: [Realm]?,
    to out: inout OutBuffer
  ) {
    // Lent to this function, so that it is written in place.
    var items = OutBuffer()
    swap(&items, &self.items)
    do throws(Status) {
      try judgeBatch(span, range, now: now, limits: limits, into: &items)
      ResponseEnvelope.open(payloadBytes: items.pendingBytes, stream: stream, to: &out)
      out.append(items.pending)
    } catch {
      forget()
      ResponseEnvelope.append(error, stream: stream, to: &out)
    }
    items.sent(items.pendingBytes)
    swap(&items, &self.items)
  }

  private mutating func judgeBatch(
    _ span: Span<UInt8>, _ range: Range<Int>, now: Instant, limits: [Realm]?, into items: inout OutBuffer
  ) throws(Status) {
    let count = try Self.batchCount(of: span, range)
    var fields = FieldReader(range)
    var index = 0
    while index < count {
      let first = index
      // It was read whole once, so it cannot be malformed now: the error would only end the walk.
      while !isFull, index < count, let (number, value) = try? fields.next(in: span) {
        guard number == 1, case .bytes(let item) = value else { continue }
        do throws(Status) { try prepare(span, item, stream: 0, limits: limits) } catch {
          throw error.within("requests[\(index)]")
        }
        index += 1
      }
      lookUp()
      for place in prepared.indices {
        do throws(Status) { try answer(place, span, now, as: .item, to: &items) } catch {
          throw error.within("requests[\(first + place)]")
        }
      }
      forget()
    }
  }

  private static func check(
    _ request: ValidateRequest, in span: Span<UInt8>, against limits: [Realm]
  ) throws(Status) {
    // Without a context there is nothing to ask about, and the verdict says so.
    guard !request.org.isEmpty, !request.tenant.isEmpty else { return }
    let name = TenantName(
      stored: String(copying: span.extracting(request.org)), String(copying: span.extracting(request.tenant)))
    guard !limits.contains(where: { $0.covers(.tenant(name)) }) else { return }
    throw Status(
      .permissionDenied, "NOT_YOUR_TENANT", field: "tenant_id",
      "a policy limits this peer to other tenants: nothing was decided; ask an operator for a validator grant")
  }

  /// Lets go of an index that has been superseded, so that its memory is freed even if no request comes. Searches that
  /// have been begun in it are ended in it: `answer` sees that it is superseded, and turns.
  mutating func turnToNewestIndex() { if prepared.isEmpty, !reader.isCurrent { reader.refresh() } }

  /// How many requests the batch has that fills `range`.
  /// - Throws: the status if it is not well-formed, or has too many.
  private static func batchCount(of span: Span<UInt8>, _ range: Range<Int>) throws(Status) -> Int {
    var count = 0
    var fields = FieldReader(range)
    do throws(FieldReader.Malformed) {
      while let (number, value) = try fields.next(in: span) {
        guard number == 1 else { continue }
        guard case .bytes = value else { throw FieldReader.Malformed() }
        count += 1
      }
    } catch {
      throw Status(
        .invalidArgument, "BAD_PAYLOAD",
        "the payload is not a well-formed tokend.v1.ValidateBatchRequest: see proto/tokend/v1")
    }
    guard count <= Limits.batchRequests else {
      throw Status(
        .invalidArgument, "BATCH_TOO_LARGE", field: "requests",
        "requests has \(count) entries; at most \(Limits.batchRequests) are judged at once: split the batch")
    }
    return count
  }

  /// Each step begins to fetch what the next one looks at, for all of them.
  private mutating func lookUp(from first: Int) {
    // Before anything is read: a change that comes in between may be seen or not, but is not claimed.
    revision = reader.revision
    for index in first..<prepared.count where prepared[index].early == nil { reader.approach(&prepared[index].probe) }
    for index in first..<prepared.count where prepared[index].early == nil {
      let entry = reader[prepared[index].probe]
      prepared[index].entry = entry
      if let entry, sheet.has(entry.ordinal) { sheet.expect(entry.ordinal) }
    }
  }

  private mutating func turnToNewestIndex(from first: Int) {
    reader.refresh()
    for index in first..<prepared.count where prepared[index].early == nil {
      prepared[index].probe = reader.probe(prepared[index].probe.digest)
    }
    lookUp(from: first)
  }

  /// Writes the verdict on a prepared request, from one region of the index; if that has been superseded since the
  /// look-up, from the newest.
  private mutating func answer(
    _ index: Int, _ span: Span<UInt8>, _ now: Instant, as framing: Framing, to out: inout OutBuffer
  ) throws(Status) {
    while true {
      let entry = prepared[index].entry
      var required = Required()
      let reason =
        if let early = prepared[index].early { early } else if let entry {
          judge(entry, prepared[index].request, span, now, noting: &required)
        } else { Reason.unknown }
      // What a superseded index says may be out of date, a miss included.
      guard reader.isCurrent else {
        turnToNewestIndex(from: index)
        continue
      }
      try append(
        reason, entry, prepared[index].request, stream: prepared[index].stream, span, as: framing, to: &out)
      tally.note(reason)
      if let entry { tenants.note(entry.binding, isAllowed: reason.isAllowed) }
      if reason.isAllowed, let entry { note(required, of: entry, prepared[index].request, span, at: now) }
      return
    }
  }

  /// The required scopes that a token holds, by their places among those, for the ledger of uses.
  private struct Required {
    var places: UInt32 = 0
    /// Whether some have no place that the ledger's words have a bit for.
    var hasBeyond = false
  }

  /// Mutating only so that the service is lent and not copied.
  /// - Parameter required: receives the scopes that were required and are held.
  @inline(__always)
  private mutating func judge(
    _ entry: IndexReader.Entry, _ request: ValidateRequest, _ span: Span<UInt8>, _ now: Instant,
    noting required: inout Required
  ) -> Reason {
    var holdsAll = true
    var scopes = request.scopes
    while holdsAll, let scope = scopes.next(in: span) {
      guard let number = reader.scope(named: span.extracting(scope)), let place = reader.place(of: number, in: entry)
      else {
        holdsAll = false
        break
      }
      if place < UsageSheet.places {
        required.places |= 1 << UInt32(place)
      } else {
        required.hasBeyond = true
      }
    }
    return Verdict.afterLookup(
      state: entry.state, expiry: entry.expiry, now: now,
      isBound: reader.isBound(entry, org: span.extracting(request.org), tenant: span.extracting(request.tenant)),
      holdsScopes: holdsAll)
  }

  @inline(__always)
  private mutating func note(
    _ required: Required, of entry: IndexReader.Entry, _ request: ValidateRequest, _ span: Span<UInt8>, at now: Instant
  ) {
    if !sheet.has(entry.ordinal) {
      // Without memory for more the use is left out; the next one tries again.
      guard let larger = usage.turn(to: entry.ordinal) else { return }
      sheet = larger
    }
    sheet.note(entry.ordinal, at: now, places: required.places)
    guard required.hasBeyond else { return }
    let beyond = beyond(of: entry, request, span)
    // All of them may have been retired meanwhile.
    if beyond != ScopeSet() { usage.note(entry.ordinal, at: now, beyond: beyond) }
  }

  /// The required scopes that the token holds in places that have no bit: whoever holds so many is rare, so they are looked
  /// for once more.
  private func beyond(of entry: IndexReader.Entry, _ request: ValidateRequest, _ span: Span<UInt8>) -> ScopeSet {
    var beyond = ScopeSet()
    var scopes = request.scopes
    while let scope = scopes.next(in: span) {
      guard let number = reader.scope(named: span.extracting(scope)), let place = reader.place(of: number, in: entry),
        place >= UsageSheet.places
      else { continue }
      beyond.insert(number)
    }
    return beyond
  }

  /// Writes the reply. Its parts are of the region that the entry was found in.
  /// - Throws: the status if the index has not reached the revision that the request asks for, or there is no room.
  @inline(__always)
  private func append(
    _ reason: Reason, _ entry: IndexReader.Entry?, _ request: ValidateRequest, stream: UInt32, _ span: Span<UInt8>,
    as framing: Framing, to out: inout OutBuffer
  ) throws(Status) {
    guard revision >= request.minRevision else {
      throw Status(
        .unavailable, "REVISION_NOT_REACHED", field: "min_revision",
        "min_revision is \(request.minRevision), the index is at \(revision): nothing was decided; try again")
    }
    let challenge = reason.isAllowed ? nil : Challenge(for: reason, request, in: span)
    let challengeBytes = challenge?.count ?? 0
    var expires: Int64 = 0
    var parts: (label: Range<Int>, binding: Range<Int>, scopes: Range<Int>) = (0..<0, 0..<0, 0..<0)
    if let entry {
      parts.label = reader.label(of: entry)
      if reason.disclosesToken {
        (parts.binding, parts.scopes) = (reader.binding(of: entry), reader.scopes(of: entry))
        if entry.expiry != .never { expires = entry.expiry.seconds }
      }
    }
    let reply = ValidateReply(reason: reason, expiresAt: expires, revision: revision)
    let bytes = reply.bytes(
      parts: parts.label.count + parts.binding.count + parts.scopes.count, challenge: challengeBytes)
    switch framing {
    case .response: ResponseEnvelope.open(payloadBytes: bytes, stream: stream, to: &out)
    case .item:
      guard out.pendingBytes + bytes < FrameHeader.mostData - 32 else {
        throw Status(
          .resourceExhausted, "REPLY_TOO_LARGE", field: "requests", "the reply would exceed 4 MiB: split the batch")
      }
      out.reserve(bytes + 8)
      out.append(1 << 3 | 2)
      out.append(varint: UInt64(bytes))
    }
    reply.appendStart(to: &out)
    out.append(reader.text(parts.label))
    out.append(reader.text(parts.binding))
    out.append(reader.text(parts.scopes))
    reply.appendRest(challenge: challengeBytes, to: &out)
    challenge?.append(request, in: span, to: &out)
  }
}

extension Status {
  /// The same status, about an item of a list.
  fileprivate func within(_ item: String) -> Status {
    Status(code, reason, field: field.isEmpty ? item : "\(item).\(field)", "\(item): \(message)")
  }
}
