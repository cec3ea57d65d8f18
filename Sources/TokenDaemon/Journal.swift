// The writer thread. Law: durable, then visible, then answered.

internal import Index
internal import Linux
internal import Store
internal import Tokens
internal import Wire

/// Owns the store and the index's writer. It takes what has gathered in its mailbox, makes all the changes in one
/// transaction, or as many as it comes to in `Limits.journalSlice`, commits, applies them to the index, and only then
/// posts the outcomes. Questions are answered a few at a time in between, so that changes never wait for many of them.
/// Runs on one thread.
struct Journal: ~Copyable {
  private let store: TokenStore
  private let index: LiveIndex
  private let mailbox: Mailbox<Entry>
  private let clock: @Sendable () -> Instant
  private let operators: [String]
  private let denials: DenialRing
  private var reserve: DiskReserve
  private let backups: BackupDesk
  private var usage: UsageSweep
  private let counters: JournalCounters
  private let stop: StopOrder
  /// Taken out of the mailbox and not yet begun.
  private var changes: ArraySlice<Entry> = []
  /// In a transaction that has not ended.
  private var begun: [Entry] = []
  /// Taken out of the mailbox and not yet answered.
  private var questions: ArraySlice<Entry> = []
  private var trouble = DatabaseTrouble()

  /// Why the journal, and with it the daemon, stopped.
  struct Failure: Error {
    let why: String
  }

  init(
    store: TokenStore, index: LiveIndex, mailbox: Mailbox<Entry>, operators: [String], denials: DenialRing,
    reserve: consuming DiskReserve, backups: BackupDesk, usage: consuming UsageSweep, counters: JournalCounters,
    stop: StopOrder, clock: @escaping @Sendable () -> Instant
  ) {
    self.store = store
    self.index = index
    self.mailbox = mailbox
    self.clock = clock
    self.operators = operators
    self.denials = denials
    self.reserve = reserve
    self.backups = backups
    self.usage = usage
    self.counters = counters
    self.stop = stop
    store.index = index
    tellOfTrouble()
  }

  private func tellOfTrouble() {
    counters.trouble = trouble.found.union(reserve.isDiskFull ? .diskFull : [])
  }

  private var isIdle: Bool { changes.isEmpty && questions.isEmpty }

  /// Works until the mailbox is closed and empty, or until the disk fails. Whatever was let in is answered.
  mutating func run(post: ([Receipt]) -> Void) throws(Failure) {
    do throws(Failure) {
      while !mailbox.isClosedAndEmpty || !isIdle {
        guard try !step(post: post) else { continue }
        let due = [usage.due, backups.due, reserve.due].compactMap { $0 }.min()
        do throws(Errno) { try mailbox.wakeup.wait(due.map { $0 - .now }) } catch {
          throw Failure(why: error.description)
        }
      }
      backups.end()
      try writeLastUses()
      // If that can't be done, the log stays, and the next start reads it.
      try? store.finish()
    } catch {
      giveUp(post: post)
      throw error
    }
  }

  /// Does what there is to do, up to the end of a transaction, and does not wait for more.
  /// - Returns: whether there was anything; then there may be more.
  mutating func step(post: ([Receipt]) -> Void) throws(Failure) -> Bool {
    let refused = sort(mailbox.take(most: Limits.journalBatch - changes.count))
    if !refused.isEmpty { post(refused) }
    if let damage = backups.work() {
      trouble.noteDamage("a copy of it \(damage.finding)")
      tellOfTrouble()
    }
    let hadWork = !isIdle
    if hadWork { try work(post: post) }
    if let due = reserve.due, due <= .now {
      reserve.look()
      tellOfTrouble()
    }
    if usage.due <= .now {
      try writeUses()
      return true
    }
    return hadWork || backups.hasWork
  }

