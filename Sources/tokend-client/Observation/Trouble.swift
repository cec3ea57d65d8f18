// Why changes fail, in words.

import Wire

extension GetStatusResponse {
  /// What keeps changes from being written, and what to do about each; nil if all are.
  var trouble: String? {
    guard changesFail else { return nil }
    var reasons: [String] = []
    if databaseDamaged { reasons.append("the database is damaged: what meets the damage is refused; restore a backup") }
    if databaseUnreadable {
      reasons.append(
        "the disk fails to read the database: see to it, and start tokend once more before you restore a backup")
    }
    if diskFull { reasons.append("the disk is full: little else than revoking and disabling is done; make room") }
    // One from before this could be told.
    return reasons.isEmpty ? "not all can be written: see the daemon's log" : reasons.joined(separator: "; ")
  }
}
