// The steps of a Validate that are counted on their own.

/// One step. What is prepared for it (choosing an input, mostly) is what its `base` does, and is taken off it.
enum Step: String, CaseIterable {
  case loop, copy
  case frame, envelope, request, shape, digest, found, absent, scope, binding, verdict, reply, refusal

  /// The step that does what this one does besides its own work.
  var base: Step { self == .frame ? .copy : .loop }

  /// Whether it looks into an index.
  var needsIndex: Bool {
    switch self {
    case .found, .absent, .scope, .binding, .verdict, .reply, .refusal: true
    default: false
    }
  }

  /// What is called. A group is sixteen requests, which come together at 50×16.
  var description: String {
    switch self {
    case .loop: "nothing: choosing an input"
    case .copy: "nothing: copying a group in, which the kernel does in the daemon"
    case .frame: "FrameHeader.whole, by groups: a share of the wiping included"
    case .envelope: "RequestEnvelope.validatePayload"
    case .request: "ValidateRequest.init"
    case .shape: "TokenFormat.accepts: shape and checksum"
    case .digest: "Digest.init(hashing:): SHA-256"
    case .found: "IndexReader's look-up of a token that is there"
    case .absent: "IndexReader's look-up of one that is not"
    case .scope: "IndexReader.scope(named:) and place(of:in:), for one required scope"
    case .binding: "IndexReader.isBound: org and tenant"
    case .verdict: "Verdict.beforeLookup and afterLookup"
    case .reply: "ResponseEnvelope.open and ValidateReply, allowed: a share of wiping what was sent included"
    case .refusal: "the same, denied for want of a scope, with its challenge"
    }
  }
}
