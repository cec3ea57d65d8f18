// A bell that one thread rings and another, asleep in its poller, hears.

private import CLinux
private import Glibc

/// An eventfd(2): `ring` from any thread makes it readable until the owner calls `hush`.
package struct Wakeup: ~Copyable, Sendable {
  private let descriptor: Descriptor

  package init() throws(Errno) {
    descriptor = Descriptor(owning: try check("eventfd") { clinux_eventfd() })
  }

  /// The number to register with a poller.
  package var fd: Int32 { descriptor.fd }

  /// Makes the bell readable. Never blocks: a bell that has been rung is rung.
  package func ring() {
    var one: UInt64 = 1
    // A failure (EAGAIN) means that the counter is full, so it is readable anyway.
    _ = unsafe write(descriptor.fd, &one, 8)
  }

  /// Waits until the bell is readable, or that long; nil for ever. The system call is poll(2).
  package func wait(_ time: Duration?) throws(Errno) {
    var poll = pollfd(fd: descriptor.fd, events: Int16(POLLIN), revents: 0)
    try check("poll") { unsafe Glibc.poll(&poll, 1, time?.wholeMilliseconds ?? -1) }
  }

  /// Makes the bell unreadable again.
  package func hush() {
    var count: UInt64 = 0
    // A failure (EAGAIN) means that it had not been rung.
    _ = unsafe read(descriptor.fd, &count, 8)
  }
}

extension Duration {
  /// Milliseconds, rounded up, so that whoever waits that long does not wake before the time; at least 0.
  package var wholeMilliseconds: Int32 {
    let (seconds, attoseconds) = components
    guard seconds < Int64(Int32.max) / 1000 else { return .max }
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}
