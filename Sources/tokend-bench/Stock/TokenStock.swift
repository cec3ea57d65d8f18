// Tokens that a benchmark creates to revoke them.

/// Live tokens of the benchmark's tenant, and the names that are still free.
struct TokenStock {
  /// The administration socket.
  let socket: String
  let context: BenchContext
  private(set) var ids: [UInt8] = []
  private var nextName = 0

  init(socket: String, context: BenchContext) {
    self.socket = socket
    self.context = context
  }

  var count: Int { ids.count / Revocations.idBytes }

  /// Creations whose names nobody else has, so many at most.
  mutating func creations(most: Int) -> Creations {
    defer { nextName += most }
    return Creations(context, from: nextName)
  }

  /// Puts in what was created, or what was not revoked.
  mutating func put(_ more: [UInt8]) { ids += more }

  /// Takes out `count` tokens.
  mutating func take(_ count: Int) -> [UInt8] {
    let taken = Array(ids.suffix(count * Revocations.idBytes))
    ids.removeLast(taken.count)
    return taken
  }

  /// Creates tokens until there are `count`.
  mutating func fill(to count: Int) throws {
    while self.count < count {
      var generator = try LoadGenerator(
        socket: socket, asking: creations(most: 1_000_000), connections: 50, depth: 1)
      _ = try generator.run(seconds: 0.1)
      put(generator.questions.ids)
    }
  }
}
