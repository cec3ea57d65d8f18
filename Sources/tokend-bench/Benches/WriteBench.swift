// Durable creates and revokes beside Redis's durable SET, and beside what SQLite and the file system themselves can do.

import Linux
import TokenClient
import Wire

/// Times tokend, which answers a change when it is on the disk, and Redis, which does so with `appendfsync always`, one
/// call in flight on each connection, and bare SQLite with as many tokens a transaction as there are connections. In each
/// round each has its turn, and so have the file system, and SQLite with larger transactions and with fewer indexes.
struct WriteBench {
  static let subjects = ["tokend create", "tokend revoke", "redis SET", "sqlite"]
  static let comparisons = [
    Report.Comparison(title: "× redis", key: "to_redis", subject: subjects[2], figure: \.rates),
    // What is inserted is what a create writes.
    Report.Comparison(
      title: "create × sqlite", key: "to_sqlite", base: { $0.subject == subjects[0] ? ($0.load, subjects[3]) : nil },
      figure: \.rates),
  ]
  private static let connections = [1, 50]
  /// Tokens of a transaction that is larger than clients ever make it.
  private static let many = 5000

  /// Where `a.sock`, `creates-a.sock` and `redis.sock` are. Creates have a daemon of their own, and SQLite begins each turn
  /// with as many tokens as that has then: the more there are, the more pages each touches. What is made to be revoked is
  /// elsewhere.
  let directory: String
  /// The database that bare SQLite takes its rows from.
  let rows: String
  let floor: DiskFloor
  let rounds: Int
  let seconds: Double

  func run() throws -> [Cell] {
    let context = BenchContext()
    let sockets = (creates: "\(directory)/creates-a.sock", revokes: "\(directory)/a.sock")
    for socket in [sockets.creates, sockets.revokes] { try context.addTenant(administration: socket) }
    var created = 0
    var stock = TokenStock(socket: sockets.revokes, context: context)
    var nextKey = 0
    var sqlite = try SQLiteFloor(rowsOf: rows, in: floor.directory + "/floor.db", isIndexed: true)
    var bulk = try SQLiteFloor(rowsOf: rows, in: floor.directory + "/bulk.db", isIndexed: true)
    var bare = try SQLiteFloor(rowsOf: rows, in: floor.directory + "/bare.db", isIndexed: false)
    var cells: [Cell] = []
    for connections in Self.connections {
      for subject in Self.subjects { cells.append(Cell(load: "\(connections)×1", subject: subject)) }
    }
    let others = cells.count
    // Beside what 50 connections reach.
    cells.append(Cell(load: "50×1", subject: "sqlite, \(Self.many) a transaction"))
    cells.append(Cell(load: "50×1", subject: "sqlite, 50 a transaction, no index for lists"))
    let floors = cells.count
    for way in DiskFloor.Way.allCases { cells.append(Cell(load: "4 KiB, fdatasync", subject: way.rawValue)) }
    try System.pin(to: 0...0)
    for round in 0..<rounds {
      for (number, connections) in Self.connections.enumerated() {
        for turn in Self.subjects.indices {
          // Another one begins in each round.
          let subject = (turn + round) % Self.subjects.count
          let cell = number * Self.subjects.count + subject
          switch subject {
          case 0:
            cells[cell].add(try create(connections, context, sockets.creates, &created))
          case 1:
            // A turn may revoke more than any turn before has created or revoked.
            let most = max(cells[cell].rates.max() ?? 0, cells[cell - 1].rates.max() ?? 0)
            try stock.fill(to: Int(3 * most * (seconds + 1)))
            cells[cell].add(try revoke(connections, &stock))
          case 2: cells[cell].add(try set(connections, &nextKey))
          default:
            // Where the servers are.
            try System.pin(to: 1...1)
            cells[cell].add(try sqlite.run(with: created, tokens: connections, seconds: seconds))
            try System.pin(to: 0...0)
          }
        }
      }
      try System.pin(to: 1...1)
      cells[others].add(try bulk.run(with: created, tokens: Self.many, seconds: seconds))
      cells[others + 1].add(try bare.run(with: created, tokens: 50, seconds: seconds))
      try System.pin(to: 0...0)
      for (number, way) in DiskFloor.Way.allCases.enumerated() {
        cells[floors + number].add(try floor.run(way, seconds: seconds))
      }
      System.write("round \(round + 1) of \(rounds)\n", to: 2)
    }
    return cells
  }

  private func create(
    _ connections: Int, _ context: BenchContext, _ socket: String, _ created: inout Int
  ) throws -> Outcome {
    var generator = try LoadGenerator(
      socket: socket, asking: Creations(context, from: created), connections: connections, depth: 1)
    let outcome = try generator.run(seconds: seconds)
    created = generator.questions.next
    return outcome
  }

  private func revoke(_ connections: Int, _ stock: inout TokenStock) throws -> Outcome {
    var generator = try LoadGenerator(
      socket: stock.socket, asking: Revocations(stock.context, of: stock.take(stock.count)), connections: connections,
      depth: 1)
    let outcome = try generator.run(seconds: seconds)
    stock.put(generator.questions.rest)
    return outcome
  }

  private func set(_ connections: Int, _ nextKey: inout Int) throws -> Outcome {
    var generator = try LoadGenerator(
      socket: "\(directory)/redis.sock", asking: RedisWrites(from: nextKey), connections: connections, depth: 1)
    let outcome = try generator.run(seconds: seconds)
    nextKey = generator.questions.next
    return outcome
  }
}

extension BenchContext {
  /// Registers the tenant that the tokens are bound to.
  func addTenant(administration socket: String) throws {
    var add = AddTenantRequest()
    (add.org, add.tenant) = (org, tenant)
    _ = try Administrator(socket: socket, timeout: .seconds(60)).call(Methods.addTenant, add)
  }
}
