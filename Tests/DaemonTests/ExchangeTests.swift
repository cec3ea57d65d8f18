// The state machine of a connection, by transcript: headers in, actions out.

import Testing
import Wire

@testable import TokenDaemon

@Suite struct ExchangeTests {
  private func request(_ stream: UInt32) -> FrameHeader { FrameHeader(dataBytes: 0, stream: stream, kind: .request) }

  private func code(_ action: Exchange.Action) -> Status.Code? {
    if case .refuse(let status) = action { return status.code }
    return nil
  }

  @Test func `a request is a call, whatever order ids come in`() {
    let exchange = Exchange()
    for stream in [7, 3, 5, .max, 1, 1] as [UInt32] { #expect(exchange.received(request(stream)) == .call) }
  }

  @Test func `an even id, an id in flight and a Data frame are refused, an unknown type is ignored`() {
    var exchange = Exchange()
    #expect(code(exchange.received(request(0))) == .invalidArgument)
    #expect(code(exchange.received(request(2))) == .invalidArgument)
    #expect(code(exchange.received(FrameHeader(dataBytes: 1, stream: 1, kind: .data))) == .invalidArgument)
    #expect(exchange.received(FrameHeader(dataBytes: 1, stream: 1, kind: .response)) == .ignore)
    #expect(exchange.received(FrameHeader(dataBytes: 1, stream: 1, kind: .init(rawValue: 200))) == .ignore)
    #expect(exchange.deferred(5) == nil)
    #expect(code(exchange.received(request(5))) == .invalidArgument)
    exchange.answered(5)
    #expect(exchange.received(request(5)) == .call)
  }

  @Test func `as many calls wait as the limit says, and one more after an answer`() {
    var exchange = Exchange()
    for number in 0..<Limits.callsInFlight { #expect(exchange.deferred(UInt32(2 * number + 1)) == nil) }
    #expect(exchange.deferred(9999)?.code == .resourceExhausted)
    exchange.answered(1)
    #expect(exchange.deferred(9999) == nil)
    #expect(exchange.callsInFlight == Limits.callsInFlight)
  }

  @Test func `a connection is finished once its input has ended and everything is answered`() {
    var exchange = Exchange()
    _ = exchange.deferred(1)
    exchange.endedInput()
    #expect(!exchange.isFinished)
    exchange.answered(1)
    #expect(exchange.isFinished)
  }

  @Test func `an oversized frame is refused if somebody waits for an answer to it`() {
    let exchange = Exchange()
    let bytes = FrameHeader.mostData + 1
    #expect(
      code(exchange.receivedTooLarge(FrameHeader(dataBytes: bytes, stream: 1, kind: .request), .frameTooLarge(bytes)))
        == .resourceExhausted)
    #expect(
      exchange.receivedTooLarge(FrameHeader(dataBytes: bytes, stream: 1, kind: .response), .noMemory) == .ignore)
  }
}
