// Tokens that are well-formed and were never issued.

import Harness
import Tokens

extension RunningDaemon {
  enum Stranger {
    /// The `number`-th of them: the generator is a fixed sequence, so the characters are known and the checksum right.
    static func token(_ number: Int) throws -> String {
      var state = UInt64(number) &* 0x9E37_79B9_7F4A_7C15 &+ 1
      let secret = Mint(.standard).mint(at: Instant(seconds: Int64(number))) { (span: inout MutableSpan<UInt8>) in
        for index in 0..<span.count {
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          span[index] = UInt8(truncatingIfNeeded: state >> 56)
        }
      }
      return secret.reveal { span in
        var bytes: [UInt8] = []
        for index in 0..<span.count { bytes.append(span[index]) }
        return String(decoding: bytes, as: UTF8.self)
      }
    }
  }
}
