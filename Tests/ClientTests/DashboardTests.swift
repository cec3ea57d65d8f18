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

  private let start = ContinuousClock.now

  private func dashboard(_ bars: Sparkline.Bars = .blocks) -> Dashboard {
    Dashboard(bars: bars) { $0 == 33 ? "www-data" : nil }
  }

  private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

  @Test func `rates are of the interval`() throws {
    let interval = try #require(Interval(from: status(1000), to: status(1400), seconds: 2))
    #expect(interval.verdicts == 300 && interval.denied == 100)
    #expect(interval.reasons.map(\.name) == ["ALLOWED", "UNKNOWN"])
    #expect(interval.p50 == 32768 && interval.p99 == 32768)
    #expect(interval.tenants.map(\.allowed) == [200])
    #expect(interval.users.map(\.rate) == [200])
  }

  @Test func `after a restart there are no rates, instead of absurd ones`() {
    #expect(Interval(from: status(1000), to: status(10, startedAt: 2000), seconds: 1) == nil)
    #expect(Interval(from: status(1000), to: status(10), seconds: 1) == nil)
    #expect(Interval(from: status(1000), to: status(1000), seconds: 0) == nil)
  }

  @Test(arguments: [(80, 24), (120, 40), (40, 10), (20, 3), (1, 1), (0, 0)])
  func `the lines fill the screen, and what matters is there`(width: Int, height: Int) {
    var dashboard = dashboard()
    dashboard.take(status(0, tenants: 30), at: start)
    for step in 1...400 { dashboard.take(status(UInt64(step) * 100, tenants: 30), at: at(step)) }
    let lines = dashboard.lines(width: width, height: height, help: "q quit")
    #expect(lines.count == max(1, height))
    #expect(lines.last?.text.hasPrefix("q quit") == true)
    // What there is no room for is told of.
    #expect((height < 20) == (lines.last?.text.contains("tenants and users") == true))
    guard width >= 80 else { return }
    for line in lines { #expect(displayWidth(line.text) <= width, "\(line.text)") }
    let text = lines.map(\.text).joined(separator: "\n")
    for part in ["1.2.3", "150/s", "50/s", "32 us", "66.7 %", "P50 WITHIN", "www-data", "acme/tenant-29", "3000/s"] {
      #expect(text.contains(part), "\(part)\n\(text)")
    }
    #expect(!text.contains("REVOKED"))
  }

  @Test func `a daemon that has gone is told of, and so is its return`() {
    var dashboard = dashboard()
    dashboard.take(status(0), at: start)
    dashboard.take(status(100), at: at(1))
    dashboard.take("it is \u{1B}[31mgone")
    let gone = dashboard.lines(width: 80, height: 24, help: "").map(\.text).joined(separator: "\n")
    #expect(gone.contains("gone") && !gone.contains("\u{1B}"))
    dashboard.take(status(50, startedAt: 2000), at: at(3))
    dashboard.take(status(90, startedAt: 2000), at: at(4))
    let back = dashboard.lines(width: 80, height: 24, help: "").map(\.text).joined(separator: "\n")
    #expect(back.contains("60/s") && !back.contains("gone"))
  }

  @Test func `after looks that were not answered, rates are of all the time since the last that was`() {
    var dashboard = dashboard()
    dashboard.take(status(0), at: start)
    for _ in 1...9 { dashboard.take("it does not answer") }
    dashboard.take(status(1000), at: at(10))
    let text = dashboard.lines(width: 80, height: 24, help: "").map(\.text).joined(separator: "\n")
    #expect(text.contains(" 150/s") && !text.contains("1500/s"), "\(text)")
  }

  @Test func `one that was not among the hundred before has no rate yet`() throws {
    func status(_ calls: UInt64, newcomer: UInt32) -> GetStatusResponse {
      var status = GetStatusResponse()
      for uid in [newcomer] + Array(1...99) {
        var peer = PeerCount()
        (peer.uid, peer.calls) = (uid, calls)
        status.peers.append(peer)
        var tenant = TenantCount()
        (tenant.org, tenant.tenant, tenant.allowed) = ("acme", "t\(uid)", calls)
        status.tenants.append(tenant)
      }
      return status
    }
    let interval = try #require(
      Interval(from: status(5000, newcomer: 500), to: status(5010, newcomer: 501), seconds: 1))
    #expect(interval.users.count == 99 && interval.users.allSatisfy { $0.rate == 10 })
    #expect(interval.tenants.count == 99 && interval.tenants.allSatisfy { $0.allowed == 10 })
  }

  @Test func `a reason keeps its row, with its bars, after it is given no more`() throws {
    var dashboard = dashboard(.ascii)
    for step in 0...3 { dashboard.take(status(UInt64(step) * 10), at: at(step)) }
    dashboard.take(status(30), at: at(4))
    let lines = dashboard.lines(width: 80, height: 24, help: "")
    let line = try #require(lines.first { $0.text.hasPrefix("UNKNOWN") })
    #expect(line.text.contains("0.0/s") && line.text.hasSuffix(" ###_"), "\(line.text)")
    #expect(lines.allSatisfy { $0.text.allSatisfy(\.isASCII) })
    // Until it is out of sight.
    for step in 5...310 { dashboard.take(status(30), at: at(step)) }
    #expect(!dashboard.lines(width: 80, height: 24, help: "").contains { $0.text.hasPrefix("UNKNOWN") })
  }

  @Test func `what allows is good, and what denies is bad`() throws {
    var dashboard = dashboard()
    for step in 0...1 { dashboard.take(status(UInt64(step) * 10), at: at(step)) }
    let lines = dashboard.lines(width: 80, height: 24, help: "")
    #expect(lines.first { $0.text.hasPrefix("ALLOWED") }?.parts.first?.style == .good)
    #expect(lines.first { $0.text.hasPrefix("UNKNOWN") }?.parts.first?.style == .bad)
  }

  @Test(arguments: [(0, "0.0"), (9.96, "10"), (9.94, "9.9"), (99_999.4, "99999"), (123_456, "123k")])
  func `rates are short`(rate: Double, text: String) { #expect(format(rate: rate) == text) }

  @Test func `bars have the height of their numbers`() {
    let bars = Array(Sparkline.text([0, 1, nil, 4, 8], width: 6, of: .blocks))
    #expect(bars == [" ", "▁", "▁", " ", "▄", "█"])
    #expect(Sparkline.text([0, 1, nil, 4, 8], width: 6, of: .ascii) == " __ :#")
    #expect(Sparkline.text([1, 2, 3], width: 2, of: .blocks).count == 2)
    #expect(Sparkline.text([], width: 3, of: .blocks) == "   ")
    #expect(Sparkline.text([0, 0], width: 2, of: .blocks) == "▁▁")
  }
}
