// Who is at the other end of a Unix socket, as the kernel attests it.

private import CLinux
private import Glibc

/// A peer's identity, read once when its connection is accepted. There is no default: if the kernel does not say who
/// the peer is, reading throws and the connection must be closed.
package struct PeerCredentials: Equatable, Sendable {
  package let uid: UInt32
  package let gid: UInt32
  /// Supplementary groups. A peer in more than 1,024 of them is refused.
  package let groups: [UInt32]
  /// For the audit log only: the process may be gone, and its number another's.
  package let pid: Int32

  package init(uid: UInt32, gid: UInt32, groups: [UInt32], pid: Int32) {
    self.uid = uid
    self.gid = gid
    self.groups = groups
    self.pid = pid
  }

  /// Reads who connected. The system call is getsockopt(2), SO_PEERCRED and SO_PEERGROUPS.
  package init(of fd: Int32) throws(Errno) {
    var peer = clinux_peer()
    try check("getsockopt SO_PEERCRED") { unsafe clinux_peer_credentials(fd, &peer) }
    var groups = [UInt32](repeating: 0, count: 1024)
    let count = try check("getsockopt SO_PEERGROUPS") {
      unsafe clinux_peer_groups(fd, &groups, 1024)
    }
    self.init(uid: peer.uid, gid: peer.gid, groups: Array(groups.prefix(Int(count))), pid: peer.pid)
  }

  /// Whether the peer's group, or one of its supplementary groups, is `group`.
  package func isMember(of group: UInt32) -> Bool {
    gid == group || groups.contains(group)
  }
}
