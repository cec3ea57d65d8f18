// Why a benchmark has no figure.

import Linux

/// Something that makes a measurement worthless.
struct BenchFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

extension UnixStream {
  /// Connects to a server that is to be measured.
  static func connected(toServer socket: String) throws(BenchFailure) -> UnixStream {
    do { return try UnixStream(connectingTo: socket) } catch { throw BenchFailure("\(socket): \(error)") }
  }
}

/// What the tokens of a benchmark are bound to.
struct BenchContext {
  let org = "bench"
  let tenant = "service"
  let scope = "metrics:read"
  let scopes = ["metrics:read", "metrics:write"]
  /// How long a call may take, in nanoseconds, as its envelope says: what TokenClient says unless it is told otherwise.
  static let timeout: Int64 = 5_000_000_000
}
