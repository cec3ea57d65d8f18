// The hot decoder and libprotobuf-c, given the same bytes: both say the same, or both refuse. Where they may differ is
// decided by a third reading (FieldWalk).

internal import Wire

package enum Differential {
  /// What the hot decoder reads of an envelope; nil if it refuses it.
  package static func envelope(_ bytes: [UInt8]) -> Reference.Envelope? {
    let span = bytes.span
    guard let envelope = try? RequestEnvelope(in: span, 0..<bytes.count) else { return nil }
    return Reference.Envelope(
      service: String(copying: span.extracting(envelope.service)),
      method: String(copying: span.extracting(envelope.method)),
      payload: [UInt8](copying: span.extracting(envelope.payload)), timeout: envelope.timeout)
  }

  /// What it reads of a ValidateRequest; nil if it refuses it.
  package static func request(_ bytes: [UInt8]) -> Reference.Request? {
    let span = bytes.span
    guard let request = try? ValidateRequest(in: span, 0..<bytes.count) else { return nil }
    var scopes: [String] = []
    var walk = request.scopes
    while let scope = walk.next(in: span) { scopes.append(String(copying: span.extracting(scope))) }
    return Reference.Request(
      token: String(copying: span.extracting(request.token)), org: String(copying: span.extracting(request.org)),
      tenant: String(copying: span.extracting(request.tenant)), scopes: scopes, minRevision: request.minRevision)
  }

  /// What is wrong with how the two read an envelope; nil if nothing is.
  package static func problem(ofEnvelope bytes: [UInt8]) -> String? {
    let (ours, theirs) = (envelope(bytes), Reference.unpackEnvelope(bytes))
    if let problem = problem(ofShortWay: bytes) { return problem }
    let walk = FieldWalk(bytes)
    if var ours, let theirs {
      (ours.service, ours.method) = (cut(ours.service), cut(ours.method))
      if walk.isMalformed { return "both read what is malformed" }
      return ours == theirs ? nil : "it was read as \(ours), by libprotobuf-c as \(theirs)"
    }
    if ours != nil {
      // What metadata has in it is nobody's business here.
      let hasMetadata = walk.fields.contains { $0.number == 5 }
      let mayDiffer = !walk.isMalformed && (walk.hasGroup || walk.isOverlong || hasMetadata)
      return mayDiffer ? nil : "read what libprotobuf-c refuses"
    }
    guard theirs != nil else { return nil }
    let mayDiffer = walk.isMalformed || !isText(walk.last(1)) || !isText(walk.last(2))
    return mayDiffer ? nil : "refused what libprotobuf-c reads"
  }

  /// What is wrong with the short way to a payload, beside the long one.
  private static func problem(ofShortWay bytes: [UInt8]) -> String? {
    let (span, all) = (bytes.span, 0..<bytes.count)
    let long = try? RequestEnvelope(in: span, all)
    let expected = long.flatMap { $0.isValidate && $0.timeout >= 0 ? $0.payload : nil }
    let short = RequestEnvelope.validatePayload(in: span, all)
    guard short.map({ Array(bytes[$0]) }) != expected.map({ Array(bytes[$0]) }) else { return nil }
    return "the short way finds \(String(describing: short)), the long one \(String(describing: expected))"
  }

  /// What is wrong with how the two read a ValidateRequest; nil if nothing is.
  package static func problem(ofRequest bytes: [UInt8]) -> String? {
    let (ours, theirs) = (request(bytes), Reference.unpackRequest(bytes))
    let walk = FieldWalk(bytes)
    if var ours, let theirs {
      (ours.token, ours.org, ours.tenant) = (cut(ours.token), cut(ours.org), cut(ours.tenant))
      ours.scopes = ours.scopes.map(cut)
      if walk.isMalformed { return "both read what is malformed" }
      return ours == theirs ? nil : "it was read as \(ours), by libprotobuf-c as \(theirs)"
    }
    if ours != nil {
      let mayDiffer = !walk.isMalformed && (walk.hasGroup || walk.isOverlong)
      return mayDiffer ? nil : "read what libprotobuf-c refuses"
    }
    guard theirs != nil else { return nil }
    let scopes = walk.fields.filter { $0.number == 4 }
    let mayDiffer =
      walk.isMalformed || scopes.count > 64 || !scopes.allSatisfy { isText($0.bytes) }
      || !(1...3).allSatisfy { isText(walk.last($0)) }
    return mayDiffer ? nil : "refused what libprotobuf-c reads"
  }

  /// C's texts end at a zero byte.
  private static func cut(_ text: String) -> String {
    String(decoding: text.utf8.prefix { $0 != 0 }, as: UTF8.self)
  }

  private static func isText(_ bytes: [UInt8]?) -> Bool {
    bytes.map { String(validating: $0, as: UTF8.self) != nil } ?? true
  }
}
