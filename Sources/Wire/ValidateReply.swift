// Validate's reply: encoded where it will be sent from, of parts that are ready. Nothing here allocates. Tests hold it
// against libprotobuf-c.

public import Tokens

/// The parts of a reply that are the same for every answer about a token. They are encoded once, kept in the index
/// beside what they describe, and copied into replies.
package enum ValidateParts {
  /// token_id and token_name.
  package static func label(id: String, name: String) -> [UInt8] { self.id(id) + field(4, name) }

  /// The same, of texts in UTF-8, appended to `label`.
  package static func appendLabel(id: Span<UInt8>, name: Span<UInt8>, to label: inout [UInt8]) {
    append(3, id, to: &label)
    append(4, name, to: &label)
  }

  /// token_id alone, which a label begins with.
  package static func id(_ id: String) -> [UInt8] { field(3, id) }

  /// org_id and tenant_id.
  package static func binding(_ tenant: TenantName) -> [UInt8] { field(5, tenant.org) + field(6, tenant.tenant) }

  /// scopes.
  package static func scopes(_ scopes: [Scope]) -> [UInt8] { scopes.flatMap { field(7, $0.description) } }

  private static func field(_ number: UInt8, _ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    append(number, Array(text.utf8).span, to: &bytes)
    return bytes
  }

  private static func append(_ number: UInt8, _ text: Span<UInt8>, to bytes: inout [UInt8]) {
    bytes.append(number << 3 | 2)
    appendVarint(UInt64(text.count), to: &bytes)
    unsafe text.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }
}

/// The numbers of a ValidateResponse. Its texts come as ready-made parts.
public struct ValidateReply {
  /// The verdict.
  @usableFromInline package var reason: Reason
  /// In seconds since 1970; 0 for never, or if nothing is disclosed.
  @usableFromInline package var expiresAt: Int64
  /// The last change that the verdict has seen.
  @usableFromInline package var revision: UInt64

  @inlinable package init(reason: Reason, expiresAt: Int64, revision: UInt64) {
    self.reason = reason
    self.expiresAt = expiresAt
    self.revision = revision
  }

  /// The bytes of the message, given those of its ready-made parts and of its challenge.
  @inlinable
  @inline(__always)
  package func bytes(parts: Int, challenge: Int) -> Int {
    var bytes = 2 + 3 + parts
    if expiresAt != 0 { bytes += 1 + varintBytes(UInt64(bitPattern: expiresAt)) }
    if revision != 0 { bytes += 1 + varintBytes(revision) }
    if challenge > 0 { bytes += 1 + varintBytes(UInt64(challenge)) + challenge }
    return bytes
  }

  /// Appends reason and http_status. The ready-made parts, if any, come next, then `appendRest`.
  @inlinable
  @inline(__always)
  package func appendStart(to out: inout OutBuffer) {
    // 200 to 403: two bytes of varint.
    let status = UInt64(reason.httpStatus)
    out.append(
      low: 5,
      of: 1 << 3 | UInt64(reason.rawValue) << 8 | 2 << 19 | (status & 0x7F | 0x80) << 24 | (status >> 7) << 32)
  }

  /// Appends expires_at, revision and the head of www_authenticate, whose text comes next if it has any bytes.
  @inlinable
  @inline(__always)
  package func appendRest(challenge: Int, to out: inout OutBuffer) {
    if expiresAt != 0 {
      out.append(8 << 3)
      out.append(varint: UInt64(bitPattern: expiresAt))
    }
    if revision != 0 {
      out.append(9 << 3)
      out.append(varint: revision)
    }
    if challenge > 0 {
      out.append(10 << 3 | 2)
      out.append(varint: UInt64(challenge))
    }
  }
}
