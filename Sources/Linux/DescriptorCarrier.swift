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

  /// Takes out the next message. The descriptors are the caller's from here on.
  /// - Parameter most: how many descriptors may come into the process.
  /// - Returns: a note of each, and the first of them, as many as may come and the process may have; the others are
  ///   closed. Nil if there are no more messages.
  /// - Throws: EBADMSG if they don't have a note each; all of the message are closed then. The system call is recvmsg(2).
  package static func receive(
    from far: borrowing Descriptor, most room: Int
  ) throws(Errno) -> (descriptors: [Int32], notes: [UInt8])? {
    var descriptors = [Int32](repeating: -1, count: most)
    var notes = [UInt8](repeating: 0, count: most)
    var came: Int32 = 0
    let fd = far.fd
    let count = try check("recvmsg") {
      unsafe clinux_receive_descriptors(
        fd, &descriptors, Int32(min(max(room, 0), most)), &notes, Int32(most), &came)
    }
    guard count > 0 else { return nil }
    return (Array(descriptors.prefix(Int(came))), Array(notes.prefix(Int(count))))
  }
}
