// What a daemon leaves behind.

import Foundation
import Harness
import Testing
import Wire

/// Where a daemon has been that has stopped, and the token it has made.
struct Remains {
  let home: String
  let secret: String
  var database: String { home + "/state/tokend.db" }

  init() throws {
    let daemon = try RunningDaemon()
    try daemon.addTenant()
    secret = try daemon.create("a").secret
    #expect(daemon.stop() == 0)
    home = daemon.home
  }

  /// The token's.
  var id: String { String(secret.dropFirst("tokend_".count).prefix(11)) }

  /// Has sqlite3(1) run `sql` on the database.
  @discardableResult func sqlite(_ sql: String) throws -> String {
    let run = try Run("/usr/bin/sqlite3", [database, sql])
    #expect(run.status == 0, "\(run.errors)")
    return run.output
  }
}
