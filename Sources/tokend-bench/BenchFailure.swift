// Why a benchmark has no figure.

/// Something that makes a measurement worthless.
struct BenchFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// What the tokens of a benchmark are bound to.
struct BenchContext {
  let org = "bench"
  let tenant = "service"
  let scope = "metrics:read"
  let scopes = ["metrics:read", "metrics:write"]
}
