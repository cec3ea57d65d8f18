// What `top` shows, without a terminal.

import Testing
import Wire

@testable import tokend_client

@Suite struct DashboardTests {
  /// The daemon after so many verdicts that allowed, and half as many that denied.
  private func status(_ count: UInt64, startedAt: Int64 = 1000, tenants: Int = 1) -> GetStatusResponse {
    var status = GetStatusResponse()
    (status.version, status.startedAt, status.cpuNanoseconds) = ("1.2.3", startedAt, count)
    for (name, number) in [("ALLOWED", count), ("UNKNOWN", count / 2), ("REVOKED", 0)] {
      var verdict = NamedCount()
      (verdict.name, verdict.count) = (name, number)
      status.verdicts.append(verdict)
    }
    var bound = DurationCount()
    (bound.mostNanoseconds, bound.count) = (32768, count)
    status.validations.counts = [bound, DurationCount()]
    for number in 0..<tenants {
      var tenant = TenantCount()
      (tenant.org, tenant.tenant, tenant.allowed) = ("acme", "tenant-\(number)", count * UInt64(number + 1))
      status.tenants.append(tenant)
    }
    var peer = PeerCount()
    (peer.uid, peer.calls) = (33, count)
    status.peers = [peer]
    return status
  }

  private func dashboard() -> Dashboard { Dashboard { $0 == 33 ? "www-data" : nil } }

  @Test func `rates are of the interval`() throws {
    let interval = try #require(Interval(from: status(1000), to: status(1400), seconds: 2))
    #expect(interval.verdicts == 300 && interval.denied == 100)
    #expect(interval.reasons.map(\.name) == ["ALLOWED", "UNKNOWN"])
    #expect(interval.most == 32768)
    #expect(interval.tenants.map(\.allowed) == [200])
    #expect(interval.peers.map(\.rate) == [200])
  }

  @Test func `after a restart there are no rates, instead of absurd ones`() {
    #expect(Interval(from: status(1000), to: status(10, startedAt: 2000), seconds: 1) == nil)
    #expect(Interval(from: status(1000), to: status(10), seconds: 1) == nil)
    #expect(Interval(from: status(1000), to: status(1000), seconds: 0) == nil)
  }

  @Test(arguments: [(80, 24), (120, 40), (40, 10), (20, 3), (1, 1), (0, 0)])
  func `the lines fill the screen, and what matters is there`(width: Int, height: Int) {
    var dashboard = dashboard()
    dashboard.take(status(0, tenants: 30), after: 0)
    for step in 1...400 { dashboard.take(status(UInt64(step) * 100, tenants: 30), after: 1) }
    let lines = dashboard.lines(width: width, height: height, help: "q quit")
    #expect(lines.count == max(1, height))
    #expect(lines.last?.text == "q quit")
    guard width >= 80 else { return }
    for line in lines { #expect(displayWidth(line.text) <= width, "\(line.text)") }
    let text = lines.map(\.text).joined(separator: "\n")
    for part in ["1.2.3", "150/s", "50/s", "32 us", "66.7 %", "www-data", "acme/tenant-29", "3000/s"] {
      #expect(text.contains(part), "\(part)\n\(text)")
    }
    #expect(!text.contains("REVOKED"))
  }

  @Test func `a daemon that has gone is told of, and so is its return`() {
    var dashboard = dashboard()
    dashboard.take(status(0), after: 0)
    dashboard.take(status(100), after: 1)
    dashboard.take("it is \u{1B}[31mgone")
    let gone = dashboard.lines(width: 80, height: 24, help: "").map(\.text).joined(separator: "\n")
    #expect(gone.contains("gone") && !gone.contains("\u{1B}"))
    dashboard.take(status(50, startedAt: 2000), after: 1)
    dashboard.take(status(90, startedAt: 2000), after: 1)
    let back = dashboard.lines(width: 80, height: 24, help: "").map(\.text).joined(separator: "\n")
    #expect(back.contains("60/s") && !back.contains("gone"))
  }

  @Test func `bars have the height of their numbers`() {
    let bars = Array(Sparkline.text([0, 1, nil, 4, 8], width: 6))
    #expect(bars.count == 6)
    #expect(bars[0] == " " && bars[3] == " " && bars[1] == bars[2])
    #expect(bars[4] != bars[5] && bars[4] != bars[1])
    #expect(Sparkline.text([1, 2, 3], width: 2).count == 2)
    #expect(Sparkline.text([], width: 3) == "   ")
    #expect(Sparkline.text([0, 0], width: 2).count == 2)
  }
}
