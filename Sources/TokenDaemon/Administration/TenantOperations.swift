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

extension TenantMessage {
  fileprivate init(_ tenant: Tenant) {
    self.init()
    org = tenant.name.org
    self.tenant = tenant.name.tenant
    createdAt = tenant.created.seconds
  }
}
