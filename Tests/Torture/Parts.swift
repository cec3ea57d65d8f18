// The writers and the witness as programs of their own, for a machine that loses its power.

import Foundation
import Harness
import Linux

enum Parts {
  /// Plays a part, if the arguments name one, and ends the program.
  ///
  ///     tokend-torture write HOME PREFIX SEED      writes with four clients until the daemon has gone; events go to
  ///                                                standard output, each before what it announces is sent
  ///     tokend-torture flood KIND SOCKET TOKEN     is a hostile peer
  ///     tokend-torture witness HOME LEDGER         holds the daemon against such events: 0 if all is there, 1 if not
  ///     tokend-torture witness-cut HOME LEDGER     the same for events whose last may be missing
  static func run(_ arguments: ArraySlice<String>) {
    let words = Array(arguments)
    switch (words.first, words.count) {
    case ("write", 4):
      guard let seed = UInt64(words[3]) else { fail("\(words[3]) is no seed") }
      write(words[1], prefix: words[2], seed: seed)
    case ("witness", 3): testify(words[1], ledger: words[2], isCut: false)
    case ("witness-cut", 3): testify(words[1], ledger: words[2], isCut: true)
    case ("flood", 4): flood(words[1], words[2], token: words[3])
    default: return
    }
  }

  private static func write(_ home: String, prefix: String, seed: UInt64) -> Never {
    do {
      let crowd = try Writer.Crowd(4, home + "/a.sock", prefix: prefix, seed: seed) { event in
        // One call of write(2) is one line: those of several writers do not mix.
        System.write(event.line + "\n", to: 1)
      }
      _ = crowd.join()
      exit(0)
    } catch {
      fail("\(error)")
    }
  }

  private static func flood(_ kind: String, _ socket: String, token: String) -> Never {
    guard let flood = Flood(rawValue: kind) else { fail("there is no flood \(kind)") }
    flood.run(socket, token: token)
    exit(0)
  }

  private static func testify(_ home: String, ledger path: String, isCut: Bool) -> Never {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { fail("\(path) can't be read") }
    var ledger = Ledger()
    // A console ends lines with a carriage return too.
    for line in text.components(separatedBy: .newlines) where !line.isEmpty {
      guard let event = Ledger.Event(line) else { fail("\(path) has a line that is no event: \(line)") }
      ledger.note(event)
    }
    let witness = Witness(admin: home + "/a.sock", validation: home + "/v.sock")
    let violations = witness.testimony(on: ledger, isCut: isCut).all
    for line in violations { System.write("violation: \(line)\n", to: 1) }
    System.write("acknowledged \(ledger.acknowledged) violations \(violations.count)\n", to: 1)
    exit(violations.isEmpty ? 0 : 1)
  }
}

/// Ends the program, which could not do what it was told to.
func fail(_ why: String) -> Never {
  System.write("tokend-torture: \(why)\n", to: 2)
  exit(2)
}
