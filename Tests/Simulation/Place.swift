// Where tokens of a simulation are bound.

/// One organization, two tenants, two scopes: enough for a verdict to be wrong about each.
enum Place {
  static let org = "acme"
  static let tenants = ["prod", "dev"]
  static let scopes = ["pipeline:read", "pipeline:write"]
}
