// A peer that sends whatever bytes it likes.

import Linux
import Wire

/// A raw connection, for frames that no proper client sends.
struct RawPeer: ~Copyable {
  private let stream: UnixStream
  private var input = FrameBuffer()

  /// How long a send or a receive may take.
  private let patience: Duration

  init(_ path: String, patience: Duration = .seconds(20)) throws {
    stream = try UnixStream(connectingTo: path)
    self.patience = patience
  }

  private var deadline: ContinuousClock.Instant { .now + patience }

  func send(_ bytes: [UInt8]) throws { try stream.send(bytes.span, until: deadline) }

  func send(_ header: FrameHeader, _ data: [UInt8] = []) throws {
    var out = OutBuffer()
    out.reserve(FrameHeader.bytes)
    out.append(header)
    try stream.send(out.pending, until: deadline)
    if !data.isEmpty { try send(data) }
  }

  func call(_ service: String, _ method: String, _ payload: [UInt8], stream id: UInt32 = 1, timeout: Int64 = 0) throws {
    var out = OutBuffer()
    RequestEnvelope.append(
      service: service, method: method, payload: payload.span, timeout: timeout, stream: id, to: &out)
    try stream.send(out.pending, until: deadline)
  }

  /// A reply's stream, and its payload or status.
  struct Reply {
    let stream: UInt32
    let result: Result<[UInt8], Status>

    /// The status's code, 0 for OK.
    var code: UInt32 {
      if case .failure(let status) = result { return status.code.rawValue }
      return 0
    }

    var status: Status? {
      if case .failure(let status) = result { return status }
      return nil
    }
  }

  /// The next reply, or nil if the daemon has closed.
  mutating func reply() throws -> Reply? {
    let deadline = deadline
    while true {
      if case .frame(let header, let data) = input.next() {
        let span = input.bytes
        switch try ResponseEnvelope.decode(in: span, data) {
        case .success(let payload):
          return Reply(stream: header.stream, result: .success([UInt8](copying: span.extracting(payload))))
        case .failure(let status): return Reply(stream: header.stream, result: .failure(status))
        }
      }
      var count = 0
      try Self.receive(&input, stream, deadline, &count)
      if count == 0 { return nil }
    }
  }

  private static func receive(
    _ input: inout FrameBuffer, _ stream: borrowing UnixStream, _ deadline: ContinuousClock.Instant, _ count: inout Int
  ) throws {
    var received = 0
    try input.receive { (span: inout MutableSpan<UInt8>) throws(Errno) in
      received = try stream.receive(into: &span, until: deadline)
      return received
    }
    count = received
  }

  static func validate(_ token: String, org: String = "acme", tenant: String = "prod", scopes: [String] = []) -> [UInt8]
  {
    ValidateRequest.encode(token: Array(token.utf8).span, org: org, tenant: tenant, scopes: scopes, minRevision: 0)
  }
}
