// Who sends more than is answered in one turn.

import Foundation
import Harness
import Testing
import Wire

@Suite struct TurnTests {
  /// Many times what is answered of one connection in a turn, and received.
  private static let calls = 200

  /// Calls of a method that there is not, on streams 1, 3, 5 and so on.
  private static var refused: [UInt8] {
    var out = OutBuffer()
    for number in 0..<calls {
      RequestEnvelope.append(
        service: "tokend.v1.Validation", method: "NoSuchMethod", payload: [UInt8]().span, timeout: 0,
        stream: UInt32(2 * number + 1), to: &out)
    }
    return [UInt8](copying: out.pending)
  }

  /// All of it has arrived when the daemon looks, so that nothing wakes it again.
  @Test func `calls that come together and are refused are all answered, turn after turn`() throws {
    let daemon = try RunningDaemon()
    var peer = try RawPeer(daemon.validationSocket)
    daemon.pause()
    try peer.send(Self.refused)
    daemon.resume()
    try expectRefusals(&peer)
    #expect(daemon.stop() == 0)
  }

  @Test(.enabled(if: geteuid() == 0, "needs root, to become another user"))
  func `so are those of two users at once, and a lone Validate beside them`() throws {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    let made = try daemon.create("lone")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: daemon.home)
    try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: daemon.validationSocket)
    var peer = try RawPeer(daemon.validationSocket)
    var lone = try RawPeer(daemon.validationSocket)
    daemon.pause()
    let other = try OtherUser(daemon.validationSocket, sends: Self.refused)
    try peer.send(Self.refused)
    try lone.call("tokend.v1.Validation", "Validate", RawPeer.validate(made.secret))
    daemon.resume()
    let reply = try #require(try lone.reply())
    let verdict = try #require(try? reply.result.get())
    #expect(try ValidateResponse(in: verdict.span, 0..<verdict.count).tokenID == made.token.id)
    try expectRefusals(&peer)
    #expect(other.replies(most: Self.calls) == Self.calls)
    #expect(daemon.stop() == 0)
  }

  private func expectRefusals(_ peer: inout RawPeer) throws {
    var streams: Set<UInt32> = []
    for _ in 0..<Self.calls {
      let reply = try #require(try peer.reply())
      #expect(reply.code == 12)
      streams.insert(reply.stream)
    }
    #expect(streams == Set((0..<Self.calls).map { UInt32(2 * $0 + 1) }))
  }
}

/// A peer of another user, uid 4242: a program of its own, as the kernel remembers who has connected. It sends what it is
/// given, and reads nothing before it is asked how many replies there are.
private final class OtherUser {
  private static let program = """
    use Socket;
    my ($path, $bytes) = @ARGV;
    my ($replies, $most, $held, $frames) = (0, 0, '', '');
    $| = 1;
    $SIG{ALRM} = sub { print "$replies\\n"; exit 1 };
    alarm 60;
    binmode STDIN;
    read(STDIN, $frames, $bytes) == $bytes or die 'too little to send';
    socket(my $peer, PF_UNIX, SOCK_STREAM, 0) or die $!;
    connect($peer, pack_sockaddr_un($path)) or die $!;
    syswrite($peer, $frames) == $bytes or die $!;
    print "sent\\n";
    $most = <STDIN>;
    alarm 20;
    while ($replies < $most) {
      sysread($peer, $held, 65536, length $held) or last;
      while (length $held >= 10 and length $held >= 10 + unpack('N', $held)) {
        substr($held, 0, 10 + unpack('N', $held)) = '';
        $replies++;
      }
    }
    print "$replies\\n";
    """

  private let child: Child
  private let (input, output) = (Pipe(), Pipe())

  /// Connects and sends.
  init(_ socket: String, sends bytes: [UInt8]) throws {
    child = try Child(
      "/usr/bin/setpriv",
      ["--reuid", "4242", "--regid", "4242", "--clear-groups", "/usr/bin/perl", "-e", Self.program]
        + [socket, "\(bytes.count)"], input: input.fileHandleForReading, output: output.fileHandleForWriting)
    try input.fileHandleForReading.close()
    try output.fileHandleForWriting.close()
    try input.fileHandleForWriting.write(contentsOf: Data(bytes))
    try #require(output.fileHandleForReading.read(until: "sent\n").isThere)
  }

  /// How many replies it gets before there are `most`, or none comes for twenty seconds.
  func replies(most: Int) -> Int? {
    try? input.fileHandleForWriting.write(contentsOf: Data("\(most)\n".utf8))
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    _ = child.wait()
    return Int(text.trimmingCharacters(in: .newlines))
  }
}
