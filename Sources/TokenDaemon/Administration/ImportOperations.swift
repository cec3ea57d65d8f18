// The verb that keeps tokens that were made elsewhere.

internal import Store
internal import Tokens
internal import Wire

struct ImportTokens: Operation {
  static let method = Methods.importTokens

  /// An item whose own fields are good, or what is wrong with them.
  private typealias Item = Result<(draft: TokenDraft, credential: TokenStore.Credential), Refusal>

  private let tenant: TenantName
  private let items: [Item]
  private let isDryRun: Bool

  init(_ request: consuming ImportTokensRequest, _ arrival: Arrival) throws(Refusal) {
    defer { for index in request.items.indices { wipe(&request.items[index].secret) } }
    tenant = try TenantName(org: request.org, tenant: request.tenant)
    guard !request.items.isEmpty, request.items.count <= Limits.importItems else {
      throw Refusal(
        .invalid, "ITEMS_COUNT", "items",
        "items has \(request.items.count) entries: give 1 to \(Limits.importItems) at a time")
    }
    var items: [Item] = []
    for item in request.items { items.append(Self.read(item, tenant, arrival)) }
    self.items = items
    isDryRun = request.dryRun
  }

  private static func read(_ item: ImportItemMessage, _ tenant: TenantName, _ arrival: Arrival) -> Item {
    do throws(Refusal) {
      let credential = try credential(item, arrival)
      return .success(
        (
          try TokenDraft(
            tenant: tenant, name: item.name, description: item.description, scopes: item.scopes,
            permissionSet: item.permissionSet,
            expiry: TokenDraft.Expiry(seconds: item.expiresAt, never: item.neverExpires, now: arrival.now),
            requestID: ""),
          credential
        ))
    } catch {
      return .failure(error)
    }
  }

  private static func credential(_ item: ImportItemMessage, _ arrival: Arrival) throws(Refusal) -> TokenStore.Credential
  {
    let given = [!item.secret.isEmpty, !item.digestHex.isEmpty, !item.digestBase64.isEmpty].count { $0 }
    guard given == 1 else {
      throw Refusal(
        .invalid, "SECRET_OR_DIGEST", "secret",
        "of secret, digest_hex and digest_base64 \(given) are given: give exactly one")
    }
    guard item.secret.isEmpty else {
      guard arrival.format.accepts(item.secret.span) else {
        throw Refusal(
          .invalid, "MALFORMED_TOKEN", "secret",
          "secret is no whole token of this deployment's format (\(arrival.format.prefix)…), and "
            + "would never be allowed: have its service create a token here")
      }
      return TokenStore.Credential(
        id: arrival.format.id(of: item.secret.span), digest: Digest(hashing: item.secret.span))
    }
    guard let digest = item.digestHex.isEmpty ? Digest(base64: item.digestBase64) : Digest(hex: item.digestHex) else {
      let field = item.digestHex.isEmpty ? "digest_base64" : "digest_hex"
      throw Refusal(
        .invalid, "INVALID_DIGEST", field,
        "\(field) is no SHA-256: give \(item.digestHex.isEmpty ? "44 characters of base64" : "64 hexadecimal digits")")
    }
    guard TokenFormat.isID(item.id) else {
      throw Refusal(
        .invalid, "INVALID_TOKEN_ID", "id",
        "id is not the public id of a token, which goes with its digest: 11 letters and digits")
    }
    return TokenStore.Credential(id: item.id, digest: digest)
  }

  var demand: Demand { .role(.tokenAdmin, .tenant(tenant)) }

  func run(_ work: Work) throws(SQLiteError) -> Result<ImportTokensResponse, Refusal> {
    if let refusal = try work.store.checkRegistered(tenant) { return .failure(refusal) }
    guard !isDryRun else {
      return .success(try work.store.undoing { () throws(SQLiteError) in try importAll(work).reply })
    }
    let done = try importAll(work)
    work.changes += done.changes
    return .success(done.reply)
  }

  private func importAll(
    _ work: Work
  ) throws(SQLiteError) -> (reply: ImportTokensResponse, changes: [LiveIndex.Change]) {
    var reply = ImportTokensResponse()
    var changes: [LiveIndex.Change] = []
    for item in items {
      var result = ImportResultMessage()
      switch item {
      case .failure(let refusal): result.say(refusal)
      case .success(let (draft, credential)):
        switch try work.store.importToken(draft, credential, by: work.rights, at: work.now) {
        case .success(let created):
          result.id = created.token.id
          changes.append(.insert(created, credential.digest))
        case .failure(let refusal): result.say(refusal)
        }
      }
      reply.results.append(result)
    }
    reply.revision = work.store.audit.revision
    return (reply, changes)
  }
}

extension ImportResultMessage {
  fileprivate mutating func say(_ refusal: Refusal) {
    code = refusal.code
    field = refusal.field
    message = refusal.message
  }
}
