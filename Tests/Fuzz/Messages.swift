// Requests and replies of the administration API.

internal import ProtobufReference
internal import Wire

/// The first byte says which message the rest is read as. What is read is written, and reads as the same again.
enum Messages: FuzzTarget {
  static let name = "messages"

  private static let checks = administrationMessages.map { check($0) }

  static func play(_ input: [UInt8]) {
    guard let first = input.first else { return }
    checks[Int(first) % checks.count](Array(input.dropFirst()))
  }

  private static func check<Kind: Message>(_ kind: Kind.Type) -> @Sendable ([UInt8]) -> Void {
    { bytes in
      guard let message = try? Kind(decoding: bytes.span, 0..<bytes.count) else { return }
      let written = message.encoded()
      guard let again = try? Kind(decoding: written.span, 0..<written.count) else {
        fatalError("what was written as \(kind) is not read: \(written)")
      }
      guard again.encoded() == written else { fatalError("\(kind) changed as it was read again: \(written)") }
    }
  }
}
