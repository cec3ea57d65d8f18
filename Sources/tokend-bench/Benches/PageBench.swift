// What a page of a listing costs at its beginning, and far from there.

import Linux
import TokenClient
import Tokens
import Wire

/// Times pages of the benchmark's tenant, in one order.
struct PageBench {
  enum Place: String, CaseIterable {
    case first = "first page"
    case middle = "page in the middle"
  }

  private static let pageSize = 100
  /// Calls that are timed at once.
  private static let calls = 20

  private let administrator: Administrator
  private let order: TokenOrder
  /// What stands before the page in the middle.
  private let middle: String

  /// Walks to the page in the middle.
  init(socket: String, tokens: Int, order: TokenOrder) throws {
    let administrator = Administrator(socket: socket, timeout: .seconds(60))
    var page = ""
    var walked = 0
    let half = max(0, (tokens - Self.pageSize) / 2)
    while walked < half {
      let request = Self.request(order, most: min(500, half - walked), from: page)
      let reply = try administrator.call(Methods.listTokens, request)
      guard !reply.tokens.isEmpty else { throw BenchFailure("a listing ended before its middle") }
      walked += reply.tokens.count
      page = reply.nextPage
    }
    self.administrator = administrator
    self.order = order
    middle = page
  }

  func time(_ place: Place) throws -> Outcome {
    let request = Self.request(order, most: Self.pageSize, from: place == .first ? "" : middle)
    var outcome = Outcome()
    let begin = System.monotonicNanoseconds()
    for _ in 0..<Self.calls {
      let before = System.monotonicNanoseconds()
      let reply = try administrator.call(Methods.listTokens, request)
      outcome.latency.add(System.monotonicNanoseconds() - before)
      guard !reply.tokens.isEmpty else { throw BenchFailure("a page has no tokens") }
    }
    outcome.rate = Double(Self.calls) / (Double(System.monotonicNanoseconds() - begin) / 1e9)
    return outcome
  }

  private static func request(_ order: TokenOrder, most: Int, from page: String) -> ListTokensRequest {
    let context = BenchContext()
    var request = ListTokensRequest()
    (request.org, request.tenant) = (context.org, context.tenant)
    (request.sort, request.descending) = (order.sort.rawValue, order.isDescending)
    (request.pageSize, request.pageToken) = (UInt32(most), page)
    return request
  }
}
