// That what docs/monitoring asks of Prometheus is what the daemon's counters are called.

import Foundation
import Testing
import Wire

@testable import tokend_client

@Suite struct MonitoringTests {
  /// Every metric's name in an exposition, those of histograms with their endings.
  private static func names() -> Set<String> {
    var status = GetStatusResponse()
    status.workers = [WorkerStatus()]
    var count = DurationCount()
    count.mostNanoseconds = 1024
    (status.validations.counts, status.commits.counts) = ([count], [count])
    (status.calls, status.tenants, status.peers) = ([CallCount()], [TenantCount()], [PeerCount()])
    (status.verdicts, status.refusals) = ([NamedCount()], [NamedCount()])
    let samples = Exposition(status).text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    return Set(samples.map { String($0.prefix { $0 != "{" && $0 != " " }) })
  }

  @Test(arguments: ["docs/monitoring/grafana.json", "docs/monitoring/tokend.rules.yml"])
  func `it asks for metrics that there are`(path: String) throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
    let asked = Set(text.matches(of: /tokend_[a-z_]+/).map { String($0.output) })
    #expect(asked.count >= 5)
    #expect(asked.subtracting(Self.names()).isEmpty, "\(asked.subtracting(Self.names()))")
  }

  @Test func `a label's value can't end it`() {
    var status = GetStatusResponse()
    var tenant = TenantCount()
    (tenant.org, tenant.tenant, tenant.allowed) = ("a\"b", "c\\d\ne", 1)
    status.tenants = [tenant]
    #expect(Exposition(status).text.contains(#"{org="a\"b",tenant="c\\d\ne",verdict="allowed"} 1"#))
  }

  @Test func `a histogram's counts go on from each other`() {
    var status = GetStatusResponse()
    for (most, number) in [(1024, 3), (2048, 2), (0, 1)] as [(UInt64, UInt64)] {
      var count = DurationCount()
      (count.mostNanoseconds, count.count) = (most, number)
      status.commits.counts.append(count)
    }
    status.commits.sumNanoseconds = 5_000_000_001
    let text = Exposition(status).text
    for line in [
      "_bucket{le=\"0.000001024\"} 3", "_bucket{le=\"0.000002048\"} 5", "_bucket{le=\"+Inf\"} 6", "_sum 5.000000001",
      "_count 6",
    ] { #expect(text.contains("tokend_commit_duration_seconds\(line)\n"), "\(line)") }
    #expect(status.commits.atMost(share: 0.5) == 1024)
    #expect(status.commits.atMost(share: 0.8) == 2048)
    #expect(status.commits.atMost(share: 0.99) == 2048)
    #expect(Durations().atMost(share: 0.5) == nil)
  }
}
