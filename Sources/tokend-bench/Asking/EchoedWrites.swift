// What writes cost whoever asks for them, whatever the server does about them.

import Wire

/// As many bytes as a write has, of which an echo server answers as many as the write was answered.
struct EchoedWrites: Workload {
  let greeting: [UInt8]
  private let request: [UInt8]
  private let replyBytes: Int

  /// - Parameter call: what asking for a write once took.
  init(_ call: PacedWriter.Call) {
    greeting = EchoServer.greeting(requestBytes: call.requestBytes, replyBytes: call.replyBytes)
    request = [UInt8](repeating: 0, count: call.requestBytes)
    replyBytes = call.replyBytes
  }

  let name = "echo, of writes"
  let weight = 1

  func append(stream: UInt32, to out: inout OutBuffer) {
    out.reserve(request.count)
    out.append(request.span)
  }

  func reply(in span: Span<UInt8>, _ start: Int, _ end: Int) throws -> Int? {
    end - start >= replyBytes ? replyBytes : nil
  }

  func conclude() {}
}
