// The verbs of tenants.

internal import Store
internal import Tokens
internal import Wire

struct AddTenant: Operation {
  static let method = Methods.addTenant

  private let name: TenantName

  init(_ request: AddTenantRequest, _ arrival: Arrival) throws(Refusal) {
    name = try TenantName(org: request.org, tenant: request.tenant)
  }

  var demand: Demand { .role(.orgAdmin, .org(name.org)) }

  func run(_ work: Work) throws(SQLiteError) -> Result<AddTenantResponse, Refusal> {
    try work.store.add(name, actor: work.caller.name, at: work.now).map { added in
      var reply = AddTenantResponse()
      reply.tenant = TenantMessage(added.tenant)
      reply.revision = added.revision
      return reply
    }
  }
}

struct ListTenants: Operation {
  static let method = Methods.listTenants

  private let org: String?
  private let page: Page
  private let last: TenantName?

  init(_ request: ListTenantsRequest, _ arrival: Arrival) throws(Refusal) {
    org = request.org.isEmpty ? nil : request.org
    page = try Page(of: ["tenants", request.org], size: request.pageSize, token: request.pageToken)
    guard let key = page.key else {
      last = nil
      return
    }
    let ids = key.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard ids.count == 2 else { throw .badPageToken }
    last = TenantName(stored: ids[0], ids[1])
  }

  var demand: Demand { .anyRole }

  func run(_ work: Work) throws(SQLiteError) -> Result<ListTenantsResponse, Refusal> {
    let found = try work.store.tenants(org: org, after: last, most: page.size + 1) {
      work.rights.include(.viewer, in: .tenant($0))
    }
    var reply = ListTenantsResponse()
    let cut = page.cut(found, bytes: { _ in 150 }, key: { $0.name.description })
    reply.tenants = cut.items.map { TenantMessage($0) }
    reply.nextPage = cut.next
    return .success(reply)
  }
}

struct GetTenant: Operation {
  static let method = Methods.getTenant

  private let name: TenantName

  init(_ request: GetTenantRequest, _ arrival: Arrival) throws(Refusal) {
    name = try TenantName(org: request.org, tenant: request.tenant)
  }

  var demand: Demand { .role(.viewer, .tenant(name)) }

  func run(_ work: Work) throws(SQLiteError) -> Result<GetTenantResponse, Refusal> {
    try work.store.tenant(name).map { tenant in
      var reply = GetTenantResponse()
      reply.tenant = TenantMessage(tenant)
      return reply
    }
  }
}

struct SetTenantPolicy: Operation {
  static let method = Methods.setTenantPolicy

  private let name: TenantName
  private let policy: TenantPolicy

  init(_ request: SetTenantPolicyRequest, _ arrival: Arrival) throws(Refusal) {
    name = try TenantName(org: request.org, tenant: request.tenant)
    policy = try TenantPolicy(
      maxLifetime: request.maxLifetime, defaultLifetime: request.defaultLifetime, maxTokens: request.maxTokens)
  }

  var demand: Demand { .role(.orgAdmin, .org(name.org)) }

  func run(_ work: Work) throws(SQLiteError) -> Result<SetTenantPolicyResponse, Refusal> {
    try work.store.set(policy, of: name, actor: work.caller.name, at: work.now).map { changed in
      var reply = SetTenantPolicyResponse()
      reply.tenant = TenantMessage(changed.tenant)
      reply.revision = changed.revision
      return reply
    }
  }
}

struct RemoveTenant: Operation {
  static let method = Methods.removeTenant
  static let isUrgent = true

  private let name: TenantName
  private let isDryRun: Bool

  init(_ request: RemoveTenantRequest, _ arrival: Arrival) throws(Refusal) {
    name = try TenantName(org: request.org, tenant: request.tenant)
    isDryRun = request.dryRun
  }

  var demand: Demand { .role(.orgAdmin, .org(name.org)) }

  func run(_ work: Work) throws(SQLiteError) -> Result<RemoveTenantResponse, Refusal> {
    try work.store.remove(name, isDryRun: isDryRun, actor: work.caller.name, at: work.now).map { removed in
      work.changes += removed.changes.map { .update($0) } + (isDryRun ? [] : [.grants])
      var reply = RemoveTenantResponse()
      reply.liveTokens = UInt32(clamping: removed.live)
      reply.revision = removed.revision
      return reply
    }
  }
}

extension TenantMessage {
  fileprivate init(_ tenant: Tenant) {
    self.init()
    org = tenant.name.org
    self.tenant = tenant.name.tenant
    createdAt = tenant.created.seconds
    maxLifetime = tenant.policy.maxLifetime ?? 0
    defaultLifetime = tenant.policy.defaultLifetime ?? 0
    maxTokens = UInt32(clamping: tenant.policy.maxTokens ?? 0)
  }
}
