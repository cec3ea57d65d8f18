// Who may call what, through which socket.

import Linux
import Testing
import Tokens
import Wire

@testable import TokenDaemon

@Suite struct DoorkeeperTests {
  private func peer(_ uid: UInt32, _ gid: UInt32 = 500, _ groups: [UInt32] = []) -> PeerCredentials {
    PeerCredentials(uid: uid, gid: gid, groups: groups, pid: 1)
  }

  private let doorkeeper = Doorkeeper(ownUser: 900, adminGroup: 700)

  @Test func `root, the daemon's own user and the administration group are operators, by either kind of group`() {
    for peer in [peer(0), peer(900), peer(1000, 700), peer(1000, 500, [1, 700])] {
      #expect(doorkeeper.caller(peer).isOperator)
    }
    #expect(!doorkeeper.caller(peer(1000, 500, [1, 2])).isOperator)
    #expect(doorkeeper.operators == ["uid:0", "uid:900", "gid:700"])
  }

  @Test func `a caller is known by its user and each of its groups, once`() {
    #expect(
      doorkeeper.caller(peer(1000, 500, [2, 500])).principals == [.user(1000), .group(2), .group(500)])
  }

  @Test func `nobody administers through the validation socket, or validates through the other`() {
    for route in Route.all {
      let other = doorkeeper.refusal(of: route, through: .administration)
      #expect(other?.reason == (route.isValidation ? "WRONG_SOCKET" : nil))
      let refusal = doorkeeper.refusal(of: route, through: .validation)
      #expect(refusal?.reason == (route.isAdministration ? "WRONG_SOCKET" : nil))
    }
  }

  @Test func `without an administration group no group has operators`() {
    #expect(!Doorkeeper(ownUser: 900, adminGroup: nil).caller(peer(1000, 0, [0])).isOperator)
  }

  @Test func `exactly the three questions of services, and giving a token back, are no administration`() {
    let open = Route.all.filter { !$0.isAdministration }.map { "\($0)" }
    #expect(open == ["validate", "validateBatch", "checkHealth", "administer(TokenDaemon.SurrenderToken)"])
  }
}
