// libprotobuf-c as the reference that the hand-written codec is held against.

internal import CTokendProto
internal import Glibc

/// Strings for a C message, freed with the value.
@safe final class CStrings {
  private var texts: [UnsafeMutablePointer<CChar>] = unsafe []
  private var arrays: [UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>] = unsafe []

  deinit {
    unsafe texts.forEach { unsafe free($0) }
    unsafe arrays.forEach { unsafe $0.deallocate() }
  }

  func text(_ text: String) -> UnsafeMutablePointer<CChar> {
    let copy = unsafe strdup(text).unsafelyUnwrapped
    unsafe texts.append(copy)
    return unsafe copy
  }

  func array(_ all: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    let array = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: all.count + 1)
    for (index, text) in all.enumerated() { unsafe (array + index).initialize(to: self.text(text)) }
    unsafe arrays.append(array)
    return unsafe array
  }
}

package enum Reference {
  /// What libprotobuf-c says of a ValidateRequest's fields; nil if it refuses the bytes.
  package struct Request: Equatable {
    package var token = ""
    package var org = ""
    package var tenant = ""
    package var scopes: [String] = []
    package var minRevision: UInt64 = 0

    package init(
      token: String = "", org: String = "", tenant: String = "", scopes: [String] = [], minRevision: UInt64 = 0
    ) {
      self.token = token
      self.org = org
      self.tenant = tenant
      self.scopes = scopes
      self.minRevision = minRevision
    }
  }

  package static func pack(_ request: Request) -> [UInt8] {
    let strings = CStrings()
    var raw = unsafe Tokend__V1__ValidateRequest()
    unsafe tokend__v1__validate_request__init(&raw)
    unsafe raw.token = strings.text(request.token)
    unsafe raw.org_id = strings.text(request.org)
    unsafe raw.tenant_id = strings.text(request.tenant)
    unsafe raw.n_required_scopes = request.scopes.count
    unsafe raw.required_scopes = strings.array(request.scopes)
    unsafe raw.min_revision = request.minRevision
    var bytes = unsafe [UInt8](repeating: 0, count: tokend__v1__validate_request__get_packed_size(&raw))
    _ = unsafe bytes.withUnsafeMutableBufferPointer {
      unsafe tokend__v1__validate_request__pack(&raw, $0.baseAddress)
    }
    withExtendedLifetime(strings) {}
    return bytes
  }

  package static func unpackRequest(_ bytes: [UInt8]) -> Request? {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      guard let raw = unsafe tokend__v1__validate_request__unpack(nil, buffer.count, buffer.baseAddress) else {
        return nil
      }
      defer { unsafe tokend__v1__validate_request__free_unpacked(raw, nil) }
      return unsafe Request(
        token: text(raw.pointee.token), org: text(raw.pointee.org_id), tenant: text(raw.pointee.tenant_id),
        scopes: texts(raw.pointee.required_scopes, raw.pointee.n_required_scopes),
        minRevision: raw.pointee.min_revision)
    }
  }

  /// A ValidateResponse's fields.
  package struct Response: Equatable {
    package var reason: UInt32 = 0
    package var httpStatus: UInt32 = 0
    package var tokenID = ""
    package var tokenName = ""
    package var org = ""
    package var tenant = ""
    package var scopes: [String] = []
    package var expiresAt: Int64 = 0
    package var revision: UInt64 = 0
    package var challenge = ""

    package init(
      reason: UInt32 = 0, httpStatus: UInt32 = 0, tokenID: String = "", tokenName: String = "", org: String = "",
      tenant: String = "", scopes: [String] = [], expiresAt: Int64 = 0, revision: UInt64 = 0, challenge: String = ""
    ) {
      self.reason = reason
      self.httpStatus = httpStatus
      self.tokenID = tokenID
      self.tokenName = tokenName
      self.org = org
      self.tenant = tenant
      self.scopes = scopes
      self.expiresAt = expiresAt
      self.revision = revision
      self.challenge = challenge
    }
  }

  package static func unpackResponse(_ bytes: [UInt8]) -> Response? {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      guard let raw = unsafe tokend__v1__validate_response__unpack(nil, buffer.count, buffer.baseAddress) else {
        return nil
      }
      defer { unsafe tokend__v1__validate_response__free_unpacked(raw, nil) }
      return unsafe Response(
        reason: UInt32(truncatingIfNeeded: raw.pointee.reason.rawValue), httpStatus: raw.pointee.http_status,
        tokenID: text(raw.pointee.token_id), tokenName: text(raw.pointee.token_name), org: text(raw.pointee.org_id),
        tenant: text(raw.pointee.tenant_id), scopes: texts(raw.pointee.scopes, raw.pointee.n_scopes),
        expiresAt: raw.pointee.expires_at, revision: raw.pointee.revision,
        challenge: text(raw.pointee.www_authenticate))
    }
  }

  /// A ttrpc request envelope's fields.
  package struct Envelope: Equatable {
    package var service = ""
    package var method = ""
    package var payload: [UInt8] = []
    package var timeout: Int64 = 0

    package init(service: String = "", method: String = "", payload: [UInt8] = [], timeout: Int64 = 0) {
      self.service = service
      self.method = method
      self.payload = payload
      self.timeout = timeout
    }
  }

  package static func unpackEnvelope(_ bytes: [UInt8]) -> Envelope? {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      guard let raw = unsafe ttrpc__request__unpack(nil, buffer.count, buffer.baseAddress) else { return nil }
      defer { unsafe ttrpc__request__free_unpacked(raw, nil) }
      return unsafe Envelope(
        service: text(raw.pointee.service), method: text(raw.pointee.method),
        payload: Array(UnsafeBufferPointer(start: raw.pointee.payload.data, count: raw.pointee.payload.len)),
        timeout: raw.pointee.timeout_nano)
    }
  }

  /// A ttrpc response's status code, message and details' types, and its payload.
  package struct Reply: Equatable {
    package var code: Int32 = 0
    package var message = ""
    package var types: [String] = []
    package var payload: [UInt8] = []
  }

  package static func unpackReply(_ bytes: [UInt8]) -> Reply? {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      guard let raw = unsafe ttrpc__response__unpack(nil, buffer.count, buffer.baseAddress) else { return nil }
      defer { unsafe ttrpc__response__free_unpacked(raw, nil) }
      var reply = unsafe Reply(
        payload: Array(UnsafeBufferPointer(start: raw.pointee.payload.data, count: raw.pointee.payload.len)))
      if let status = unsafe raw.pointee.status {
        reply.code = unsafe status.pointee.code
        reply.message = unsafe text(status.pointee.message)
        for index in unsafe 0..<status.pointee.n_details {
          if let any = unsafe status.pointee.details[index] { unsafe reply.types.append(text(any.pointee.type_url)) }
        }
      }
      return reply
    }
  }

  private static func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
    guard let pointer = unsafe pointer else { return "" }
    return unsafe String(cString: pointer)
  }

  private static func texts(
    _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int
  ) -> [String] {
    (0..<count).map { index in unsafe text(pointer.unsafelyUnwrapped[index]) }
  }
}
