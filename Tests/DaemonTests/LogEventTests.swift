// What the log's events are called everywhere.

import Foundation
import Testing
import TokenDaemon

@Suite struct LogEventTests {
  private func text(of path: String) throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  @Test func `every event has an identity of its own`() {
    let identities = LogEvent.allCases.map(\.messageID)
    #expect(Set(identities).count == identities.count)
    for identity in identities {
      #expect(identity.wholeMatch(of: /[0-9a-f]{32}/) != nil)
    }
  }

  @Test func `the catalogue explains these events and no others`() throws {
    let catalogue = try text(of: "systemd/tokend.catalog")
    let explained = catalogue.matches(of: /(?m)^-- ([0-9a-f]{32})$/).map { String($0.1) }
    #expect(explained.sorted() == LogEvent.allCases.map(\.messageID).sorted())
    let fields = Set(catalogue.matches(of: /@([A-Z_]+)@/).map { String($0.1) })
    #expect(fields.isSubset(of: LogField.allCases.map(\.rawValue)), "\(fields)")
  }

  @Test func `the manual lists each event by its level, and each field`() throws {
    let manual = try text(of: "docs/man/tokend.8").replacing("\\-", with: "-")
    for level in LogLevel.allCases {
      let names = LogEvent.allCases.filter { $0.level == level }.map(\.rawValue)
      #expect(manual.contains("\n\(names.joined(separator: ", ")).\n"), "\(level.rawValue): \(names)")
    }
    for field in LogField.allCases { #expect(manual.contains(field.rawValue), "\(field.rawValue)") }
  }
}
