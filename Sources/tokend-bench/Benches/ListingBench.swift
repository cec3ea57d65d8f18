// What a page of a listing costs at its beginning, and far from there.

import Linux
import TokenClient
import Tokens
import Wire

/// Times the first page of every order against the last whole one, in turns, so that the machine's moods hit both.
struct ListingBench {
  private static let org = "bench"
  private static let tenant = "listing"
  private static let pageSize: UInt32 = 100
  private static let rounds = 41

  private let administrator: Administrator
  private let tokens: Int

  init(socket: String, tokens: Int) {
    administrator = Administrator(socket: socket, timeout: .seconds(600))
    self.tokens = tokens
  }

  func run() throws(Channel.Failure) {
    try fill()
    say(
      "\(tokens) tokens; page 1 against page \(tokens / Int(Self.pageSize)), \(Self.pageSize) tokens each, median of \(Self.rounds)"
    )
    for sort in TokenOrder.Sort.allCases {
      for isDescending in [false, true] {
        let far = try token(ofPageAt: tokens - Int(Self.pageSize), sort, isDescending)
        var near: [Duration] = []
        var away: [Duration] = []
        for _ in 0..<Self.rounds {
          near.append(try time(sort, isDescending, ""))
          away.append(try time(sort, isDescending, far))
        }
        let (first, last) = (near.sorted()[Self.rounds / 2], away.sorted()[Self.rounds / 2])
        let name = "\(sort.rawValue)\(isDescending ? ", falling" : "")"
        say("\(name): \(microseconds(first)) µs, \(microseconds(last)) µs, ratio \(ratio(last, first))")
      }
    }
  }

  /// Makes tokens whose names, expiries and states are mixed, and repeat.
  private func fill() throws(Channel.Failure) {
    var add = AddTenantRequest()
    (add.org, add.tenant) = (Self.org, Self.tenant)
    _ = try administrator.call(Methods.addTenant, add)
    var request = ImportTokensRequest()
    (request.org, request.tenant) = (Self.org, Self.tenant)
    let now = System.secondsSinceEpoch()
    for number in 0..<tokens {
      // A fixed mixture: odd factors make permutations.
      let mixed = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
      var item = ImportItemMessage()
      item.name = "token-\(mixed % 1_000_003)-\(number)"
      item.scopes = [["pipeline:read"], ["metrics:read", "metrics:write"], ["alerts:write"]][number % 3]
      item.expiresAt = mixed % 2 == 0 ? 0 : now + 86_400 + Int64(mixed % 50_000)
      item.id = identifier(number)
      item.digestHex = digits(UInt64(number))
      request.items.append(item)
      guard request.items.count == 500 || number == tokens - 1 else { continue }
      let results = try administrator.call(Methods.importTokens, request).results
      if let failed = results.first(where: { !$0.code.isEmpty }) {
        throw .unavailable("\(failed.code): \(failed.message)")
      }
      request.items = []
      if number % 100_000 == 99_999 { say("\(number + 1) tokens") }
    }
    // Some of them are disabled and revoked, so that every state has many.
    for number in stride(from: 0, to: min(tokens, 20_000), by: 2) {
      var change = ChangeTokenRequest()
      change.id = identifier(number)
      _ = try administrator.call(Methods.disableToken, change)
    }
  }

  private func request(_ sort: TokenOrder.Sort, _ isDescending: Bool, _ page: String) -> ListTokensRequest {
    var request = ListTokensRequest()
    (request.org, request.tenant) = (Self.org, Self.tenant)
    (request.sort, request.descending) = (sort.rawValue, isDescending)
    (request.pageSize, request.pageToken) = (Self.pageSize, page)
    return request
  }

  /// Walks to the page that begins after `count` tokens.
  private func token(
    ofPageAt count: Int, _ sort: TokenOrder.Sort, _ isDescending: Bool
  ) throws(Channel.Failure) -> String {
    var walked = 0
    var page = ""
    while walked < count {
      var request = request(sort, isDescending, page)
      request.pageSize = UInt32(min(500, count - walked))
      let reply = try administrator.call(Methods.listTokens, request)
      walked += reply.tokens.count
      page = reply.nextPage
    }
    return page
  }

  private func time(
    _ sort: TokenOrder.Sort, _ isDescending: Bool, _ page: String
  ) throws(Channel.Failure) -> Duration {
    let request = request(sort, isDescending, page)
    let start = ContinuousClock.now
    let reply = try administrator.call(Methods.listTokens, request)
    let taken = ContinuousClock.now - start
    guard reply.tokens.count == Int(Self.pageSize) else {
      throw .unavailable("a page has \(reply.tokens.count) tokens")
    }
    return taken
  }

  private func identifier(_ number: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: 11 - text.utf8.count) + text
  }

  private func digits(_ number: UInt64) -> String {
    let text = String(number &* 0x9E37_79B9_7F4A_7C15 | 1, radix: 16) + String(number, radix: 16)
    return String(repeating: "0", count: 64 - text.utf8.count) + text
  }

  private func microseconds(_ duration: Duration) -> Int64 { duration.components.attoseconds / 1_000_000_000_000 }

  /// To two decimal places.
  private func ratio(_ left: Duration, _ right: Duration) -> String {
    let hundredths = Int((left / right * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }

  private func say(_ line: String) { System.write(line + "\n", to: 1) }
}
