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
      for route in Route.all {
        #expect(doorkeeper.refusal(of: route, to: peer, through: .administration) == nil)
      }
    }
  }

  @Test func `anybody else is not permitted, but may validate`() {
    for route in Route.all {
      let refusal = doorkeeper.refusal(of: route, to: peer(1000, 500, [1, 2]), through: .administration)
      #expect(refusal?.reason == (route.isAdministration ? "NOT_PERMITTED" : nil))
    }
  }

  @Test func `nobody administers through the validation socket, root included`() {
    for route in Route.all {
      let refusal = doorkeeper.refusal(of: route, to: peer(0), through: .validation)
      #expect(refusal?.reason == (route.isAdministration ? "WRONG_SOCKET" : nil))
    }
  }

  @Test func `a group that could not be read gives nobody rights`() {
    let doorkeeper = Doorkeeper(ownUser: 900, adminGroup: nil)
    #expect(
      doorkeeper.refusal(of: .administer(CreateToken.self), to: peer(1000, 0, [0]), through: .administration) != nil)
  }

  @Test func `exactly the three questions of services are no administration`() {
    #expect(Route.all.filter { !$0.isAdministration }.map { "\($0)" } == ["validate", "validateBatch", "checkHealth"])
  }
}
