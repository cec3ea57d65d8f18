// The ids of organizations and tenants.

import Testing
import Tokens

@Suite struct TenantNameTests {
  @Test(arguments: ["a", "0", "Acme", "acme-1.east_2", "a--", String(repeating: "x", count: 64)])
  func `an id is letters, digits, dots, underscores and hyphens`(id: String) throws {
    let name = try TenantName(org: id, tenant: id)
    #expect(name.org == id)
    #expect(name.tenant == id)
    #expect(name.description == "\(id)/\(id)")
  }

  @Test(arguments: [
    ("", "MISSING_CONTEXT"), (".a", "INVALID_ID"), ("-a", "INVALID_ID"), ("_a", "INVALID_ID"), ("a b", "INVALID_ID"),
    ("a/b", "INVALID_ID"), ("a\n", "INVALID_ID"), ("*", "INVALID_ID"), ("ä", "INVALID_ID"), ("a\u{0}", "INVALID_ID"),
    (String(repeating: "x", count: 65), "INVALID_ID"),
  ])
  func `what is not an id is refused, and its field is named`(id: String, code: String) {
    #expect(refusal(org: id, tenant: "east").map { [$0.code, $0.field] } == [code, "org_id"])
    #expect(refusal(org: "acme", tenant: id).map { [$0.code, $0.field] } == [code, "tenant_id"])
  }

  @Test func `of two bad ids the organization's is refused`() {
    #expect(refusal(org: "", tenant: "")?.field == "org_id")
  }

  @Test func `tenants of the same name in two organizations differ`() {
    #expect(TenantName(stored: "a", "east") != TenantName(stored: "b", "east"))
  }

  private func refusal(org: String, tenant: String) -> Refusal? {
    do throws(Refusal) {
      _ = try TenantName(org: org, tenant: tenant)
      return nil
    } catch {
      return error
    }
  }
}
