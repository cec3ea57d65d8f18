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
    let milliseconds = time.map { Int32(clamping: max(0, $0.components.seconds * 1000 + 1)) } ?? -1
    try check("poll") { unsafe Glibc.poll(&poll, 1, milliseconds) }
  }

  /// Makes the bell unreadable again.
  package func hush() {
    var count: UInt64 = 0
    // A failure (EAGAIN) means that it had not been rung.
    _ = unsafe read(descriptor.fd, &count, 8)
  }
}
