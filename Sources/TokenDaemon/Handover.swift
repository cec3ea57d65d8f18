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
  private static let (connectionsName, recordsName) = ("connections-1", "state-1")

  private static let outOfOrder = "what had been read of others could not be written"

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
    /// Whether what comes next in the file is the next connection's.
    var isInOrder = true
    /// How many connections were closed instead, by what kept them.
    var lost: [String: Int] = [:]
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
        guard held.isInOrder, bytes <= room else { return false }
        room -= bytes
        return true
      }
      held.lost[held.isInOrder ? "there was too much to put by" : Self.outOfOrder, default: 0] +=
        leaving.count - going.count
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
        held.lost["\(error)", default: 0] += going.count
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
        held.isInOrder = false
        Log.write(.connectionFailed, "half-read requests were not handed over: \(error)")
      }
    }
  }

  /// Notes that connections are closed instead, and why.
  func lose(_ count: Int, because reason: String) {
    held.withLock { $0.lost[reason, default: 0] += count }
  }

  /// Has systemd keep all that was added. The process is to end then.
  /// - Returns: how many they are.
  func give() -> Int {
    held.withLock { held in
      for (reason, count) in held.lost.sorted(by: { $0.key < $1.key }) where count > 0 {
        Log.write(
          .connectionFailed, "\(count) connections were not handed over, and are closed: \(reason)",
          [.connections: "\(count)"])
      }
      guard held.count > 0 else { return 0 }
      let isKept =
        Notifier.keep(held.file.fd, as: Self.recordsName)
        && Notifier.keep(held.carrier.far.fd, as: Self.connectionsName)
      if !isKept { Log.write(.connectionFailed, "connections were not handed over: systemd could not be told") }
      Notifier.settle()
      return isKept ? held.count : 0
    }
  }

  /// The connections among the descriptors that systemd has passed in. From here on they are this process's alone.
  /// - Parameter bounds: how many connections the process may have; what is beyond them is closed.
  static func take(_ passed: [(name: String, fd: Int32)], _ bounds: ConnectionBounds) -> [Newcomer] {
    var arrived = Arrived(bounds)
    var carrier: Descriptor?
    for (name, fd) in passed where name.hasPrefix("connections-") || name.hasPrefix("state-") {
      Notifier.forget(name)
      let descriptor = Descriptor(owning: fd)
      switch name {
      case connectionsName: carrier = consume descriptor
      // Read once: it is emptied by that.
      case recordsName where arrived.unfinished.isEmpty: arrived.unfinished = heldBytes(in: descriptor)[...]
      case recordsName: break
      default: Log.write(.connectionFailed, "connections that another version has put by as \(name) are closed")
      }
    }
    if let carrier = carrier.take() { arrived.takeAll(from: carrier) }
    arrived.tellOfLost()
    return arrived.newcomers
  }

  /// What has been taken over so far.
  private struct Arrived {
    private let bounds: ConnectionBounds
    /// What was held of those that are still to come.
    var unfinished: ArraySlice<Unfinished> = []
    private(set) var newcomers: [Newcomer] = []
    private var counts: [Entrance: Int] = [:]
    private var unread = 0
    private var beyond = 0

    init(_ bounds: ConnectionBounds) { self.bounds = bounds }

    private var room: Int {
      bounds.all(through: .validation) + bounds.all(through: .administration) - newcomers.count
    }

    mutating func takeAll(from carrier: borrowing Descriptor) {
      do throws(Errno) {
        while true {
          do throws(Errno) {
            guard let (descriptors, notes) = try DescriptorCarrier.receive(from: carrier, most: room) else { return }
            for (place, note) in notes.enumerated() {
              take(place < descriptors.count ? Descriptor(owning: descriptors[place]) : nil, note)
            }
          } catch {
            guard error.number == EBADMSG else { throw error }
            // Which record belongs to whom is not known any more.
            unfinished = []
            Log.write(.connectionFailed, "some connections were put by without notes, and are closed")
          }
        }
      } catch {
        Log.write(.connectionFailed, "connections were not taken over, and are closed: \(error)")
      }
    }

    /// - Parameter descriptor: nil if it could not come: its record is others' in no case.
    private mutating func take(_ descriptor: consuming Descriptor?, _ note: UInt8) {
      let entrance: Entrance = note & isAdministration == 0 ? .validation : .administration
      let isWhole = note & isUnfinished == 0
      let rest = isWhole ? nil : unfinished.popFirst()
      guard let descriptor else { return beyond += 1 }
      // Without what was held of it, the next bytes would be read in the middle of a frame.
      guard isWhole || rest != nil else { return unread += 1 }
      guard counts[entrance, default: 0] < bounds.all(through: entrance) else { return beyond += 1 }
      counts[entrance, default: 0] += 1
      newcomers.append(Newcomer(descriptor, through: entrance, unfinished: rest))
    }

    func tellOfLost() {
      for (count, why) in [
        (unread, "what had been read of them is missing"),
        (beyond, "the process may have too few descriptors (LimitNOFILE=)"),
      ] where count > 0 {
        Log.write(
          .connectionFailed, "\(count) connections were not taken over, and are closed: \(why)",
          [.connections: "\(count)"])
      }
    }
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
