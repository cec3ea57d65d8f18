// All that the daemon may say.

/// A kind of line in the log. Its name is the field TOKEND_EVENT of the journal's record, its identity the field
/// MESSAGE_ID, and systemd/tokend.catalog says at length what it means and what to do.
package enum LogEvent: String, CaseIterable, Sendable {
  /// Peers are served from here on.
  case ready
  /// The daemon was told to stop.
  case stopping
  /// It has ended in order; nothing that was acknowledged is lost.
  case stopped
  /// Connections are with systemd now, for the daemon that is started next.
  case handedOver = "handed-over"
  /// The configuration was read again.
  case reloaded
  /// The configuration is wrong, and everything stayed as it was.
  case reloadFailed = "reload-failed"
  /// The daemon refused to start, or its settings are wrong.
  case notStarted = "not-started"
  /// The daemon could not go on.
  case failed
  /// A worker did not answer the daemon's own question; unless it recovers, the watchdog ends the daemon.
  case workerStalled = "worker-stalled"
  /// A connection could not be accepted, handed over or taken over.
  case connectionFailed = "connection-failed"
  /// A peer was turned away, as there are as many connections as there may be.
  case connectionsFull = "connections-full"
  /// A backup was given up.
  case backupFailed = "backup-failed"
  /// It could not be written when tokens were last used; no verdict goes by that.
  case usesUnwritten = "uses-unwritten"
  /// The database is damaged; verdicts go on, changes do not.
  case databaseDamaged = "database-damaged"
  /// The disk fails to read the database; verdicts go on, changes do not.
  case databaseUnreadable = "database-unreadable"
  /// The disk is full; tokens are validated and revoked all the same.
  case diskFull = "disk-full"
  /// There is room on the disk again.
  case diskHasRoom = "disk-has-room"
  /// There was no database, and an empty one was made.
  case databaseMade = "database-made"
  /// A restore that was cut off is forgotten, as a whole database is in place.
  case restoreEnded = "restore-ended"
  /// No space can be held back for when the disk is full.
  case notReserved = "not-reserved"
  /// The database could not be read to answer an administrator.
  case questionFailed = "question-failed"
  /// Somebody asked for what they have no rights to.
  case notPermitted = "not-permitted"
  /// An administrator's call was answered.
  case called
  /// A peer has connected.
  case connected
  /// A connection has ended.
  case disconnected

  /// At which levels it is said.
  package var level: LogLevel {
    switch self {
    case .reloadFailed, .notStarted, .failed, .workerStalled, .connectionFailed, .backupFailed, .databaseDamaged,
      .databaseUnreadable, .diskFull, .questionFailed:
      .error
    case .connectionsFull, .usesUnwritten, .notReserved, .databaseMade, .restoreEnded: .warning
    case .ready, .stopping, .stopped, .handedOver, .reloaded, .notPermitted, .diskHasRoom: .info
    case .called, .connected, .disconnected: .debug
    }
  }

  /// 128 bits as 32 hexadecimal digits, drawn once for each kind and never given to another.
  package var messageID: String {
    switch self {
    case .ready: "d98de348f6a3411aa41d9056e78c5912"
    case .stopping: "24d21a429821427a8233fd27e3470d75"
    case .stopped: "07a3635632444394a55874a55c4f83e9"
    case .handedOver: "a8b5771943ac4538b685244417e24131"
    case .reloaded: "cdefa613c3744d9f9b9c973f146ac853"
    case .reloadFailed: "355768f9a380447f85f49d6c267b4c77"
    case .notStarted: "c67fd0c9c5c540a0946ebc2ff2b5061f"
    case .failed: "fdef336efc634cb09ed487fd31dd6564"
    case .workerStalled: "6740794e377841398d86ca4a3a207ae5"
    case .connectionFailed: "c4ac9188b552429ca09449317a640622"
    case .connectionsFull: "8b3ad05b3d23435da026395640c3800c"
    case .backupFailed: "028acbda4089455abf6bdadd40046d17"
    case .usesUnwritten: "dd7543af7af54a2ab13c39eeb5f26c20"
    case .databaseDamaged: "e452ab3d15ac444c82b5e6b9c1bcc824"
    case .databaseUnreadable: "63d59ccf341a429ea62b79f39ed2f97e"
    case .diskFull: "e8058c59262640dab073f15715feaae8"
    case .diskHasRoom: "5e1db7e448284fea82940c3dd1e02739"
    case .databaseMade: "39f75a054b3f4d4bb1cfa123e8d2a034"
    case .restoreEnded: "769122a0af5148fe82b16e8dae65c25e"
    case .notReserved: "9ceaa7a01d2e4002a1aa74d9d03e86b3"
    case .questionFailed: "11003147ce7c427db3c6288574e28167"
    case .notPermitted: "0a6bfe78af104fcb894b34a44ed8f0f4"
    case .called: "6ddbf14a880a4cf3a72b6764f7891f9b"
    case .connected: "4fcdd6f2fc2340f0afe245fe90dfaad9"
    case .disconnected: "d30ad3e4a8ab4c3d93785ca7f6f56e7b"
    }
  }
}

/// What a record of the journal may have besides its text; the names begin with TOKEND_ there.
package enum LogField: String, CaseIterable, Sendable {
  /// How many connections were taken over, or handed over.
  case connections = "TOKEND_CONNECTIONS"
  /// How many tokens the index has.
  case tokens = "TOKEND_TOKENS"
  /// The number of a worker, from zero.
  case worker = "TOKEND_WORKER"
  /// The user at the other end.
  case uid = "TOKEND_UID"
  /// The process at the other end, when it connected.
  case pid = "TOKEND_PID"
  /// The socket that a connection came through, validate or admin.
  case socket = "TOKEND_SOCKET"
  /// What was asked for, as service/method.
  case method = "TOKEND_METHOD"
  /// The code of a refusal, as docs/errors.md lists them; OK if there is none.
  case code = "TOKEND_CODE"
  /// How much is logged from here on.
  case logLevel = "TOKEND_LOG_LEVEL"
  /// Settings that have changed and take effect at the next start.
  case awaitingRestart = "TOKEND_AWAITING_RESTART"
}
