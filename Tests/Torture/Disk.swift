// Every operation of the disk fails once, or is the last before the power goes.

import Harness
import FaultyDisk
import Linux
import Seeded
import Store
import Tokens

/// The store on a disk in memory, behind SQLite's own interface for file systems.
enum Disk {
  static let path = "/tokend.db"

  /// What is done to the disk, and what is left of it.
  enum Fault: CaseIterable {
    /// The power goes.
    case powerCut
    /// An operation fails, and the process ends, as the daemon does.
    case error
    /// An operation fails, and then the power goes.
    case errorAndPowerCut
    /// An operation fails, another process goes on with what it finds, and then the power goes.
    case errorAndPowerCutLater
    /// A sync fails, one of another process's start does, and then the power goes.
    case failedSyncs
    /// A write has written half when it fails.
    case shortWrite
    /// From here on nothing can grow.
    case full
    /// A read fails.
    case readError

    var injected: faulty_disk_fault {
      switch self {
      case .powerCut: FAULTY_DISK_DEATH
      case .error, .errorAndPowerCut, .errorAndPowerCutLater: FAULTY_DISK_ERROR
      case .failedSyncs: FAULTY_DISK_SYNC_ERROR
      case .shortWrite: FAULTY_DISK_SHORT_WRITE
      case .full: FAULTY_DISK_FULL
      case .readError: FAULTY_DISK_READ_ERROR
      }
    }

    var losesPower: Bool {
      switch self {
      case .powerCut, .errorAndPowerCut, .errorAndPowerCutLater, .failedSyncs: true
      case .error, .shortWrite, .full, .readError: false
      }
    }
  }

  /// - Parameter points: how many operations are hit, in all.
  static func run(_ points: Int, seed: UInt64) throws -> [Outcome] {
    guard faulty_disk_install() == 0 else { throw Failure(why: "the file system could not be registered") }
    var outcome = Outcome("disk: an operation fails, or is the last", seed: seed)
    var random = SeededRandom(seed: seed)
    faulty_disk_set_honest(1)
    try lay()
    while outcome.faults < points {
      let script = random.next()
      faulty_disk_recall()
      faulty_disk_arm(.max, FAULTY_DISK_ERROR)
      _ = try play(script)
      let (operations, reads) = (faulty_disk_operations(), faulty_disk_reads())
      guard operations > 0 else { throw Failure(why: "nothing was written: the disk is not used") }
      for point in 0..<operations where outcome.faults < points {
        let fault = Fault.allCases[random.below(Fault.allCases.count)]
        try hit(
          &outcome, script, fault, at: fault == .readError ? UInt64(random.below(Int(reads))) : point,
          seed: random.next())
      }
    }
    var control = Outcome("disk: control, syncs do nothing", seed: seed, proof: "was acknowledged and is missing")
    faulty_disk_set_honest(0)
    for _ in 0..<50 {
      let script = random.next()
      try hit(&control, script, .powerCut, at: UInt64(60 + random.below(100)), seed: random.next())
    }
    faulty_disk_set_honest(1)
    return [outcome, control]
  }

  struct Failure: Error { let why: String }

  /// The database as every script finds it.
  static func lay() throws {
    faulty_disk_wipe()
    let store = try TokenStore(path: path, vfs: "faulty")
    try store.begin()
    for tenant in Script.tenants { _ = try store.add(tenant, actor: "uid:0", at: Script.now).get() }
    try store.commit()
    try store.finish()
    faulty_disk_keep()
  }

  /// Plays a script without a fault.
  private static func play(_ seed: UInt64) throws -> Script {
    var script = Script(seed: seed)
    let store = try TokenStore(path: path, vfs: "faulty")
    script.play(on: store)
    return script
  }

  private static func hit(
    _ outcome: inout Outcome, _ seed: UInt64, _ fault: Fault, at point: UInt64, seed chance: UInt64
  ) throws {
    // Whether the process closes the database, which sync of another one's start fails and what the power leaves have
    // nothing to do with each other.
    var random = SeededRandom(seed: chance)
    let (closes, failing, left) = (random.below(2) == 0, UInt64(random.below(4)), random.next())
    faulty_disk_recall()
    faulty_disk_arm(point, fault.injected)
    let struck = faulty_disk_struck()
    var script = Script(seed: seed)
    do throws(StartFailure) {
      let store = try TokenStore(path: path, vfs: "faulty")
      script.play(on: store)
      // A process may end all at once, or close the database.
      if closes { _ = consume store } else { faulty_disk_die() }
    } catch {
      // It says so and does not start; what is there stays.
    }
    faulty_disk_die()
    if fault == .errorAndPowerCutLater {
      faulty_disk_restart()
      do {
        let store = try TokenStore(path: path, vfs: "faulty")
        try script.goOn(on: store)
      } catch {
        // It says so and does not start.
      }
      faulty_disk_die()
    }
    if fault == .failedSyncs {
      faulty_disk_restart()
      faulty_disk_arm(failing, FAULTY_DISK_SYNC_ERROR)
      // Closed in order, whether or not it could be opened.
      _ = try? TokenStore(path: path, vfs: "faulty")
      faulty_disk_die()
    }
    if fault.losesPower { faulty_disk_lose_power(left) } else { faulty_disk_restart() }
    outcome.runs += 1
    if faulty_disk_struck() > struck { outcome.faults += 1 }
    outcome.acknowledged += script.acknowledged
    outcome.add(
      script.violations(in: path), in: "script \(seed), \(fault) at operation \(point), chance \(chance)")
  }
}
