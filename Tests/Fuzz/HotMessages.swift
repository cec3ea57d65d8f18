// What the hot decoder reads, held against libprotobuf-c.

internal import ProtobufReference

/// A ttrpc request's envelope.
enum Envelopes: FuzzTarget {
  static let name = "envelope"

  static func play(_ input: [UInt8]) {
    if let problem = Differential.problem(ofEnvelope: input) { fatalError("\(problem): \(input)") }
  }
}

/// A ValidateRequest.
enum Requests: FuzzTarget {
  static let name = "validate"

  static func play(_ input: [UInt8]) {
    if let problem = Differential.problem(ofRequest: input) { fatalError("\(problem): \(input)") }
  }
}
