// Connections on their way from a daemon that stops to the one that is started next, by way of systemd.

private import Glibc
internal import Linux
private import Synchronization
private import Tokens

/// Gathers the connections of workers that end, and has systemd keep them (its FD store, sd_pid_notify_with_fds(3)).
/// Nothing is kept before the daemon stops: what a daemon that crashed had read of a connection is lost, and what came
/// next would be read in the middle of a frame. Its peers see at once that it has gone.
final class Handover: Sendable {
  /// What connections are called in systemd's store: by their entrance, and whether something was held of them.
  private struct Name: Hashable {
    let entrance: Entrance
    let isUnfinished: Bool

    static let all = [Entrance.validation, .administration].flatMap { entrance in
      [Name(entrance: entrance, isUnfinished: false), Name(entrance: entrance, isUnfinished: true)]
    }

    /// Short, as all names together are one variable of the next process's environment, of 128 KiB at most.
    var text: String { (entrance == .validation ? "v" : "a") + (isUnfinished ? "+" : "") }
  }

  /// What the file is called that has what was held. The number is that of the form of its records: a daemon of another
  /// version leaves them alone.
  private static let records = "state-1"

  private let held = Mutex<[Newcomer]>([])

  /// Any worker's thread calls it.
  func add(_ newcomer: Newcomer) { held.withLock { $0.append(newcomer) } }

  /// Has systemd keep all that was added. The process is to end then.
  /// - Returns: how many it was told of.
  func give() -> Int {
    var bytes: [UInt8] = []
    var descriptors: [Name: [Int32]] = [:]
    // Room for all of it, so that no copy of a secret is left behind by an array that moves.
    let newcomers = held.withLock { $0 }
    bytes.reserveCapacity(newcomers.reduce(0) { $0 + ($1.unfinished?.recordBytes ?? 0) })
    for newcomer in newcomers {
      guard let descriptor = newcomer.take() else { continue }
      if let unfinished = newcomer.unfinished {
        // One that can't be told from others, or is too much, is closed: its peer asks anew.
        guard let cookie = try? descriptor.cookie(), bytes.count + unfinished.recordBytes <= Limits.handoverBytes else {
          continue
        }
        unfinished.append(cookie: cookie, to: &bytes)
      }
      let name = Name(entrance: newcomer.entrance, isUnfinished: newcomer.unfinished != nil)
      descriptors[name, default: []].append(descriptor.release())
    }
    defer { wipe(&bytes) }
    if !bytes.isEmpty {
      do throws(Errno) {
        let file = try MemoryFile.holding(bytes.span)
        if !Notifier.keep([file.fd], as: Self.records) { throw Errno(EIO, in: "sd_notify") }
      } catch {
        Log.write(.connectionFailed, "half-read requests were not put by, and their connections are closed: \(error)")
      }
    }
    var count = 0
    for (name, all) in descriptors {
      for start in stride(from: 0, to: all.count, by: Notifier.mostDescriptors) {
        let some = Array(all[start..<min(all.count, start + Notifier.mostDescriptors)])
        if Notifier.keep(some, as: name.text) { count += some.count }
      }
    }
    Notifier.settle()
    return count
  }

  /// The connections among the descriptors that systemd has passed in. From here on they are this process's alone.
  static func take(_ passed: [(name: String, fd: Int32)]) -> [Newcomer] {
    var records: [UInt64: Unfinished] = [:]
    for (name, fd) in passed where name == Self.records {
      let file = Descriptor(owning: fd)
      do throws(Errno) {
        var bytes = try MemoryFile.take(file, most: Limits.handoverBytes)
        defer { wipe(&bytes) }
        guard let found = Unfinished.records(in: bytes.span) else { throw Errno(EBADMSG, in: "read") }
        records.merge(found) { first, _ in first }
      } catch {
        Log.write(
          .connectionFailed, "half-read requests were not taken over, and their connections are closed: \(error)")
      }
    }
    var newcomers: [Newcomer] = []
    for name in Name.all {
      for (passedName, fd) in passed where passedName == name.text {
        let descriptor = Descriptor(owning: fd)
        let unfinished = name.isUnfinished ? (try? descriptor.cookie()).flatMap { records[$0] } : nil
        // Without what was held of it, the next bytes would be read in the middle of a frame.
        if name.isUnfinished, unfinished == nil { continue }
        newcomers.append(Newcomer(descriptor, through: name.entrance, unfinished: unfinished))
      }
    }
    for name in Set(passed.map(\.name)).intersection(Name.all.map(\.text) + [Self.records]) { Notifier.forget(name) }
    return newcomers
  }
}
