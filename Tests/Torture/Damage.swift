// Files that are not what was written: bits that flip, ends that are missing, files that are gone or another's.

import Harness
import FaultyDisk
import Linux
import Seeded
import Store
import Tokens

enum Damage {
  private enum Kind: CaseIterable { case flipDatabase, cutDatabase, flipLog, cutLog, loseLog }

  /// Damages what a daemon has left, and opens it as a daemon does. It must refuse, or give everything; of a log that is
  /// damaged, everything up to some transaction, as SQLite takes what follows for what a power cut left. SQLite does not see
  /// each bit that flips in a page: a token may become unknown, and none may become valid.
  static func run(_ count: Int, seed: UInt64) throws -> Outcome {
    var outcome = Outcome("damage: files are damaged", seed: seed)
    var random = SeededRandom(seed: seed)
    guard faulty_disk_install() == 0 else { throw Disk.Failure(why: "the file system could not be registered") }
    faulty_disk_set_honest(1)
    try Disk.lay()
    var (refused, shortened, poorer) = (0, 0, 0)
    while outcome.faults < count {
      let kind = Kind.allCases[random.below(Kind.allCases.count)]
      faulty_disk_recall()
      var script = Script(seed: random.next())
      try leave(&script, closed: kind == .flipDatabase || kind == .cutDatabase)
      // A log that has just been moved into the database is empty: another script then.
      guard let what = damage(kind, &random) else { continue }
      outcome.runs += 1
      outcome.faults += 1
      outcome.acknowledged += script.acknowledged
      let isLog = kind != .flipDatabase && kind != .cutDatabase
      switch script.survival(in: Disk.path) {
      case .refused: refused += 1
      case .exact: break
      case .prefix where isLog: shortened += 1
      case .prefix: outcome.add(["the last changes are missing"], in: what)
      case .poorer where isLog: outcome.add(["tokens are altered"], in: what)
      case .poorer: poorer += 1
      case .richer(let why): outcome.add([why], in: what)
      }
    }
    outcome.remark =
      "\(poorer) made a token unknown, refused \(refused), lost the end of the log \(shortened), all others exact"
    return outcome
  }

  /// Plays the script, and leaves files as a daemon that ended in order does, or one that was killed.
  private static func leave(_ script: inout Script, closed: Bool) throws {
    let store = try TokenStore(path: Disk.path, vfs: "faulty")
    script.play(on: store)
    if closed { try store.finish() } else { faulty_disk_die() }
    withExtendedLifetime(store) {}
  }

  private static func damage(_ kind: Kind, _ random: inout SeededRandom) -> String? {
    faulty_disk_restart()
    let name = kind == .flipDatabase || kind == .cutDatabase ? "tokend.db" : "tokend.db-wal"
    let size = Int(unsafe faulty_disk_size(name))
    guard size > 0 else { return nil }
    switch kind {
    case .flipDatabase, .flipLog:
      let (byte, bit) = (random.below(size), random.below(8))
      unsafe faulty_disk_flip(name, Int64(byte), Int32(bit))
      return "bit \(bit) of byte \(byte) of \(name)"
    case .cutDatabase, .cutLog:
      let left = random.below(size)
      unsafe faulty_disk_cut(name, Int64(left))
      return "\(name) cut to \(left) bytes"
    case .loseLog:
      unsafe faulty_disk_remove(name)
      return "\(name) is gone"
    }
  }
}