  /// Answers whoever waits, after a failure: nothing is done any more.
  mutating func giveUp(post: ([Receipt]) -> Void) {
    mailbox.close()
    let now = clock()
    post(begun.map { conclude($0, .unknown, at: now) })
    post(refuse(changes + questions + mailbox.take(most: .max), .stopping))
    (begun, changes, questions) = ([], [], [])
  }

  /// Writes down all uses that workers have left, and says so if some stay unwritten.
  private mutating func writeLastUses() throws(Failure) {
    let end = ContinuousClock.now + stop.lastUses
    usage.restart()
    if reserve.isDiskFull { reserve.look() }
    var isOver = false
    while !isOver, try writeUses() { isOver = .now >= end }
    tellOfUsesLeftOut()
    guard usage.hasPending else { return }
    let why =
      reserve.isDiskFull
      ? "the disk is full" : isOver ? "there was too much of it to write at the end" : "it could not be written"
    Log.write(.usesUnwritten, "some of what tokens were used for was left out, as \(why)")
  }

  private mutating func tellOfUsesLeftOut() {
    let count = usage.takeLeftOut()
    guard count > 0 else { return }
    Log.write(.usesUnwritten, "uses left out, as the database is damaged: \(count)")
  }

  /// Writes down some uses.
  /// - Returns: whether there were any and that could be done; if not, it is tried again later.
  @discardableResult
  private mutating func writeUses() throws(Failure) -> Bool {
    // What is left of a full disk is for those who take rights away.
    guard !reserve.isDiskFull else {
      usage.failed()
      return false
    }
    let uses = usage.next()
    guard !uses.isEmpty else {
      tellOfUsesLeftOut()
      return false
    }
    let begin = ContinuousClock.now
    var leftOut = 0
    // Where it stands among them.
    var current: Int?
    do throws(SQLiteError) {
      try store.begin()
      for (index, use) in uses.enumerated() {
        current = index
        if let damage = try store.noteUse(
          ofToken: use.ordinal, at: use.at, places: use.places, beyond: use.beyond)
        {
          noteTrouble(damage)
          leftOut += 1
        }
        letWorkersRun()
      }
      current = nil
      try store.commit()
      usage.written(uses.count, leavingOut: leftOut, in: .now - begin)
      return true
    } catch {
      do throws(SQLiteError) {
        guard error.leavesNothing else { throw error }
        try store.rollBack()
      } catch {
        throw Failure(why: "what tokens were used for could not be written (\(error)): stopping")
      }
      if error.isFull { noteFull() }
      noteTrouble(error)
      // The other tokens' uses are not to be lost with it.
      if let current, error.isCorrupt, !error.isReadFault {
        usage.drop(at: current, after: .now - begin)
        return true
      }
      Log.write(.usesUnwritten, "what tokens were used for could not be written: \(error)")
      usage.failed()
      return false
    }
  }

  /// Puts changes and questions apart.
  /// - Returns: refusals of those that are too many.
  private mutating func sort(_ entries: [Entry]) -> [Receipt] {
    var refused: [Entry] = []
    for entry in entries {
      if Self.isChange(entry.operation) {
        changes.append(entry)
      } else if questions.count < Limits.journalEntries {
        questions.append(entry)
      } else {
        refused.append(entry)
      }
    }
    return refuse(refused, .overloaded)
  }

  /// Begins what waits, and posts what came of it. What has not been begun when a stop presses is refused: nothing has been done.
  private mutating func work(post: ([Receipt]) -> Void) throws(Failure) {
    if stop.isPressing {
      post(refuse(changes + questions, .stopping))
      (changes, questions) = ([], [])
      return
    }
    let now = clock()
    if !changes.isEmpty { try change(at: now, post: post) }
    var receipts: [Receipt] = []
    for entry in questions.prefix(Limits.journalQuestions) {
      receipts.append(conclude(entry, entry.isLate ? .refused(.deadlinePassed) : answer(entry, at: now), at: now))
      letWorkersRun()
    }
    questions = questions.dropFirst(Limits.journalQuestions)
    if !receipts.isEmpty { post(receipts) }
  }

