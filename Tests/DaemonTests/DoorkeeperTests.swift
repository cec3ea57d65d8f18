// Who may call what, through which socket.

import Linux
import Testing
import Wire

@testable import TokenDaemon

@Suite struct DoorkeeperTests {
  private func peer(_ uid: UInt32, _ gid: UInt32 = 500, _ groups: [UInt32] = []) -> PeerCredentials {
    PeerCredentials(uid: uid, gid: gid, groups: groups, pid: 1)
  }

  private let doorkeeper = Doorkeeper(ownUser: 900, adminGroup: 700)

  @Test func `root, the daemon's own user and the socket's group administer, by either kind of group`() {
    for peer in [peer(0), peer(900), peer(1000, 700), peer(1000, 500, [1, 700])] {
      for method in Method.allCases {
        #expect(doorkeeper.refusal(of: method, to: peer, through: .administration) == nil)
      }
    }
  }

  @Test func `anybody else is not permitted, but may validate`() {
    for method in Method.allCases {
      let refusal = doorkeeper.refusal(of: method, to: peer(1000, 500, [1, 2]), through: .administration)
      #expect(refusal?.reason == (method.isAdministration ? "NOT_PERMITTED" : nil))
    }
  }

  @Test func `nobody administers through the validation socket, root included`() {
    for method in Method.allCases {
      let refusal = doorkeeper.refusal(of: method, to: peer(0), through: .validation)
      #expect(refusal?.reason == (method.isAdministration ? "WRONG_SOCKET" : nil))
    }
  }

  @Test func `a group that could not be read gives nobody rights`() {
    let doorkeeper = Doorkeeper(ownUser: 900, adminGroup: nil)
    #expect(doorkeeper.refusal(of: .createToken, to: peer(1000, 0, [0]), through: .administration) != nil)
  }

  @Test func `exactly the three questions of services are no administration`() {
    #expect(Method.allCases.filter { !$0.isAdministration } == [.validate, .validateBatch, .check])
  }
}
