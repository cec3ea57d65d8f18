// The system's journal, as a program that has things to tell sees it.

private import CLinux
private import Glibc

/// Where systemd-journald takes records of fields. The library's sd_journal_sendv(3) would do, but it waits as long as the
/// journal's queue is full, and its callers here must not. The protocol is that of
/// https://systemd.io/JOURNAL_NATIVE_PROTOCOL/.
package struct JournalSocket: ~Copyable {
  private static let path = "/run/systemd/journal/socket"

  private let descriptor: Descriptor

  /// The journal's socket, if standard error goes to the journal: JOURNAL_STREAM of systemd.exec(5) names the very file
  /// that it is. nil if it does not, and if there is no socket to be had.
  package init?() {
    var status = stat()
    guard let stream = System.variable("JOURNAL_STREAM"), unsafe fstat(2, &status) == 0,
      stream == "\(status.st_dev):\(status.st_ino)"
    else { return nil }
    let fd = clinux_unix_datagram_socket()
    guard fd >= 0 else { return nil }
    descriptor = Descriptor(owning: fd)
  }

  /// Sends one record. Names are of capital letters, digits and underscores, and do not begin with one.
  /// - Returns: whether it could be sent, or, as the queue is full, was left out: it never waits. If not, the journal has
  ///   no socket.
  package borrowing func send(_ fields: [(name: String, value: String)]) -> Bool {
    let record = Self.record(of: fields)
    return unsafe record.withUnsafeBytes {
      unsafe clinux_unix_send_to(descriptor.fd, Self.path, $0.baseAddress, UInt($0.count)) == $0.count
        || errno == EAGAIN
    }
  }

  /// What is sent: each field's name, a line feed, how many bytes the value has, as 64 bits with the lowest byte first,
  /// and the value, with a line feed behind it. So no value can be taken for a field.
  package static func record(of fields: [(name: String, value: String)]) -> [UInt8] {
    var record: [UInt8] = []
    for (name, value) in fields {
      record += name.utf8
      record.append(UInt8(ascii: "\n"))
      let bytes = UInt64(value.utf8.count)
      for shift in stride(from: UInt64(0), to: 64, by: 8) { record.append(UInt8(truncatingIfNeeded: bytes >> shift)) }
      record += value.utf8
      record.append(UInt8(ascii: "\n"))
    }
    return record
  }
}
