// How a person names a token: by its public id, or by its name in the context.

import Linux
import Tokens
import Wire

/// The operand that says which token is meant.
struct TokenName {
  let text: String

  /// - Throws: a usage error if there is none, or it is a whole token.
  init(_ invocation: Invocation) throws(Failure) {
    guard let word = invocation.operands.first else {
      throw Failure(.usage, "no token: give its public id, as token list shows it, or its name", field: "id")
    }
    try self.init(word)
  }

  init(_ word: String) throws(Failure) {
    if let id = Self.idOfWholeToken(word) {
      throw Failure(
        .usage,
        "that is a whole token: give its id, \(id). What stands on a command line can be read by others, and may be "
          + "kept in a history: take the token for leaked", code: "SECRET_ON_COMMAND_LINE", field: "id")
    }
    text = word
  }

  /// Takes a line of a list; nil if it is a whole token.
  init?(listed line: String) {
    guard Self.idOfWholeToken(line) == nil else { return nil }
    text = line
  }

  private static func idOfWholeToken(_ word: String) -> String? {
    // Whatever its prefix: eleven characters, an underscore, and thirty-six more.
    let parts = word.split(separator: "_", omittingEmptySubsequences: false).suffix(2).map(String.init)
    return parts.count == 2 && TokenFormat.isID(parts[0]) && parts[1].utf8.count == 36 ? parts[0] : nil
  }

  private static let ambiguous = "NAME_NOT_UNIQUE"

  /// Which of two live tokens of one name is meant, of which one has taken the other's place.
  enum Choice {
    /// The one that has.
    case newest
    /// Neither, as for whoever takes a right away: the other would keep it.
    case onlyOne
  }

  /// What could be an id is one; of a name, the id of the live token that alone has it.
  func id(_ invocation: Invocation) throws(Failure) -> String {
    TokenFormat.isID(text) ? text : try named(invocation, .onlyOne)
  }

  /// The id of the live token that alone has that name; nil if there is none.
  func idOfName(_ invocation: Invocation) throws(Failure) -> String? {
    do throws(Failure) { return try named(invocation, .onlyOne) } catch {
      guard error.exit == .notFound else { throw error }
      return nil
    }
  }

  /// The token of that id or, if there is none, the live one of that name.
  func find(_ invocation: Invocation, _ choice: Choice) throws(Failure) -> GetTokenResponse {
    var request = GetTokenRequest()
    (request.org, request.tenant) = try invocation.optionalContext()
    request.id = text
    if TokenFormat.isID(text) {
      do throws(Failure) { return try invocation.administer(Methods.getToken, request) } catch {
        // It may be a name that looks like an id.
        guard error.exit == .notFound, let id = try idIfOne(invocation, choice) else { throw error }
        request.id = id
      }
    } else {
      request.id = try named(invocation, choice)
    }
    return try invocation.administer(Methods.getToken, request)
  }

  /// The same, or nil if it could not be found out.
  private func idIfOne(_ invocation: Invocation, _ choice: Choice) throws(Failure) -> String? {
    do throws(Failure) { return try named(invocation, choice) } catch {
      guard error.code != Self.ambiguous else { throw error }
      return nil
    }
  }

  private func named(_ invocation: Invocation, _ choice: Choice) throws(Failure) -> String {
    var request = ListTokensRequest()
    (request.org, request.tenant) = try invocation.context()
    request.filter.namePrefix = text
    request.filter.states = ["active", "disabled"]
    request.sort = "name"
    var found: [TokenMessage] = []
    repeat {
      let reply = try invocation.administer(Methods.listTokens, request)
      found += reply.tokens.filter { $0.name == text }
      request.pageToken = reply.nextPage
      // Names that only begin so come after the one that is meant.
      if reply.tokens.contains(where: { $0.name != text }) { break }
    } while !request.pageToken.isEmpty
    // A rotated token lives on for a while beside the one that has taken its place.
    let current = found.filter(\.successor.isEmpty)
    // One that was disabled and has expired since lets nobody in.
    let now = System.secondsSinceEpoch()
    let able = found.filter { $0.expiresAt == 0 || $0.expiresAt > now }
    let meant = choice == .newest ? current : able
    let ids = (meant.isEmpty ? found : meant).map(\.id)
    guard let id = ids.first else {
      throw Failure(
        .notFound,
        "\(request.org)/\(request.tenant) has no token with the id, and no live one with the name, '\(text)': "
          + "see tokend-client token list", code: "UNKNOWN_TOKEN", field: "id")
    }
    guard ids.count == 1 else {
      throw Failure(
        .usage,
        "\(ids.count) live tokens are called '\(text)', as one that was rotated lives on for a while: give an id: "
          + ids.joined(separator: ", "), code: Self.ambiguous, field: "id")
    }
    return id
  }
}
