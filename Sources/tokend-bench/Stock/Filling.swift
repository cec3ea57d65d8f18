// The same tokens into each server, before any of them is timed.

import Linux
import TokenClient
import Tokens
import Wire

/// Fills servers with the tokens whose numbers are below `tokens`.
struct Filling {
  let tokens: Int
  let context = BenchContext()
  private static let earliest = System.secondsSinceEpoch() + 30 * 86_400

  /// When the token with a number expires: in no order, so that a listing by that is none by number.
  private static func expiry(_ number: Int) -> Int64 {
    earliest + Int64(UInt64(number) &* 0x9E37_79B9_7F4A_7C15 % 50_000)
  }

  /// Imports the tokens by their digests, as an administrator would.
  func fillTokend(administration socket: String) throws {
    let administrator = Administrator(socket: socket, timeout: .seconds(600))
    try context.addTenant(administration: socket)
    var request = ImportTokensRequest()
    (request.org, request.tenant) = (context.org, context.tenant)
    for number in 0..<tokens {
      let token = TokenSample.token(UInt64(number))
      let digest = token.reveal { Digest(hashing: $0) }
      var item = ImportItemMessage()
      item.name = "service-\(number)"
      item.scopes = context.scopes
      item.expiresAt = Self.expiry(number)
      item.id = token.id
      item.digestHex = hexadecimal(digest.bytes)
      request.items.append(item)
      guard request.items.count == 500 || number == tokens - 1 else { continue }
      let results = try administrator.call(Methods.importTokens, request).results
      if let failed = results.first(where: { !$0.code.isEmpty }) {
        throw BenchFailure("\(failed.code): \(failed.message)")
      }
      request.items = []
    }
  }

  /// Prints SQL that puts the tokens from number `first` on into a database to which those before have been imported:
  /// ten million take minutes so, where importing them takes half an hour. The trail does not tell of them.
  func printRows(from first: Int) {
    System.write("CREATE TEMP TABLE rows (id, digest, name, expiry);\n", to: 1)
    var line = ""
    for number in first..<tokens {
      let token = TokenSample.token(UInt64(number))
      let digest = token.reveal { hexadecimal(Digest(hashing: $0).bytes) }
      // By the hundred, so that few statements are compiled.
      line += line.isEmpty ? "INSERT INTO rows VALUES " : ","
      line += "('\(token.id)',x'\(digest)','service-\(number)',\(Self.expiry(number)))"
      guard number % 100 == 99 || number == tokens - 1 else { continue }
      System.write(line + ";\n", to: 1)
      line = ""
    }
    System.write(
      """
      INSERT INTO tokens (id, digest, tenant, name, description, scope_set, state, creator, created_at, expires_at)
      SELECT rows.id, rows.digest, tenant, rows.name, '', scope_set, state, creator, created_at, rows.expiry
      FROM rows CROSS JOIN (SELECT * FROM tokens WHERE ordinal = 1);

      """, to: 1)
  }

  /// Sets each token as a key with a value of 40 bytes.
  func fillRedis(socket: String) throws {
    let stream = try UnixStream.connected(toServer: socket)
    let value = String(repeating: "v", count: 40)
    var number = 0
    while number < tokens {
      let count = min(1000, tokens - number)
      var request: [UInt8] = []
      for key in number..<number + count {
        request += Array("*3\r\n$3\r\nSET\r\n$\(TokenSample.tokenBytes)\r\n".utf8)
        TokenSample.token(UInt64(key)).reveal { for index in 0..<$0.count { request.append($0[index]) } }
        request += Array("\r\n$40\r\n\(value)\r\n".utf8)
      }
      try stream.send(request.span, until: .now + .seconds(60))
      var reply = [UInt8](repeating: 0, count: 5 * count)
      var received = 0
      while received < reply.count {
        var span = reply.mutableSpan
        var rest = span._mutatingExtracting(received..<span.count)
        let bytes = try stream.receive(into: &rest, until: .now + .seconds(60))
        if bytes == 0 { throw BenchFailure("redis closed the connection") }
        received += bytes
      }
      guard reply.elementsEqual(String(repeating: "+OK\r\n", count: count).utf8) else {
        throw BenchFailure("redis did not set all keys")
      }
      number += count
    }
  }
}
