// What any work on a server's processor costs it, whosever it is.

import Linux
import Synchronization

/// A thread on one processor, with a server or not, that computes in bursts at a pace, touching no memory of note, no file
/// and no socket, and gives way as tokend's journal does.
struct BusyNeighbour: ~Copyable {
  private let thread: Thread
  private let stop: Stop

  private final class Stop: Sendable {
    let isOver = Atomic(false)
    let isPinned = Atomic(true)
    /// What it had of its processor, in nanoseconds.
    let spent = Atomic<UInt64>(0)
    let bursts = Atomic(0)
  }

  /// Begins.
  /// - Parameters:
  ///   - processor: where it runs.
  ///   - burst: how long it runs at a time, waking and going to sleep included, in nanoseconds.
  ///   - rate: bursts a second.
  init(on processor: Int, burst: UInt64, aSecond rate: Int) throws {
    let stop = Stop()
    self.stop = stop
    thread = try Thread(named: "neighbour") {
      do throws(Errno) { try System.pin(to: processor...processor) } catch {
        return stop.isPinned.store(false, ordering: .relaxed)
      }
      Thread.takeTurns(of: .microseconds(100), nicerBy: 10)
      var due = System.monotonicNanoseconds()
      // What it is to have had. Going to sleep and waking take their part of each burst, and are taken off the next.
      var share = System.threadNanoseconds()
      while !stop.isOver.load(ordering: .relaxed) {
        due += UInt64(1_000_000_000 / rate)
        share += burst
        let spent = System.threadNanoseconds()
        if spent < share { System.compute(for: share - spent) }
        stop.bursts.add(1, ordering: .relaxed)
        System.sleep(untilMonotonic: due)
      }
      stop.spent.store(System.threadNanoseconds(), ordering: .relaxed)
    }
  }

  /// Ends it.
  /// - Returns: for how long it ran, in nanoseconds, and in how many bursts.
  /// - Throws: BenchFailure if it ran elsewhere than it was to.
  consuming func end() throws -> (spent: UInt64, bursts: Int) {
    stop.isOver.store(true, ordering: .relaxed)
    thread.join()
    if !stop.isPinned.load(ordering: .relaxed) {
      throw BenchFailure("the neighbour could not be kept on its processor")
    }
    return (stop.spent.load(ordering: .relaxed), stop.bursts.load(ordering: .relaxed))
  }
}
