// A page token leads on in its own listing, and nowhere else.

import Testing
import Tokens

@testable import TokenDaemon

@Suite struct PageTokenTests {
  private let listing = ["tokens", "acme", "prod", ""]

  private func isRefused(_ token: String, of listing: [String]) -> Bool {
    do throws(Refusal) {
      _ = try PageToken.decode(token, of: listing)
      return false
    } catch {
      return error.code == "BAD_PAGE_TOKEN"
    }
  }

  @Test(arguments: ["", "4294967295", "acme/prod", "é"])
  func `a key goes there and back`(key: String) throws {
    #expect(try PageToken.decode(PageToken.encode(key: key, of: listing), of: listing) == key)
  }

  @Test func `another tenant's, kind's or filter's token is refused`() {
    let token = PageToken.encode(key: "17", of: listing)
    for other in [
      ["tokens", "acme", "test", ""], ["tenants", "acme", "prod", ""], ["tokens", "acme", "prod", "a:read"],
      ["tokens", "acmepr", "od", ""], [],
    ] {
      #expect(isRefused(token, of: other))
    }
  }

  @Test func `a token with any character changed, cut or added is refused`() {
    let token = Array(PageToken.encode(key: "4711", of: listing))
    for index in token.indices {
      var changed = token
      changed[index] = changed[index] == "a" ? "b" : "a"
      #expect(isRefused(String(changed), of: listing))
      #expect(isRefused(String(token[..<index]), of: listing))
    }
    for extra in ["0", "00", "é", String(repeating: "0", count: 5000)] {
      #expect(isRefused(String(token) + extra, of: listing))
    }
  }
}
