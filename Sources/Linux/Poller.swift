// epoll(7), level-triggered: says which descriptors are ready.

private import CLinux

/// Waits for many descriptors at once. Owned by one thread.
package struct Poller: ~Copyable {
  /// What a descriptor is waited for.
  package struct Interest: OptionSet {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readable = Interest(rawValue: 0x001)
    package static let writable = Interest(rawValue: 0x004)
    /// Wakes one of the pollers that wait for a shared listener, not all (EPOLLEXCLUSIVE).
    package static let exclusive = Interest(rawValue: 1 << 28)
  }

  /// What has become of a descriptor.
  package struct Event {
    /// The word it was registered with.
    package let word: UInt64
    package let isReadable: Bool
    package let isWritable: Bool
    /// The peer is wholly gone, or the descriptor is broken (EPOLLHUP, EPOLLERR).
    package let isBroken: Bool
  }

  /// The most events that one wait returns.
  package static let capacity = 64

  private let descriptor: Descriptor

  /// For another poller, which may wait for this one.
  package var fd: Int32 { descriptor.fd }

  /// The system call is epoll_create1(2).
  package init() throws(Errno) {
    descriptor = Descriptor(owning: try check("epoll_create1") { clinux_epoll_create() })
  }

  /// Begins to watch `fd`; its events bear `word`.
  package func add(_ fd: Int32, for interest: Interest, word: UInt64) throws(Errno) {
    try control(1, fd, interest, word)
  }

  /// Changes what `fd`, already watched, is waited for.
  package func change(_ fd: Int32, to interest: Interest, word: UInt64) throws(Errno) {
    try control(3, fd, interest, word)
  }

  /// Stops watching `fd`, before it is closed.
  package func remove(_ fd: Int32) throws(Errno) {
    try control(2, fd, [], 0)
  }

  private func control(_ operation: Int32, _ fd: Int32, _ interest: Interest, _ word: UInt64) throws(Errno) {
    try check("epoll_ctl") {
      clinux_epoll_control(descriptor.fd, operation, fd, interest.rawValue, word)
    }
  }

  /// Waits as `wait(timeout:into:)` does, but first asks again and again for `time`, and sleeps only if nothing came.
  /// With a timeout of 0 it asks once.
  package func wait(
    timeout milliseconds: Int32?, spinning time: Duration, into events: inout [Event]
  ) throws(Errno) {
    if time > .zero, milliseconds != 0 {
      let count = events.count
      let spin = Spin(for: time)
      repeat {
        try wait(timeout: 0, into: &events)
        if events.count > count { return }
      } while spin.goesOn()
    }
    try wait(timeout: milliseconds, into: &events)
  }

  /// Waits for events, at most `timeout` (nil: for ever), and appends them to `events`, at most `most`.
  ///
  /// The system call is epoll_wait(2). An interrupting signal ends the wait with no events.
  package func wait(
    timeout milliseconds: Int32?, most: Int = capacity, into events: inout [Event]
  ) throws(Errno) {
    var ready = InlineArray<64, clinux_event>(repeating: clinux_event(events: 0, word: 0))
    var span = ready.mutableSpan
    let count = unsafe span.withUnsafeMutableBufferPointer { buffer in
      unsafe clinux_epoll_wait(descriptor.fd, buffer.baseAddress, Int32(min(most, buffer.count)), milliseconds ?? -1)
    }
    if count < 0 {
      let error = Errno.last(in: "epoll_wait")
      if error.isInterruption { return }
      throw error
    }
    for index in 0..<Int(count) {
      let event = span[index]
      events.append(
        Event(
          word: event.word,
          isReadable: event.events & 0x001 != 0,
          isWritable: event.events & 0x004 != 0,
          isBroken: event.events & 0x018 != 0))
    }
  }
}
