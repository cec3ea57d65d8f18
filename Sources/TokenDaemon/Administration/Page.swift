// The page of a listing that a request asks for.

internal import Tokens

/// A page's size and where it begins.
struct Page: Sendable {
  let size: Int
  /// Where the page before ended; nil for the first page.
  let key: String?
  private let listing: [String]

  /// - Parameters:
  ///   - listing: everything that makes the listing what it is: its kind, tenant, filter, order.
  ///   - size: 0 for the default.
  ///   - token: `next_page` of the page before; empty for the first.
  init(of listing: [String], size: UInt32, token: String) throws(Refusal) {
    guard size <= Limits.pageSize else {
      throw Refusal(
        .invalid, "PAGE_TOO_LARGE", "page_size",
        "page_size is \(size); at most \(Limits.pageSize) are given: ask for fewer")
    }
    self.size = size == 0 ? Limits.defaultPageSize : Int(size)
    self.listing = listing
    key = token.isEmpty ? nil : try PageToken.decode(token, of: listing)
  }

  /// The token of the page that begins after `key`.
  func token(after key: String) -> String { PageToken.encode(key: key, of: listing) }

  /// Cuts what was found to a page.
  /// - Parameter bytes: about what an item takes in the reply.
  /// - Returns: the items, and whether they are all that were found.
  func cut<Item>(_ found: [Item], bytes: (Item) -> Int) -> (items: ArraySlice<Item>, isWhole: Bool) {
    var count = 0
    var taken = 0
    while count < min(size, found.count), count == 0 || taken < Limits.pageBytes {
      taken += bytes(found[count])
      count += 1
    }
    return (found.prefix(count), count == found.count)
  }

  /// The same for a listing that has found one item more than the page's size, if there is one.
  /// - Returns: the items, and the token of the next page, which is empty if there is none.
  func cut<Item>(_ found: [Item], bytes: (Item) -> Int, key: (Item) -> String) -> (
    items: ArraySlice<Item>, next: String
  ) {
    let cut = cut(found, bytes: bytes)
    guard !cut.isWhole, let last = cut.items.last else { return (cut.items, "") }
    return (cut.items, token(after: key(last)))
  }
}

extension Refusal {
  static let badPageToken = Refusal(
    .invalid, "BAD_PAGE_TOKEN", "page_token", "page_token is not one that this listing gave out: begin again without it"
  )
}
