// Which method a request calls, by the names in its envelope.

internal import Wire

/// Where a call goes.
enum Route: Sendable {
  case validate, validateBatch, checkHealth
  /// How the daemon is, for operators only.
  case getStatus
  /// By way of the journal, for administrators only.
  case administer(any Operation.Type)

  var isAdministration: Bool {
    switch self {
    case .administer(let verb): !verb.isByPossession
    case .getStatus: true
    case .validate, .validateBatch, .checkHealth: false
    }
  }

  var isValidation: Bool {
    switch self {
    case .validate, .validateBatch: true
    case .checkHealth, .getStatus, .administer: false
    }
  }

  private struct Entry: Sendable {
    let service: [UInt8]
    let method: [UInt8]
    let route: Route

    init(_ service: String, _ method: String, _ route: Route) {
      self.service = Array(service.utf8)
      self.method = Array(method.utf8)
      self.route = route
    }
  }

  /// In the order in which they are looked for: the hot ones first.
  private static let table =
    [
      Entry("tokend.v1.Validation", "Validate", .validate),
      Entry("tokend.v1.Validation", "ValidateBatch", .validateBatch),
      Entry("grpc.health.v1.Health", "Check", .checkHealth),
      Entry(Methods.getStatus.service, Methods.getStatus.name, .getStatus),
    ] + Administration.operations.map { entry($0) }

  private static func entry<Verb: Operation>(_ verb: Verb.Type) -> Entry {
    Entry(verb.method.service, verb.method.name, .administer(verb))
  }

  /// Every route there is.
  static var all: [Route] { table.map(\.route) }

  /// The services there are.
  static let services = Set(table.map { String(decoding: $0.service, as: UTF8.self) })

  /// The route of that name, or nil.
  static func named(_ service: Span<UInt8>, _ method: Span<UInt8>) -> Route? {
    for entry in table where same(entry.method, method) && same(entry.service, service) { return entry.route }
    return nil
  }

  private static func same(_ name: [UInt8], _ bytes: Span<UInt8>) -> Bool {
    guard name.count == bytes.count else { return false }
    for index in 0..<name.count where name[index] != bytes[index] { return false }
    return true
  }
}
