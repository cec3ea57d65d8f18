// Every bound on what a peer can make grow, and what is answered there.

internal import Tokens

/// The daemon's bounds. Those of the wire's own are in `FrameHeader` and `ValidateRequest`.
package enum Limits {
  /// Connections of one worker through one entrance, if there are descriptors for them; above it, a new one is closed at
  /// once.
  static let connections = 16_384
  /// How long a worker without descriptors leaves new connections waiting in the kernel's queue before it tries again.
  static let acceptPauseMilliseconds: Int32 = 100
  // A user has at most half of what follows, and always less than others leave (`PeerAccounts`): connections, what frames
  // and replies take, and entries of the journal.

  /// What half-read frames may take for each worker, above the few KiB that each connection has; above it, status 8.
  static let inputBytes = 64 << 20
  /// What replies may take that peers do not read, for each worker; above it, a connection of the user is read from only
  /// while less than `outBufferLeast` waits for it.
  static let outputBytes = 64 << 20
  static let outBufferLeast = 16 << 10
  /// How long a user is served, about, before another has a turn, and what is received of a connection meanwhile.
  static let turnNanoseconds: UInt64 = 25_000
  static let turnBytes = 2 << 10
  /// After so many frames of one connection, other than single verdicts, which cost a fifth of a refusal, its turn is over.
  /// (Behind a call for the journal, which moves the rest into the connection's own buffer, it counts anew.)
  static let turnCalls = 8
  /// Connections that are accepted between two turns: alone, and while several users are served.
  static let acceptedAlone = 16
  static let acceptedBeside = 1
  /// Calls of one connection that wait for the journal; above it, status 8.
  static let callsInFlight = 32
  /// Reply bytes that wait for a peer to read; above it, nothing more is read from that peer.
  static let outBufferHigh = 1 << 20
  /// Reply bytes below which reading goes on.
  static let outBufferLow = 256 << 10
  /// Entries that wait for the journal, of all peers; above it, status 14.
  static let journalEntries = 4096
  /// Entries of one transaction.
  static let journalBatch = 512
  /// Bytes of the disk that are held back for changes that take rights away, and how many of them are given at a time.
  static let reserveBytes: Int64 = 8 << 20
  static let reserveShare: Int64 = 1 << 20
  /// How long a full disk is left before it is looked at again, and how often it is said at most.
  static let fullDiskLook: Duration = .seconds(2)
  static let fullDiskReminder: Duration = .seconds(60)
  /// How often it is said at most that the database is damaged.
  static let damageReminder: Duration = .seconds(60)
  /// By how many steps of nice(1) the journal gives way to workers: enough for a worker that wakes to run at once, and for
  /// the journal to keep a tenth of a processor that workers want all of.
  static let journalNiceness: Int32 = 10
  /// The same for the check of a copy, beside the journal's: nothing waits for it.
  static let checkNiceness: Int32 = 9
  /// How long journal and workers run before the scheduler asks whether another of them has waited longer: the least that
  /// sched_setattr(2) takes. If the workers' were longer, the journal's would be the more pressing whenever it wakes.
  static let threadSlice: Duration = .microseconds(100)
  /// How long changes are begun in one transaction.
  static let journalSlice: Duration = .milliseconds(50)
  /// Questions that are answered between two transactions.
  static let journalQuestions = 4
  /// Requests of one ValidateBatch; above it, status 3.
  static let batchRequests = 1024
  /// Items of one page; more are not given.
  static let pageSize = 500
  /// Bytes after which a page ends early.
  static let pageBytes = 256 << 10
  static let defaultPageSize = 100
  /// Tokens of one bulk revocation; above it, status 3 or 8.
  static let bulkTokens = 10_000
  /// Secrets and digests of one leak check; above it, status 3.
  static let leakItems = 1000
  /// Items of one import; above it, status 3.
  static let importItems = 500
  /// Grants that there may be; above it, status 8. All are kept in memory.
  static let grants = 10_000
  /// Scopes of one registration; above it, status 3.
  static let registeredScopes = ScopeSet.capacity
  /// Events of the trail that are looked at for one call.
  static let scannedEvents = 10_000
  /// Refusals that are remembered, and how many of one second.
  static let denials = 1000
  static let denialsPerSecond = 20
  /// Uses that are written in one transaction, or a few more.
  static let usesWritten = 1000
  /// How long a stopping daemon writes uses.
  static let lastUses: Duration = .seconds(30)
  /// The same, if its connections wait for the next one.
  static let lastUsesOfHandover: Duration = .milliseconds(500)
  /// How long the journal still begins what it has been asked, in a daemon that hands its connections over.
  static let lastCalls: Duration = .milliseconds(500)
  /// How long a rotated token may stay valid.
  static let rotationGraceSeconds: Int64 = 365 * 86_400
  /// How long a revoked token's verdict says REVOKED; from the first start after that it says UNKNOWN.
  static let revokedTokenSeconds: Int64 = 30 * 86_400
  /// What was read of connections that are handed over to the next daemon, of all of them; above it, some are closed.
  static let handoverBytes = 256 << 20
  /// How long a stopping daemon that hands nothing over waits for replies to be taken.
  static let drain: Duration = .seconds(5)
  /// How long one that hands its connections over waits for the journal's answers to them.
  static let lastReceipts: Duration = .seconds(5)

  /// How old a status may be that is told again, as long as nothing was changed since.
  static let statusNanoseconds: UInt64 = 20_000_000

  /// How often a worker tells at most that it has turned peers away.
  static let fullLogInterval: Duration = .seconds(10)
  /// Bytes of a configuration file, files beside it in conf.d, and problems with them that are listed.
  static let configurationBytes = 1 << 20
  static let configurationFiles = 100
  static let configurationProblems = 1000
  /// Seconds between two writings of what tokens were used for.
  package static let usageInterval = 1...3600
  /// How long a worker may poll after an event before it sleeps. Being woken takes less than the upper bound.
  package static let busyPollMicroseconds = 0...1000
  /// Workers that may be asked for.
  package static let workers = 1...64
}
