// What the journal's thread has met of a database that is not as it should be.

internal import Store

/// What was found wrong with the database since the start. It does not heal: only a start finds out whether it is well again.
struct DatabaseTrouble {
  private(set) var found: JournalCounters.Trouble = []
  private var told: ContinuousClock.Instant?

  /// Takes note of an error if it is one of these, and says so, at most once in `Limits.damageReminder`.
  mutating func note(_ error: SQLiteError) {
    guard error.isCorrupt else { return }
    if error.isReadFault {
      note(
        .databaseUnreadable, as: .databaseUnreadable,
        "the disk fails to read the database, and not everything can be done any more: \(error); see to the disk, and start "
          + "once more before you restore a backup")
    } else {
      noteDamage("\(error)")
    }
  }

  mutating func noteDamage(_ why: String) {
    note(
      .databaseDamaged, as: .databaseDamaged,
      "the database is damaged, and not everything can be done any more: \(why); restore a backup")
  }

  private mutating func note(_ trouble: JournalCounters.Trouble, as event: LogEvent, _ text: String) {
    let isNew = found.insert(trouble).inserted
    if let told, !isNew, .now - told < Limits.damageReminder { return }
    told = .now
    Log.write(event, text)
  }
}
