// What a token looks like to people and to programs.

import Wire

extension TokenMessage {
  /// Its state in a word.
  var stateName: String {
    switch state {
    case 1: "active"
    case 2: "disabled"
    case 3: "revoked"
    case 4: "expired"
    default: "unknown"
    }
  }

  var json: JSON {
    .object([
      ("id", .string(id)), ("name", .string(name)), ("description", .string(description)),
      ("org_id", .string(org)), ("tenant_id", .string(tenant)), ("state", .string(stateName)),
      ("scopes", .strings(scopes)), ("permission_set", .orNull(permissionSet)), ("creator", .string(creator)),
      ("created_at", .integer(createdAt)), ("expires_at", .orNull(expiresAt)), ("last_used_at", .orNull(lastUsedAt)),
      ("exercised_scopes", .strings(exercisedScopes)), ("revoked_at", .orNull(revokedAt)),
      ("revoked_by", .orNull(revokedBy)), ("revocation_code", .orNull(revocationCode)),
      ("revocation_reason", .orNull(revocationReason)), ("predecessor", .orNull(predecessor)),
      ("successor", .orNull(successor)),
    ])
  }
}

/// A column of a table of tokens.
enum TokenColumn: String, CaseIterable {
  case id, name, state, expires, used, created, scopes, creator
  case permissionSet = "set"
  case exercised, description

  /// Those that are shown if nothing is said.
  static let standard: [TokenColumn] = [.id, .name, .state, .expires, .used, .scopes]

  private var column: Table.Column {
    let mayTruncate =
      switch self {
      case .id, .state, .expires, .used, .created: false
      case .name, .scopes, .creator, .permissionSet, .exercised, .description: true
      }
    return Table.Column(title: rawValue, isRight: false, mayTruncate: mayTruncate)
  }

  private func cell(_ token: TokenMessage, _ now: Int64) -> String {
    switch self {
    case .id: token.id
    case .name: token.name
    case .state: token.stateName
    case .expires: formatDistance(token.expiresAt, from: now)
    case .used: formatDistance(token.lastUsedAt, from: now)
    case .created: formatDistance(token.createdAt, from: now)
    case .scopes: token.scopes.joined(separator: " ")
    case .creator: token.creator
    case .permissionSet: token.permissionSet
    case .exercised: token.exercisedScopes.joined(separator: " ")
    case .description: token.description
    }
  }

  /// Reads the names of `--columns`.
  static func parse(_ text: String) throws(Failure) -> [TokenColumn] {
    var columns: [TokenColumn] = []
    for name in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
      guard let column = TokenColumn(rawValue: name) else {
        let known = allCases.map(\.rawValue).joined(separator: ", ")
        throw Failure(.usage, "--columns: '\(name)' is no column: choose of \(known)")
      }
      columns.append(column)
    }
    return columns
  }

  static func table(_ tokens: [TokenMessage], _ columns: [TokenColumn], now: Int64) -> Table {
    var table = Table(columns: columns.map(\.column))
    let state = columns.firstIndex(of: .state)
    for token in tokens {
      var colors: [Int: Table.Color] = [:]
      if let state { colors[state] = color(of: token) }
      table.add(columns.map { $0.cell(token, now) }, colors: colors)
    }
    return table
  }

  private static func color(of token: TokenMessage) -> Table.Color? {
    switch token.state {
    case 1: .green
    case 2: .yellow
    case 3, 4: .red
    default: nil
    }
  }
}
