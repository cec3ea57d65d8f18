// A peer that means no good, as a program of its own, so that it can be another user's.

import Foundation
import Linux
import Wire

/// What a hostile peer does, with so many connections.
enum Flood: String, CaseIterable {
  /// Connects and says nothing.
  case idle
  /// Sends half a frame and nothing more.
  case half
  /// Sends a byte a second.
  case trickle
  /// Asks and asks, and never reads.
  case deaf
  /// Asks without end, many at a time, and reads.
  case pipelining
  /// Connects and goes, without end.
  case churn

  var connections: Int {
    switch self {
    case .idle, .half: 10_000
    case .trickle: 1000
    case .deaf: 400
    case .pipelining: 64
    case .churn: 1
    }
  }

  /// How long it goes on, if nobody ends it.
  private static let life = Duration.seconds(60)
  private static let frames = 32

  /// Does it until it is ended. It says "ready" on standard output once all of it is under way.
  func run(_ socket: String, token: String) throws {
    let end = ContinuousClock.now + Self.life
    let request = Self.requests(token)
    var crowd: [Connection] = []
    if self == .churn {
      System.write("ready\n", to: 1)
      while ContinuousClock.now < end { _ = try? UnixStream(connectingTo: socket) }
      return
    }
    var turnedAway = 0
    for _ in 0..<connections {
      do throws(Errno) {
        let stream = try UnixStream(connectingTo: socket)
        crowd.append(Connection(stream.released()))
      } catch {
        turnedAway += 1
      }
    }
    for connection in crowd { step(connection, request, number: 0) }
    System.write("ready\n", to: 1)
    var number = 1
    while ContinuousClock.now < end {
      for connection in crowd { step(connection, request, number: number) }
      number += 1
      switch self {
      case .idle, .half: usleep(1_000_000)
      case .trickle: usleep(1_000_000)
      case .deaf: usleep(10_000)
      case .pipelining, .churn: break
      }
    }
  }

  /// A connection, until it is closed by one side.
  private final class Connection {
    var descriptor: Descriptor?
    init(_ descriptor: consuming Descriptor) { self.descriptor = consume descriptor }
  }

  private func step(_ connection: Connection, _ request: [UInt8], number: Int) {
    guard let descriptor = connection.descriptor.take() else { return }
    var isOpen = true
    do throws(Errno) {
      switch self {
      case .idle, .churn: break
      case .half: if number == 0 { _ = try descriptor.send(request.span.extracting(0..<50)) }
      case .trickle:
        let at = number % request.count
        isOpen = try descriptor.send(request.span.extracting(at..<at + 1)) != .ended
      case .deaf: isOpen = try descriptor.send(request.span) != .ended
      case .pipelining:
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var span = bytes.mutableSpan
        isOpen = try descriptor.receive(into: &span) != .ended
        // What is sent in part makes no frames any more: the daemon closes, and that is that.
        if isOpen { isOpen = try descriptor.send(request.span) != .ended }
      }
    } catch {
      isOpen = false
    }
    if isOpen { connection.descriptor = consume descriptor }
  }

  private static func requests(_ token: String) -> [UInt8] {
    var out = OutBuffer()
    let text = Array(token.utf8)
    let payload = ValidateRequest.encode(
      token: text.span, org: "acme", tenant: "prod", scopes: ["pipeline:read"], minRevision: 0)
    for number in 0..<frames {
      RequestEnvelope.append(
        service: "tokend.v1.Validation", method: "Validate", payload: payload.span, timeout: 0,
        stream: UInt32(number * 2 + 1), to: &out)
    }
    return Array(copying: out.pending)
  }
}
