// What systemd is told, and what it passes in. Without systemd, both are nothing.

private import CSystemd
private import Glibc

/// The notify protocol and socket activation.
enum Notifier {
  /// Tells systemd that the daemon is ready, stopping, or how it is. The call is sd_notify(3).
  static func tell(_ state: String) {
    // Without a NOTIFY_SOCKET nothing is told; an error leaves nothing to do.
    _ = unsafe sd_notify(0, state)
  }

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
