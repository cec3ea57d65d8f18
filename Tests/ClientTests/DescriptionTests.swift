// What is made of the commands' descriptions: help, the man page, and what Tab offers.

import Foundation
import Options
import Testing

@testable import tokend_client

@Suite struct DescriptionTests {
  @Test func `the man page is what the descriptions say`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appendingPathComponent("docs/man/tokend-client.1"), encoding: .utf8)
    #expect(page == ManPage.text, "run scripts/generate-man and commit the result")
  }

  @Test func `every command has an example that begins with it, and a summary of one line`() {
    for command in Command.all {
      #expect(
        command.examples.contains { $0.contains("tokend-client \(command.name)") }, "\(command.name)")
      #expect(!command.summary.contains("\n") && !command.summary.hasSuffix("."), "\(command.name)")
    }
  }

  @Test func `no two commands have the same words, and none begins with another's`() {
    for command in Command.all {
      #expect(Command.all.count { $0.words.starts(with: command.words) } == 1, "\(command.name)")
    }
  }

  @Test func `an option of the same name takes a value in every command, or in none`() {
    var takes: [String: Bool] = [:]
    for option in Invocation.common + Command.all.flatMap(\.options) {
      #expect(takes[option.name] == nil || takes[option.name] == (option.argument != nil), "--\(option.name)")
      takes[option.name] = option.argument != nil
    }
  }

  @Test func `help fits 80 columns, for every command`() {
    for text in [Help.overview(of: nil)] + Command.nouns.map(Help.overview) + Command.all.map(Help.text) {
      for line in text.split(separator: "\n") where !line.contains("tokend-client ") {
        #expect(line.count <= 80, "\(line)")
      }
    }
  }
}
