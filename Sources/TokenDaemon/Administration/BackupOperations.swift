// The verbs of backups.

internal import Store
internal import Tokens
internal import Wire

struct BeginBackup: Operation {
  static let method = Methods.beginBackup

  init(_ request: BeginBackupRequest, _ arrival: Arrival) throws(Refusal) {}

  var demand: Demand { .role(.operator, .everything) }

  func run(_ work: Work) throws(SQLiteError) -> Result<BeginBackupResponse, Refusal> {
    work.backups.begin(work.store).map { id in
      var reply = BeginBackupResponse()
      reply.id = id
      return reply
    }
  }
}

struct ReadBackup: Operation {
  static let method = Methods.readBackup

  private let id: UInt64
  private let offset: UInt64

  init(_ request: ReadBackupRequest, _ arrival: Arrival) throws(Refusal) {
    (id, offset) = (request.id, request.offset)
    guard offset <= UInt64(Int64.max) else {
      throw Refusal(
        .invalid, "BAD_OFFSET", "offset", "offset is beyond the end of any file: go on where the last piece ended")
    }
  }

  var demand: Demand { .role(.operator, .everything) }

  func run(_ work: Work) throws(SQLiteError) -> Result<ReadBackupResponse, Refusal> {
    work.backups.read(id, from: offset).map { piece in
      var reply = ReadBackupResponse()
      switch piece {
      case .making(let left, let all):
        reply.pagesLeft = UInt64(left)
        reply.pages = UInt64(all)
      case .bytes(let bytes, let size):
        reply.ready = true
        reply.size = UInt64(size)
        reply.bytes = bytes
      }
      return reply
    }
  }
}

struct EndBackup: Operation {
  static let method = Methods.endBackup

  private let id: UInt64

  init(_ request: EndBackupRequest, _ arrival: Arrival) throws(Refusal) { id = request.id }

  var demand: Demand { .role(.operator, .everything) }

  func run(_ work: Work) throws(SQLiteError) -> Result<EndBackupResponse, Refusal> {
    work.backups.end(id)
    return .success(EndBackupResponse())
  }
}
