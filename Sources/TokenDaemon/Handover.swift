// Connections on their way from a daemon that stops to the one that is started next, by way of systemd.

private import Glibc
internal import Linux
private import Synchronization
private import Tokens

/// Gathers the connections of workers that end, and has systemd keep them (its FD store, sd_pid_notify_with_fds(3)): not
/// one by one, as systemd compares each with all that it has, but in the queue of one socket, and beside it a file in
/// memory with what was held of them.
///
/// Nothing is kept before the daemon stops: what a daemon that crashed had read of a connection is lost, and what came
/// next would be read in the middle of a frame. Its peers see at once that it has gone.
final class Handover: Sendable {
  /// What the two are called in systemd's store. The number is that of their form: a daemon of another version leaves
  /// what it does not know alone, and has it closed.
  private static let (connections, records) = ("connections-1", "state-1")

  /// What is noted of each connection.
  private static let isAdministration: UInt8 = 1
  private static let isUnfinished: UInt8 = 2

  /// The most connections that are added at a time.
  static let most = DescriptorCarrier.most

  private struct Held: ~Copyable {
    let carrier: DescriptorCarrier
    let file: Descriptor
    var bytes = 0
    var count = 0
    var lost = 0
    var reason = "there was too much to put by"
  }

  /// A connection that is to go. Its descriptor stays the caller's.
  struct Leaving {
    let descriptor: Int32
    let entrance: Entrance
    let unfinished: Unfinished?
  }

  private let held: Mutex<Held>

  init() throws(Errno) {
    held = Mutex(Held(carrier: try DescriptorCarrier(), file: try MemoryFile.make()))
  }

  /// Adds at most `most` connections, whose descriptors may be closed afterwards. Any worker's thread calls it.
  func add(_ leaving: [Leaving]) {
    held.withLock { held in
      // One whose bytes have no room is closed: its peer asks anew.
      var room = Limits.handoverBytes - held.bytes
      let going = leaving.filter { line in
        guard let bytes = line.unfinished?.recordBytes else { return true }
        guard bytes <= room else { return false }
        room -= bytes
        return true
      }
      held.lost += leaving.count - going.count
      guard !going.isEmpty else { return }
      // Both under the lock, so that the records are in the order of the connections.
      do throws(Errno) {
        try held.carrier.send(
          going.map(\.descriptor),
          notes: going.map { line in
            (line.entrance == .administration ? Self.isAdministration : 0)
              | (line.unfinished == nil ? 0 : Self.isUnfinished)
          })
      } catch {
        // None of this message is on its way: neither are its records.
        held.lost += going.count
        held.reason = "\(error)"
        return
      }
      held.count += going.count
      do throws(Errno) {
        for case let unfinished? in going.map(\.unfinished) {
          var bytes: [UInt8] = []
          bytes.reserveCapacity(unfinished.recordBytes)
          defer { wipe(&bytes) }
          unfinished.append(to: &bytes)
          try MemoryFile.append(bytes.span, to: held.file, at: held.bytes)
          held.bytes += bytes.count
        }
      } catch {
        // Those without a record are closed by whoever takes them over; the records of others may not come in their place.
        held.bytes = .max
        Log.write(.connectionFailed, "half-read requests were not handed over: \(error)")
      }
    }
  }

  /// Has systemd keep all that was added. The process is to end then.
  /// - Returns: how many they are.
  func give() -> Int {
    held.withLock { held in
      if held.lost > 0 {
        Log.write(
          .connectionFailed, "\(held.lost) connections were not handed over, and are closed: \(held.reason)",
          [.connections: "\(held.lost)"])
      }
      guard held.count > 0 else { return 0 }
      let isKept =
        Notifier.keep(held.file.fd, as: Self.records) && Notifier.keep(held.carrier.far.fd, as: Self.connections)
      if !isKept { Log.write(.connectionFailed, "connections were not handed over: systemd could not be told") }
      Notifier.settle()
      return isKept ? held.count : 0
    }
  }

  /// The connections among the descriptors that systemd has passed in. From here on they are this process's alone.
  /// - Parameter room: how many connections the process may have; what is beyond them is closed.
  static func take(_ passed: [(name: String, fd: Int32)], room: Int) -> [Newcomer] {
    var newcomers: [Newcomer] = []
    var carriers: [Int32] = []
    var unfinished: ArraySlice<Unfinished> = []
    for (name, fd) in passed where name.hasPrefix("connections-") || name.hasPrefix("state-") {
      Notifier.forget(name)
      switch name {
      case connections: carriers.append(fd)
      case records: unfinished += heldBytes(in: Descriptor(owning: fd))
      default:
        _ = Descriptor(owning: fd)
        Log.write(.connectionFailed, "connections that another version has put by as \(name) are closed")
      }
    }
    var (unread, beyond) = (0, 0)
    for fd in carriers {
      let carrier = Descriptor(owning: fd)
      do throws(Errno) {
        while case let count = try DescriptorCarrier.waiting(in: carrier), count > 0 {
          guard newcomers.count + count <= room else {
            // What follows is others': whose records are next is not known without these.
            unfinished = []
            beyond += try DescriptorCarrier.discard(from: carrier)
            continue
          }
          for (fd, note) in try DescriptorCarrier.receive(from: carrier) ?? [] {
            let descriptor = Descriptor(owning: fd)
            let entrance: Entrance = note & isAdministration == 0 ? .validation : .administration
            guard note & isUnfinished != 0 else {
              newcomers.append(Newcomer(descriptor, through: entrance))
              continue
            }
            // Without what was held of it, the next bytes would be read in the middle of a frame.
            if let rest = unfinished.popFirst() {
              newcomers.append(Newcomer(descriptor, through: entrance, unfinished: rest))
            } else {
              unread += 1
            }
          }
        }
      } catch {
        // Which record belongs to whom is not known any more.
        unfinished = []
        Log.write(.connectionFailed, "connections were not taken over, and are closed: \(error)")
      }
    }
    for (count, why) in [
      (unread, "what had been read of them is missing"),
      (beyond, "the process may have too few descriptors (LimitNOFILE=)"),
    ] where count > 0 {
      Log.write(
        .connectionFailed, "\(count) connections were not taken over, and are closed: \(why)",
        [.connections: "\(count)"])
    }
    return newcomers
  }

  private static func heldBytes(in file: consuming Descriptor) -> [Unfinished] {
    do throws(Errno) {
      var bytes = try MemoryFile.take(file, most: Limits.handoverBytes)
      defer { wipe(&bytes) }
      guard let found = Unfinished.records(in: bytes.span) else { throw Errno(EBADMSG, in: "read") }
      return found
    } catch {
      Log.write(.connectionFailed, "half-read requests were not taken over, and their connections are closed: \(error)")
      return []
    }
  }
}
