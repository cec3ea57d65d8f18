// A clock that jumps, by libfaketime(1).

import Foundation
import Harness
import Linux
import TokenClient
import Wire

enum Clock {
  private static let library =
    ["x86_64", "aarch64"].map { "/usr/lib/\($0)-linux-gnu/faketime/libfaketime.so.1" }
    .first { FileManager.default.fileExists(atPath: $0) }

  /// Where the clock goes, one after the other, in seconds from what it really is, or as a moment.
  private static let jumps = [
    "+0", "+3600", "-3600", "+0", "@1970-01-01 00:00:01", "@2038-01-19 03:14:10", "@2106-02-07 06:28:20", "+200", "+0",
    "+86400", "-86400", "+0",
  ]

  static func run(seed: UInt64) throws -> Outcome {
    guard let library else { throw Disk.Failure(why: "libfaketime is not there: scripts/setup installs it") }
    var outcome = Outcome("clock: it jumps", seed: seed)
    let home = try RunningDaemon.makeHome()
    let clock = home + "/clock"
    try "+0".write(toFile: clock, atomically: true, encoding: .utf8)
    let daemon = try RunningDaemon(
      home: home,
      environment: [
        "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        // With the library a Swift program finds no arguments.
        "TOKEND_STATE_DIR": home + "/state", "TOKEND_LISTEN": home + "/v.sock", "TOKEND_ADMIN_LISTEN": home + "/a.sock",
      ])
    try daemon.addTenant()
    let expiry = Int64(Date().timeIntervalSince1970) + 100
    let (always, soon, revoked) = (
      try daemon.create("always"), try daemon.create("soon", expiresAt: expiry), try daemon.create("revoked")
    )
    try daemon.revoke(revoked.token.id)
    var ledger = Ledger()
    for (number, jump) in jumps.enumerated() {
      try jump.write(toFile: clock, atomically: true, encoding: .utf8)
      let now = moment(jump)
      let expected = [(always, "ALLOWED"), (soon, now < expiry ? "ALLOWED" : "EXPIRED"), (revoked, "REVOKED")]
      for (token, reason) in expected {
        let said = try daemon.reason(token.secret)
        outcome.acknowledged += 1
        if said != reason { outcome.add(["\(token.token.name) is \(said), not \(reason)"], in: jump) }
      }
      // Changes are made at any time.
      let made = try daemon.create("at-\(number)")
      ledger.note(.creating("at-\(number)"))
      ledger.note(.made("at-\(number)", id: made.token.id, secret: made.secret))
      if number % 2 == 0 {
        try daemon.revoke(made.token.id)
        ledger.note(.revoking("at-\(number)"))
        ledger.note(.revoked("at-\(number)"))
      }
      outcome.runs += 1
      outcome.faults += 1
    }
    for (name, token) in [("always", always), ("soon", soon), ("revoked", revoked)] {
      ledger.note(.creating(name))
      ledger.note(.made(name, id: token.token.id, secret: token.secret))
    }
    ledger.note(.revoking("revoked"))
    ledger.note(.revoked("revoked"))
    // A restart under the right clock finds all of it.
    if daemon.stop() != 0 { outcome.add(["told to stop, it ended with \(daemon.ending)"], in: "after all jumps") }
    let again = try RunningDaemon(home: home)
    let witness = Witness(admin: again.adminSocket, validation: again.validationSocket)
    outcome.add(witness.testimony(on: ledger).all, in: "after all jumps")
    outcome.acknowledged += ledger.acknowledged
    if again.stop() != 0 { outcome.add(["told to stop, it ended with \(again.ending)"], in: "after all jumps") }
    return outcome
  }

  /// The seconds since 1970 that the clock says after a jump.
  private static func moment(_ jump: String) -> Int64 {
    if let seconds = Int64(jump) { return Int64(Date().timeIntervalSince1970) + seconds }
    let format = DateFormatter()
    format.dateFormat = "'@'yyyy-MM-dd HH:mm:ss"
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone.current
    return Int64(format.date(from: jump)?.timeIntervalSince1970 ?? 0)
  }
}
