// A whole token in memory, from the moment it is made until the one reply that bears it.

private import Glibc

/// Owns the bytes of a token and wipes them when it goes away. It can't be copied, and nothing prints it.
package struct Secret: ~Copyable, Sendable {
  private var bytes: [UInt8]
  private let idStart: Int

  init(copying bytes: Span<UInt8>, idAt idStart: Int) {
    self.bytes = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
    self.idStart = idStart
  }

  deinit { wipe(atEndOf: bytes) }

  /// The public part: it may appear in lists, logs and the audit trail.
  package var id: String {
    String(decoding: bytes[idStart..<idStart + TokenFormat.idBytes], as: UTF8.self)
  }

  /// Lends the whole token to `body`, which must not keep it.
  package borrowing func reveal<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(bytes.span)
  }
}

/// Overwrites what a dying value held. The value must have kept the array to itself: then this is its only copy.
package func wipe(atEndOf bytes: borrowing [UInt8]) {
  unsafe bytes.withUnsafeBufferPointer {
    if let start = $0.baseAddress { unsafe explicit_bzero(UnsafeMutableRawPointer(mutating: start), $0.count) }
  }
}

/// Overwrites memory that is about to be given back.
package func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
  if let start = bytes.baseAddress { unsafe explicit_bzero(start, bytes.count) }
}

/// Overwrites `bytes` with zeros in a way that the optimiser keeps. The call is explicit_bzero(3).
package func wipe(_ bytes: inout [UInt8]) {
  unsafe bytes.withUnsafeMutableBufferPointer {
    if let start = $0.baseAddress { unsafe explicit_bzero(start, $0.count) }
  }
}
