// A log whose last sync has failed, on a disk that forgets what it could not write.

import FaultyDisk
import Store
import Testing
import Tokens

@Suite(.serialized) struct FailedSyncTests {
  private static let path = "/failed-sync.db"

  private func add(_ tenants: String..., to store: TokenStore) throws { try add(tenants, to: store) }

  private func add(_ tenants: [String], to store: TokenStore) throws {
    try store.begin()
    for tenant in tenants {
      _ = try store.add(TenantName(stored: "acme", tenant), actor: "uid:0", at: StoreOnDisk.now).get()
    }
    try store.commit()
  }

  private func open() throws -> TokenStore { try TokenStore(path: Self.path, vfs: "faulty") }

  /// What the power leaves is drawn, from nothing to all of what was not synced. The process ends all at once, or closes
  /// the database, as the daemon does; the machine runs on.
  @Test(arguments: 0..<20 as Range<UInt64>, [true, false])
  func `what another process builds on it is there after the power went, and so is what that one saw`(
    chance: UInt64, closes: Bool
  ) throws {
    try leaveFailedSync(closes: closes)
    var store: TokenStore? = try open()
    let seen = try #require(store).tenants().values.map(\.tenant).sorted()
    try add("later", to: #require(store))
    faulty_disk_die()
    store = nil
    faulty_disk_lose_power(chance)
    let left = try open().tenants().values.map(\.tenant).sorted()
    #expect(left == (seen + ["later"]).sorted())
    #expect(left.contains("first") && left.contains("second"))
  }

  /// The log's write, or its sync.
  @Test(arguments: 0..<20 as Range<UInt64>, [FAULTY_DISK_ERROR, FAULTY_DISK_SYNC_ERROR])
  func `a start that can't write the log again leaves what was acknowledged`(
    chance: UInt64, fault: faulty_disk_fault
  ) throws {
    try leaveFailedSync(closes: false)
    faulty_disk_arm(0, fault)
    let struck = faulty_disk_struck()
    #expect(throws: StartFailure.self) { _ = try open() }
    #expect(faulty_disk_struck() == struck + 1)
    faulty_disk_die()
    faulty_disk_lose_power(chance)
    let store = try open()
    try store.checkIntegrity()
    let left = try store.tenants().values.map(\.tenant)
    #expect(left.contains("first") && left.contains("second"))
  }

  /// A log with two tenants that are on the disk, and a third of which it isn't known.
  private func leaveFailedSync(closes: Bool) throws {
    _ = faulty_disk_install()
    faulty_disk_wipe()
    let store = try open()
    // So many that names which are far apart are on different pages: the third is on one that the log does not have.
    try add((0..<500).map { "many\($0)" }, to: store)
    try store.finish()
    try add("first", to: store)
    try add("second", to: store)
    faulty_disk_arm(0, FAULTY_DISK_SYNC_ERROR)
    let struck = faulty_disk_struck()
    #expect(throws: SQLiteError.self) { try add("many250-third", to: store) }
    #expect(faulty_disk_struck() == struck + 1)
    if !closes { faulty_disk_die() }
    _ = consume store
    faulty_disk_restart()
  }
}
