// What systemd is told, what it keeps, and what it passes in. Without systemd, all of it is nothing.

private import CSystemd
private import Glibc
private import Linux

/// The notify protocol and socket activation.
enum Notifier {
  /// Tells systemd that the daemon is ready, stopping, or how it is. The call is sd_notify(3).
  static func tell(_ state: String) {
    // Without a NOTIFY_SOCKET nothing is told; an error leaves nothing to do.
    _ = unsafe sd_notify(0, state)
  }

  /// Whether somebody listens, who may keep descriptors.
  static var isHeard: Bool { System.variable("NOTIFY_SOCKET") != nil }

  /// How often systemd wants to hear that the daemon works, or nil if it does not. The call is
  /// sd_watchdog_enabled(3).
  static var watchdog: Duration? {
    var microseconds: UInt64 = 0
    guard unsafe sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
    return .microseconds(Int64(clamping: microseconds))
  }

  /// Has systemd keep open what a descriptor stands for, though its other end be closed, and pass it under `name` to the
  /// next process. The call is sd_pid_notify_with_fds(3).
  /// - Returns: whether it was told.
  static func keep(_ descriptor: Int32, as name: String) -> Bool {
    unsafe sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDPOLL=0\nFDNAME=\(name)", [descriptor], 1) > 0
  }

  /// Has systemd close what it keeps under `name`. Until then a peer would not see that the daemon has hung up.
  static func forget(_ name: String) { tell("FDSTOREREMOVE=1\nFDNAME=\(name)") }

  /// Returns when systemd has dealt with all that it was told, or after some time. The call is sd_notify_barrier(3).
  static func settle() { _ = sd_notify_barrier(0, 500_000) }

  /// Descriptors that were passed in, by name; they come in no fixed order. The call is sd_listen_fds_with_names(3).
  static func passedDescriptors() -> [(name: String, fd: Int32)] {
    var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    let count = unsafe sd_listen_fds_with_names(1, &names)
    guard count > 0, let names = unsafe names else { return [] }
    defer { unsafe free(names) }
    return (0..<count).map { index in
      guard let name = unsafe names[Int(index)] else { return ("", 3 + index) }
      defer { unsafe free(name) }
      return unsafe (String(cString: name), 3 + index)
    }
  }
}
