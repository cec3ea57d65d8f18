// What has happened in a schedule, so that a second run can be held against it.

/// A hash over all steps and all bytes that went over a socket, and, if asked for, the steps themselves.
struct Trace {
  private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  private(set) var lines: [String] = []
  let keepsLines: Bool

  mutating func add(_ line: @autoclosure () -> String) {
    let text = line()
    for byte in text.utf8 { add(byte) }
    if keepsLines { lines.append(text) }
  }

  mutating func add(_ bytes: Span<UInt8>) {
    for index in 0..<bytes.count { add(bytes[index]) }
  }

  /// FNV-1a, of http://www.isthe.com/chongo/tech/comp/fnv.
  private mutating func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
}
