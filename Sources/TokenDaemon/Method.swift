// The services and methods that are served, by name.

/// A method of the API.
enum Method: CaseIterable, Sendable {
  // In the order in which they are looked for: the hot ones first.
  case validate, validateBatch
  case check
  case createToken, listTokens, getToken, revokeToken
  case addTenant, listTenants
  case listPermissions, listPermissionSets

  private var path: (service: String, method: String) {
    switch self {
    case .validate: ("tokend.v1.Validation", "Validate")
    case .validateBatch: ("tokend.v1.Validation", "ValidateBatch")
    case .check: ("grpc.health.v1.Health", "Check")
    case .createToken: ("tokend.v1.Tokens", "CreateToken")
    case .listTokens: ("tokend.v1.Tokens", "ListTokens")
    case .getToken: ("tokend.v1.Tokens", "GetToken")
    case .revokeToken: ("tokend.v1.Tokens", "RevokeToken")
    case .addTenant: ("tokend.v1.Tenants", "AddTenant")
    case .listTenants: ("tokend.v1.Tenants", "ListTenants")
    case .listPermissions: ("tokend.v1.Permissions", "ListPermissions")
    case .listPermissionSets: ("tokend.v1.Permissions", "ListPermissionSets")
    }
  }

  /// Whether it is for administrators only.
  var isAdministration: Bool {
    switch self {
    case .validate, .validateBatch, .check: false
    default: true
    }
  }

  private static let table: [(service: [UInt8], method: [UInt8], value: Method)] = allCases.map {
    (Array($0.path.service.utf8), Array($0.path.method.utf8), $0)
  }

  /// The services there are.
  static let services = Set(allCases.map(\.path.service))

  /// The method of that name, or nil.
  static func named(_ service: Span<UInt8>, _ method: Span<UInt8>) -> Method? {
    for entry in table where same(entry.method, method) && same(entry.service, service) { return entry.value }
    return nil
  }

  private static func same(_ name: [UInt8], _ bytes: Span<UInt8>) -> Bool {
    guard name.count == bytes.count else { return false }
    for index in 0..<name.count where name[index] != bytes[index] { return false }
    return true
  }
}