  private static func isChange<Verb: Operation>(_ operation: Verb) -> Bool { Verb.method.isChange }
  private static func isUrgent<Verb: Operation>(_ operation: Verb) -> Bool { Verb.isUrgent }

  /// Carries out changes that wait, and posts what came of them. If the disk is full, those that take rights away are
  /// carried out all the same, as long as what is held back for them lasts.
  private mutating func change(at now: Instant, post: ([Receipt]) -> Void) throws(Failure) {
    if reserve.isWhole, let receipts = try transact(at: now) { return post(receipts) }
    noteFull()
    post(refuse(changes.filter { !Self.isUrgent($0.operation) }, .diskFull))
    changes.removeAll { !Self.isUrgent($0.operation) }
    guard !changes.isEmpty else { return }
    var done: [Receipt]?
    repeat {
      // What the log takes is used again each time: it would grow into what is given up for the database. If that can't be
      // done, the log still has all, and what is wrong with the disk shows in the change itself.
      try? store.reuseLog()
      done = try transact(at: now)
    } while done == nil && reserve.release()
    if let done { return post(done) }
    post(refuse(changes, .nothingHeldBack))
    changes = []
  }

  private mutating func noteFull() {
    reserve.noteFull()
    tellOfTrouble()
  }

  private func refuse(_ entries: some Sequence<Entry>, _ refusal: Refusal) -> [Receipt] {
    let now = clock()
    return entries.map { conclude($0, .refused(refusal), at: now) }
  }

  /// The answer to an entry, which is counted once that is certain, and remembered if it was refused for want of rights.
  private func conclude(_ entry: Entry, _ outcome: Outcome, at now: Instant) -> Receipt {
    note(entry.operation, outcome, entry.caller, at: now)
    return Receipt(origin: entry.origin, outcome: outcome)
  }

  /// Carries out changes that wait in one transaction: one at least, and no further one when its time is over, so that
  /// nobody waits for all that others have asked.
  /// - Returns: nil if the disk is full: nothing has been done then, and all still wait.
  /// - Throws: if it is not known whether those that were begun are on the disk, or they could not be made visible.
  ///   Nobody may be told either way then.
  private mutating func transact(at now: Instant) throws(Failure) -> [Receipt]? {
    var outcomes: [Outcome] = []
    var effects: [LiveIndex.Change] = []
    var isCommitting = false
    let begin = System.monotonicNanoseconds()
    let end = ContinuousClock.now + Limits.journalSlice
    do throws(SQLiteError) {
      try store.begin()
      repeat {
        guard let entry = changes.popFirst() else { break }
        begun.append(entry)
        guard !entry.isLate else {
          outcomes.append(.refused(.deadlinePassed))
          continue
        }
        let work = work(of: entry, at: now)
        outcomes.append(try outcome(entry.operation, work))
        effects += work.changes
        letWorkersRun()
        // On a damaged database what is done is not begun again and again, because of what others ask.
      } while trouble.found.isEmpty && ContinuousClock.now < end
      isCommitting = true
      try store.commit()
      counters.commits.note(System.monotonicNanoseconds() - begin)
    } catch {
      // If it is known that nothing has been written, the daemon goes on giving verdicts.
      do throws(SQLiteError) {
        guard error.leavesNothing else { throw error }
        try store.rollBack()
      } catch {
        throw Failure(
          why: "a change could not be written (\(error)): stopping, so that a restart reads what the disk has")
      }
      defer { begun = [] }
      if error.isFull {
        changes = begun + changes
        return nil
      }
      noteTrouble(error)
      // What a change has met may be in its way alone: the others, revocations perhaps, are begun anew.
      let isAlone = !isCommitting && !begun.isEmpty
      let all = begun + changes
      let refused = isAlone ? begun.count - 1..<begun.count : 0..<(isCommitting ? begun.count : all.count)
      changes = all[..<refused.lowerBound] + all[refused.upperBound...]
      return refuse(all[refused], Self.refusal(of: error))
    }
    do throws(IndexWriter.Failure) {
      try index.apply(effects, from: store)
    } catch {
      throw Failure(
        why: "a change is on the disk, but not in the index (\(error)): stopping, so that a restart makes room for it")
    }
    let receipts = zip(begun, outcomes).map { conclude($0, $1, at: now) }
    begun = []
    counters.tokens = index.tokens
    counters.noteTransaction()
    letWorkersRun()
    return receipts
  }

