// Descriptors that lie in the kernel, for whoever has the end of a socket to take out.

private import CLinux
private import Glibc

/// A pair of sockets of which one is filled with descriptors (SCM_RIGHTS of unix(7)). What was sent stays open in the
/// socket's queue as long as somebody has its other end, though no process has it in its table.
package struct DescriptorCarrier: ~Copyable {
  /// The most descriptors of one message (SCM_MAX_FD).
  package static let most = 253

  private let near: Descriptor
  /// The end that they are taken out of.
  package let far: Descriptor

  /// The system call is socketpair(2), SOCK_SEQPACKET.
  package init() throws(Errno) {
    var ends = [Int32](repeating: -1, count: 2)
    try check("socketpair") { unsafe clinux_carrier_pair(&ends) }
    near = Descriptor(owning: ends[0])
    far = Descriptor(owning: ends[1])
  }

  /// Sends up to `most` descriptors, with a byte about each. The caller's own stay open.
  /// - Throws: EAGAIN if the queue is full, ETOOMANYREFS if too many are on their way. The system call is sendmsg(2).
  package borrowing func send(_ descriptors: [Int32], notes: [UInt8]) throws(Errno) {
    precondition(descriptors.count == notes.count && (1...Self.most).contains(notes.count))
    let fd = near.fd
    try check("sendmsg") { unsafe clinux_send_descriptors(fd, descriptors, Int32(descriptors.count), notes) }
  }

  /// How many descriptors the next message has; 0 if there is none. The system call is recv(2), which takes nothing out.
  package static func waiting(in far: borrowing Descriptor) throws(Errno) -> Int {
    try look(at: far, flags: Int32(MSG_PEEK))
  }

  /// Has the next message closed with all its descriptors, none of which comes into the process.
  /// - Returns: how many they are; 0 if there is no message. The system call is recv(2).
  package static func discard(from far: borrowing Descriptor) throws(Errno) -> Int { try look(at: far, flags: 0) }

  private static func look(at far: borrowing Descriptor, flags: Int32) throws(Errno) -> Int {
    // Room for notes and none for descriptors: the kernel leaves those out.
    var notes = [UInt8](repeating: 0, count: most)
    let fd = far.fd
    do throws(Errno) {
      return try check("recv") { unsafe recv(fd, &notes, most, flags | Int32(MSG_DONTWAIT)) }
    } catch {
      guard error.isWouldBlock else { throw error }
      return 0
    }
  }

  /// Takes out the next message. The descriptors are the caller's from here on.
  /// - Returns: nil if there are no more.
  /// - Throws: EMFILE if the process may not have so many, EBADMSG if they don't have a note each; all of the message are
  ///   closed then. The system call is recvmsg(2).
  package static func receive(from far: borrowing Descriptor) throws(Errno) -> [(descriptor: Int32, note: UInt8)]? {
    var descriptors = [Int32](repeating: -1, count: most)
    var notes = [UInt8](repeating: 0, count: most)
    let fd = far.fd
    let count = try check("recvmsg") { unsafe clinux_receive_descriptors(fd, &descriptors, &notes, Int32(most)) }
    guard count > 0 else { return nil }
    return (0..<Int(count)).map { (descriptors[$0], notes[$0]) }
  }
}
