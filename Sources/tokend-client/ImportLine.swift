// A line of an import, and what became of all of them.

import Linux
import Wire

/// Reads an item of `token import`.
enum ImportLine {
  struct Problem: Error {
    let text: String
  }

  /// What an export has beyond what an import takes.
  private static let exported: Set = [
    "creator", "created_at", "last_used_at", "exercised_scopes", "predecessor",
    "successor",
    "revoked_at", "revoked_by", "revocation_code", "revocation_reason",
  ]

  /// - Parameters:
  ///   - org: where it is to be kept.
  ///   - tenant: the same.
  static func read(_ line: [UInt8], org: String, tenant: String) -> Result<ImportItemMessage, Problem> {
    guard case .object(let members)? = JSON(parsing: line) else {
      return .failure(Problem(text: "is no JSON object"))
    }
    var item = ImportItemMessage()
    for (name, value) in members {
      switch (name, value) {
      case (_, .null): continue
      case ("name", .string(let text)): item.name = text
      case ("description", .string(let text)): item.description = text
      case ("permission_set", .string(let text)): item.permissionSet = text
      case ("expires_at", .integer(let seconds)): item.expiresAt = seconds
      case ("secret", .string(let text)): item.secret = Array(text.utf8)
      case ("sha256", .string(let text)): item.digestHex = text
      case ("sha256_base64", .string(let text)): item.digestBase64 = text
      case ("id", .string(let text)): item.id = text
      // What an export says of these must hold here too, or a token would come back to life, or in another place.
      case ("state", .string("active")), ("org_id", .string(org)), ("tenant_id", .string(tenant)): continue
      case ("state", _):
        return .failure(Problem(text: "state: only active tokens are kept: leave this one out"))
      case ("org_id", _), ("tenant_id", _):
        return .failure(
          Problem(text: "\(name): is not \(name == "org_id" ? org : tenant): leave it out to import it here"))
      case ("scopes", .array(let scopes)):
        for scope in scopes {
          guard case .string(let text) = scope else { return .failure(Problem(text: "scopes: is no list of texts")) }
          item.scopes.append(text)
        }
      case ("name", _), ("description", _), ("permission_set", _), ("expires_at", _), ("secret", _), ("sha256", _),
        ("sha256_base64", _), ("id", _), ("scopes", _):
        return .failure(Problem(text: "\(name): is of the wrong kind"))
      default:
        guard Self.exported.contains(name) else {
          return .failure(Problem(text: "\(name): is no field of an import: see tokend-client token import --help"))
        }
      }
    }
    // A set is frozen in a token when it is made: what an export has beside it are the scopes that were frozen.
    if !item.permissionSet.isEmpty, !item.scopes.isEmpty { item.permissionSet = "" }
    return .success(item)
  }
}

/// The results of an import, line by line.
struct ImportTally {
  private let isJSON: Bool
  private var expected: [Int] = []
  private var results: [JSON] = []
  private var kept = 0
  private var failed = 0

  init(isJSON: Bool) { self.isJSON = isJSON }

  /// The line that one of the next results is for.
  mutating func expect(line: Int) { expected.append(line) }

  mutating func add(_ answers: [ImportResultMessage]) {
    for (line, answer) in zip(expected, answers) {
      // The file calls them otherwise than requests do.
      let words = answer.message.split(separator: " ", omittingEmptySubsequences: false)
      let message = words.map { $0 == "digest_hex" ? "sha256" : $0 == "digest_base64" ? "sha256_base64" : $0 }
      add(line: line, id: answer.id, code: answer.code, message: message.joined(separator: " "))
    }
    expected = []
  }

  mutating func add(line: Int, id: String, code: String, message: String) {
    if code.isEmpty { kept += 1 } else { failed += 1 }
    if isJSON {
      results.append(
        .object([
          ("line", .integer(Int64(line))), ("id", .orNull(id)), ("code", .orNull(code)), ("message", .orNull(message)),
        ]))
    } else if !code.isEmpty {
      Terminal.writeErrorLine("line \(line): \(message) (\(code))")
    }
  }

  /// Prints what became of all, and ends the program if anything went wrong.
  func end(isDryRun: Bool, failure: Failure? = nil) {
    if isJSON {
      Terminal.write(
        JSON.object([
          ("kept", .integer(Int64(kept))), ("failed", .integer(Int64(failed))), ("results", .array(results)),
        ]).text + "\n")
    } else {
      Terminal.writeLine("\(isDryRun ? "would keep" : "kept") \(counted(kept, "token")), \(failed) failed")
    }
    if let failure {
      Terminal.writeErrorLines(failure.text(isJSON: isJSON))
      System.exit(failure.exit.rawValue)
    }
    if failed > 0 { System.exit(Exit.denied.rawValue) }
  }
}
