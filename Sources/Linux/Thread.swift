// A thread: started once, and joined or detached once.

private import CLinux
private import Glibc

/// A running thread. It must be joined or detached, once.
package final class Thread: Sendable {
  private let id: pthread_t

  private final class Start: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Starts `body` on a thread of its own, known to ps(1) and gdb(1) as `name` (at most 15 bytes).
  ///
  /// The call is pthread_create(3).
  package init(named name: String, _ body: @escaping @Sendable () -> Void) throws(Errno) {
    let start = Start(body)
    var thread = pthread_t()
    // The retained reference goes to the new thread, which releases it.
    let context = unsafe Unmanaged.passRetained(start).toOpaque()
    let error = unsafe pthread_create(
      &thread, nil,
      { context in
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<Start>.fromOpaque(context).takeRetainedValue().body()
        return nil
      }, context)
    guard error == 0 else {
      unsafe Unmanaged<Start>.fromOpaque(context).release()
      throw Errno(error, in: "pthread_create")
    }
    unsafe clinux_name_thread(UInt(thread), name)
    id = thread
  }

  /// Has the calling thread, and those it starts from now on, run for `slice` at a time, at least 100 µs, and rank `steps`
  /// below what it was by nice(1). Who yields gives up a slice: a short one is back soon.
  ///
  /// The system call is sched_setattr(2). Kernels before 6.12 have slices of their own, and where the call is refused the
  /// rank alone changes; neither is an error.
  package static func takeTurns(of slice: Duration, nicerBy steps: Int32) {
    clinux_take_turns(steps, UInt64(slice / .nanoseconds(1)))
  }

  /// Lets others that wait for this processor run first; goes on at once if there are none. The system call is sched_yield(2).
  package static func yield() { _ = sched_yield() }

  /// Has nobody wait for its end: it may not be joined. The call is pthread_detach(3).
  package func detach() { _ = pthread_detach(id) }

  /// Waits until the thread has ended. The call is pthread_join(3).
  package func join() {
    _ = pthread_join(id, nil)
  }
}
