// A log whose last sync has failed, on a disk that forgets what it could not write.

import FaultyDisk
import Store
import Testing
import Tokens

@Suite(.serialized) struct FailedSyncTests {
  private static let path = "/failed-sync.db"

  private func add(_ tenant: String, to store: TokenStore) throws {
    try store.begin()
    _ = try store.add(TenantName(stored: "acme", tenant), actor: "uid:0", at: StoreOnDisk.now).get()
    try store.commit()
  }

  private func open() throws -> TokenStore { try TokenStore(path: Self.path, vfs: "faulty") }

  /// What the power leaves is drawn, from nothing to all of what was not synced.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func `what another process builds on it is there after the power went, and so is what that one saw`(chance: UInt64)
    throws
  {
    _ = faulty_disk_install()
    faulty_disk_wipe()
    var store: TokenStore? = try open()
    try add("first", to: #require(store))
    // A commit without a fault tells how many operations it has: the last is its sync.
    faulty_disk_arm(.max, FAULTY_DISK_ERROR)
    try add("second", to: #require(store))
    let sync = faulty_disk_operations() - 1
    faulty_disk_arm(sync, FAULTY_DISK_ERROR)
    let struck = faulty_disk_struck()
    #expect(throws: SQLiteError.self) { try add("unknown", to: #require(store)) }
    #expect(faulty_disk_struck() == struck + 1)
    // The process ends, as the daemon does; the machine runs on.
    faulty_disk_die()
    store = nil
    faulty_disk_restart()
    store = try open()
    let seen = try #require(store).tenants().values.map(\.tenant).sorted()
    try add("later", to: #require(store))
    faulty_disk_die()
    store = nil
    faulty_disk_lose_power(chance)
    let left = try open().tenants().values.map(\.tenant).sorted()
    #expect(left == (seen + ["later"]).sorted())
    #expect(left.contains("first") && left.contains("second"))
  }
}
