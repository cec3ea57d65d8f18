// Keys to be set in Redis, one a request.

import Wire

/// SET of a key that was not there, as long as a token, with a value of 40 bytes.
struct RedisWrites: Workload {
  private static let placeholder = [UInt8](repeating: 1, count: Numbered.bytes)
  private static let ok = Array("+OK\r\n".utf8)

  private let template: RequestTemplate
  private var numbers: Numbered

  /// - Parameter first: the number in the first key.
  init(from first: Int) {
    let start = String(repeating: "k", count: TokenSample.tokenBytes - Numbered.bytes)
    let request =
      Array("*3\r\n$3\r\nSET\r\n$\(TokenSample.tokenBytes)\r\n\(start)".utf8) + Self.placeholder
      + Array("\r\n$40\r\n\(String(repeating: "v", count: 40))\r\n".utf8)
    template = RequestTemplate(request, cutAt: Self.placeholder, isFramed: false)
    numbers = Numbered(from: first)
  }

  let name = "redis, setting"
  let greeting: [UInt8] = []
  let weight = 1
  /// The number that comes next.
  var next: Int { numbers.next }

  mutating func append(stream: UInt32, to out: inout OutBuffer) {
    template.append(numbers.take().span, stream: stream, to: &out)
  }

  mutating func reply(in span: Span<UInt8>, _ start: Int, _ end: Int) throws -> Int? {
    guard end - start >= Self.ok.count else { return nil }
    for (index, byte) in Self.ok.enumerated() where span[start + index] != byte {
      throw BenchFailure("redis did not set a key")
    }
    return Self.ok.count
  }

  func conclude() {}
}

/// Numbers in order, as ten digits.
struct Numbered {
  static let bytes = 10
  private(set) var next: Int

  init(from first: Int) { next = first }

  mutating func take() -> [UInt8] {
    var digits = [UInt8](repeating: 0x30, count: Self.bytes)
    var rest = next
    for place in digits.indices.reversed() {
      digits[place] = 0x30 + UInt8(rest % 10)
      rest /= 10
    }
    next += 1
    return digits
  }
}
