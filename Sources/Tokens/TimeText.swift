// Moments and lengths of time as people read them. All of them are in UTC.

private import Glibc

/// A moment as "2027-01-31 12:00:00Z"; "@" and the number if it has no year of four digits.
///
/// The call is gmtime_r(3).
package func formatInstant(_ seconds: Int64) -> String {
  var moment = time_t(seconds)
  var time = unsafe tm()
  guard unsafe gmtime_r(&moment, &time) != nil, unsafe (-1900...8099).contains(time.tm_year) else {
    return "@\(seconds)"
  }
  func padded(_ number: Int32, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
  let day = unsafe "\(padded(time.tm_year + 1900, 4))-\(padded(time.tm_mon + 1, 2))-\(padded(time.tm_mday, 2))"
  return unsafe "\(day) \(padded(time.tm_hour, 2)):\(padded(time.tm_min, 2)):\(padded(time.tm_sec, 2))Z"
}

/// A length of time in its largest whole unit: "90d", "12h", "45s".
package func formatDuration(_ seconds: Int64) -> String {
  let units: [(Int64, String)] = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")]
  let unit = units.first { seconds >= $0.0 && seconds % $0.0 == 0 } ?? (1, "s")
  return "\(seconds / unit.0)\(unit.1)"
}