  private mutating func noteTrouble(_ error: SQLiteError) {
    trouble.note(error)
    tellOfTrouble()
  }

  /// Called after each change, commit, answer and use. A worker that wakes has the journal's processor at once, by its
  /// rank; one that has lost it to the journal waits for one such piece, not for a whole transaction.
  private func letWorkersRun() { Linux.Thread.yield() }

  private mutating func answer(_ entry: Entry, at now: Instant) -> Outcome {
    do throws(SQLiteError) {
      return try outcome(entry.operation, work(of: entry, at: now))
    } catch {
      if error.isCorrupt {
        noteTrouble(error)
      } else {
        Log.write(.questionFailed, "a question could not be read from the store: \(error)")
      }
      return .refused(Self.refusal(of: error))
    }
  }

  private static func refusal(of error: SQLiteError) -> Refusal {
    error.isCorrupt && !error.isReadFault ? .storeDamaged : .storeUnreadable
  }

  private func work(of entry: Entry, at now: Instant) -> Work {
    Work(
      store: store, index: index, now: now, caller: entry.caller, operators: operators, denials: denials,
      backups: backups)
  }

  private func outcome(_ operation: some Operation, _ work: Work) throws(SQLiteError) -> Outcome {
    if let refusal = try work.refusal(of: operation.demand) { return .refused(refusal) }
    switch try operation.run(work) {
    case .success(let reply): return .reply(reply.encoded(), bearsSecret: !work.withholdsSecret)
    case .failure(let refusal): return .refused(refusal)
    }
  }

  /// Counts a call, and says so to whoever wants to know everything. What was refused for want of rights is remembered.
  private func note<Verb: Operation>(_ operation: Verb, _ outcome: Outcome, _ caller: Caller, at now: Instant) {
    let code = outcome.code
    let method = Verb.method.path
    counters.note(JournalCounters.Call(service: Verb.method.service, method: Verb.method.name, code: code))
    if case .refused(let refusal) = outcome, refusal.kind == .notPermitted {
      denials.note(Denial(at: now, caller: caller, method: method, code: code, message: refusal.message))
    }
    guard Log.tells(.called) else { return }
    Log.write(
      .called, "\(caller.name) called \(method): \(code)",
      [.uid: "\(caller.uid)", .method: method, .code: code])
  }
}

extension Refusal {
  static let nothingHeldBack = Refusal(
    .exhausted, "DISK_FULL", "",
    "the disk is full, and no space is held back for revocations: nothing was changed; free some space in the state directory's file system"
  )
  static let deadlinePassed = Refusal(
    .deadline, "DEADLINE_PASSED", "", "the call's deadline passed before it was begun: nothing was changed")
  static let overloaded = Refusal(
    .unavailable, "OVERLOADED", "", "too many calls wait for the journal: nothing was done; try again")
  static let stopping = Refusal(
    .unavailable, "STOPPING", "", "tokend is stopping: nothing was done; try again when it has restarted")
  static let storeUnreadable = Refusal(
    .unavailable, "STORE_UNREADABLE", "",
    "the database could not be read: nothing was changed; an administrator must see to the disk, and to the daemon's log"
  )
  static let storeDamaged = Refusal(
    .unavailable, "STORE_DAMAGED", "",
    "the database is damaged: nothing was changed; an administrator must restore a backup")
  static let diskFull = Refusal(
    .exhausted, "DISK_FULL", "",
    "the disk is full: nothing was changed; free some space in the state directory's file system (revocations are tried all the same)"
  )
}
