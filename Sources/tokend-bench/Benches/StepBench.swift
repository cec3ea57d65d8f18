// Each step of a Validate on its own, over and over: for instruction counts, which repeat, and times, which hardly do.

import Index
import Linux
import Seeded
import Tokens
import Wire

/// Takes steps over requests as a client library encodes them, by the functions that the daemon calls. All is seeded and
/// stands ready before the first step is taken.
struct StepBench {
  /// Different requests, asked in turn.
  private static let inputs = 2048
  /// Tokens in the index.
  static let tokens = 100_000
  /// Requests that come together at 50×16.
  private static let group = 16

  private let tenant = TenantName(stored: BenchContext().org, BenchContext().tenant)
  private let now = Instant(seconds: 1 << 30)
  /// Whole request frames, side by side, all of the same length.
  private let frames: [UInt8]
  private var frameBytes = 0
  private var envelopes: [Range<Int>] = []
  private var payloads: [Range<Int>] = []
  private var requests: [ValidateRequest] = []
  private var digests: [Digest] = []
  private var absent: [Digest] = []
  private var entries: [IndexReader.Entry] = []
  /// Filled for the steps that need it only.
  private let index: StepIndex

  init(for step: Step) throws {
    let context = BenchContext()
    var random = SeededRandom(seed: 1)
    var frames: [UInt8] = []
    for number in 0..<Self.inputs {
      let token = TokenSample.token(UInt64(number))
      digests.append(token.reveal { Digest(hashing: $0) })
      let payload = token.reveal {
        ValidateRequest.encode(
          token: $0, org: context.org, tenant: context.tenant, scopes: [context.scope], minRevision: 0)
      }
      absent.append(Digest(words: SIMD4(random.next(), random.next(), random.next(), random.next())))
      var out = OutBuffer()
      RequestEnvelope.append(
        service: "tokend.v1.Validation", method: "Validate", payload: payload.span, timeout: BenchContext.timeout,
        stream: UInt32(2 * number + 1), to: &out)
      let bytes = out.pendingBytes
      frames += Array(copying: out.pending)
      let envelope = number * bytes + FrameHeader.bytes..<(number + 1) * bytes
      let range = try RequestEnvelope(in: frames.span, envelope).payload
      requests.append(try ValidateRequest(in: frames.span, range))
      envelopes.append(envelope)
      payloads.append(range)
      frameBytes = bytes
    }
    self.frames = frames
    var scopes = ScopeSet()
    for name in context.scopes {
      if let scope = Scope(name), let number = Catalog.initial.number(of: scope) { scopes.insert(number) }
    }
    let asked = step.needsIndex ? digests : []
    let index = try StepIndex(
      tokens: step.needsIndex ? Self.tokens : 0, asked: asked, tenant: tenant, scopes: scopes,
      drawing: { random.next() })
    for digest in asked {
      guard let entry = index.find(digest) else { throw BenchFailure("the index has lost a token") }
      entries.append(entry)
    }
    self.index = index
  }

  /// Takes the step `count` times.
  /// - Returns: a sum of what came of it.
  /// - Throws: if something else came of it than must.
  func take(_ step: Step, _ count: Int) throws -> Int {
    let span = frames.span
    var sum = 0
    switch step {
    case .loop: for number in 0..<count { keep(payloads[number % Self.inputs].count, &sum) }
    case .copy: copy(count, &sum)
    case .frame: readFrames(count, &sum)
    case .envelope:
      for number in 0..<count {
        let payload = RequestEnvelope.validatePayload(in: span, envelopes[number % Self.inputs])
        keep(payload?.isEmpty == false ? 1 : 0, &sum)
      }
    case .request:
      for number in 0..<count {
        keep(try ValidateRequest(in: span, payloads[number % Self.inputs]).scopeCount, &sum)
      }
    case .shape:
      let format = TokenFormat.standard
      for number in 0..<count {
        keep(format.accepts(span.extracting(requests[number % Self.inputs].token)) ? 1 : 0, &sum)
      }
    case .digest:
      for number in 0..<count {
        let digest = Digest(hashing: span.extracting(requests[number % Self.inputs].token))
        keep(digest == digests[number % Self.inputs] ? 1 : 0, &sum)
      }
    case .found: for number in 0..<count { keep(index.find(digests[number % Self.inputs]) != nil ? 1 : 0, &sum) }
    case .absent: for number in 0..<count { keep(index.find(absent[number % Self.inputs]) == nil ? 1 : 0, &sum) }
    case .scope: for number in 0..<count { keep(holdsAll(number % Self.inputs) ? 1 : 0, &sum) }
    case .binding:
      for number in 0..<count {
        let request = requests[number % Self.inputs]
        let isBound = index.reader.isBound(
          entries[number % Self.inputs], org: span.extracting(request.org), tenant: span.extracting(request.tenant))
        keep(isBound ? 1 : 0, &sum)
      }
    case .verdict: for number in 0..<count { keep(verdict(number % Self.inputs) == .allowed ? 1 : 0, &sum) }
    case .reply: reply(.allowed, count, &sum)
    case .refusal: reply(.insufficientScope, count, &sum)
    }
    let wanted = count * each(step)
    guard sum == wanted else { throw BenchFailure("\(step): \(sum) came of \(count), not \(wanted)") }
    return sum
  }

