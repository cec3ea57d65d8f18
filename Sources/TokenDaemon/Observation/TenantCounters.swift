// How many verdicts were given on the tokens of each tenant.

internal import Linux

/// Two counts for each tenant, by the number that the index gives it. One thread counts, others read.
final class TenantCounters: Sendable {
  /// Tenants beyond these are not counted. Memory is taken page by page, when it is first written to.
  private static let tenants = 1 << 20
  private static let bytes = 16

  private let memory: SharedRegion

  /// - Throws: ENOMEM if there is no room.
  init() throws(Errno) { memory = try SharedRegion(bytes: Self.tenants * Self.bytes, inHugePages: false) }

  /// Counts a verdict on a token of the tenant with that number.
  @inline(__always)
  func note(_ binding: UInt32, isAllowed: Bool) {
    guard binding < Self.tenants else { return }
    let offset = Int(binding) &* Self.bytes &+ (isAllowed ? 0 : 8)
    memory.store64(offset, memory.load64(offset) &+ 1)
  }

  /// What was counted of the tenant with that number.
  subscript(binding: Int) -> (allowed: UInt64, denied: UInt64) {
    guard binding < Self.tenants else { return (0, 0) }
    return (memory.load64(binding * Self.bytes), memory.load64(binding * Self.bytes + 8))
  }
}