  /// What comes of one request. All are of one length, and so are the replies to them.
  private func each(_ step: Step) -> Int {
    switch step {
    case .loop: payloads[0].count
    case .copy: Self.group * frameBytes
    case .frame: frameBytes - FrameHeader.bytes
    case .reply, .refusal:
      // What one reply has, times the group that it is counted with.
      Self.group * replyBytes(step == .reply ? .allowed : .insufficientScope)
    default: 1
    }
  }

  private func replyBytes(_ reason: Reason) -> Int {
    var out = OutBuffer()
    append(reason, 0, to: &out)
    return out.pendingBytes
  }

  /// A call that the compiler does not see through: what it is given must have been worked out.
  @inline(never)
  private func keep(_ value: Int, _ sum: inout Int) { sum &+= value }

  // MARK: Frames

  /// Puts the group that begins with request `first` into `target`; returns its bytes.
  @inline(never)
  private func fill(_ target: inout MutableSpan<UInt8>, from first: Int) -> Int {
    let bytes = Self.group * frameBytes
    let start = first % Self.inputs * frameBytes
    for index in 0..<bytes { target[index] = frames[start + index] }
    return bytes
  }

  private func copy(_ count: Int, _ sum: inout Int) {
    var scratch = [UInt8](repeating: 0, count: Self.group * frameBytes)
    for first in stride(from: 0, to: count, by: Self.group) {
      var span = scratch.mutableSpan
      let bytes = fill(&span, from: first)
      for _ in 0..<Self.group { keep(bytes, &sum) }
    }
  }

  private func readFrames(_ count: Int, _ sum: inout Int) {
    var landing = [UInt8](repeating: 0, count: Self.group * frameBytes)
    for first in stride(from: 0, to: count, by: Self.group) {
      var span = landing.mutableSpan
      var rest = 0..<fill(&span, from: first)
      while let (_, data) = FrameHeader.whole(in: landing.span, rest) {
        keep(data.count, &sum)
        rest = data.upperBound..<rest.upperBound
      }
      var used = landing.mutableSpan
      used.update(repeating: 0)
    }
  }

  // MARK: Verdicts and replies

  @inline(__always)
  private func holdsAll(_ place: Int) -> Bool {
    let span = frames.span
    var scopes = requests[place].scopes
    while let scope = scopes.next(in: span) {
      guard let number = index.reader.scope(named: span.extracting(scope)),
        index.reader.place(of: number, in: entries[place]) != nil
      else { return false }
    }
    return true
  }

  @inline(__always)
  private func verdict(_ place: Int) -> Reason {
    let request = requests[place]
    let early = Verdict.beforeLookup(
      hasToken: !request.token.isEmpty, hasContext: !request.org.isEmpty && !request.tenant.isEmpty, isWellFormed: true)
    return early
      ?? Verdict.afterLookup(
        state: entries[place].state, expiry: entries[place].expiry, now: now, isBound: true, holdsScopes: true)
  }

  private func reply(_ reason: Reason, _ count: Int, _ sum: inout Int) {
    var out = OutBuffer()
    for first in stride(from: 0, to: count, by: Self.group) {
      for number in first..<first + Self.group { append(reason, number % Self.inputs, to: &out) }
      let bytes = out.pendingBytes
      for _ in 0..<Self.group { keep(bytes, &sum) }
      out.sent(bytes)
    }
  }

  /// What the daemon writes about a token that its request may know of.
  @inline(__always)
  private func append(_ reason: Reason, _ place: Int, to out: inout OutBuffer) {
    let span = frames.span
    let entry = entries[place]
    let challenge = reason.isAllowed ? nil : Challenge(for: reason, requests[place], in: span)
    let challengeBytes = challenge?.count ?? 0
    let (label, binding, scopes) = index.parts(of: entry)
    let reply = ValidateReply(reason: reason, expiresAt: entry.expiry.seconds, revision: index.reader.revision)
    let bytes = reply.bytes(parts: label.count + binding.count + scopes.count, challenge: challengeBytes)
    ResponseEnvelope.open(payloadBytes: bytes, stream: UInt32(2 * place + 1), to: &out)
    reply.appendStart(to: &out)
    index.append(label, to: &out)
    index.append(binding, to: &out)
    index.append(scopes, to: &out)
    reply.appendRest(challenge: challengeBytes, to: &out)
    challenge?.append(requests[place], in: span, to: &out)
  }
}
