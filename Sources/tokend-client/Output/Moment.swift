// Moments as people write them: when a token expires, and when anything happened.
// All of them are in UTC.

private import Glibc
internal import Options
private import Tokens

/// A moment or a length of time, as an option gives it.
enum Moment {
  /// Whether a moment is to come, as with `--expires`, or past, as with `--unused-since`.
  enum Tense {
    case future, past
  }

  /// What `parse` takes. A date is its first moment; a year is 365 days.
  static func accepted(_ tense: Tense) -> String {
    let example = tense == .future ? "a time from now" : "a time ago"
    return "\(example) (90d, 12h, 30m, 45s, 2w, 1y), a date (2027-01-31), an instant (2027-01-31T12:00:00Z)"
      + (tense == .future ? " or never" : "")
  }

  /// The seconds since 1970 of the moment that `text` names, seen from `now`; 0 for never. Fractions of a second are left
  /// out.
  /// - Throws: what is none of `accepted`, not in its tense, or later than the year 9999.
  static func parse(_ text: String, _ tense: Tense, option: String, now: Int64) throws(UsageError) -> Int64 {
    if text == "never", tense == .future { return 0 }
    let distance = seconds(of: text).map { tense == .future ? $0 : -$0 }
    guard
      let moment = distance.map({ now.addingReportingOverflow($0) }).map({ $0.overflow ? .max : $0.partialValue })
        ?? instant(Array(text.utf8))
    else { throw UsageError("--\(option): \(text): use \(accepted(tense))") }
    guard moment <= Instant.last.seconds else { throw UsageError("--\(option): \(text): is after the year 9999") }
    // Zero, which stands for never, is among the moments refused here.
    switch tense {
    case .future: guard moment > max(now, 0) else { throw UsageError("--\(option): \(text): is not in the future") }
    case .past: guard moment >= 1, moment <= now else { throw UsageError("--\(option): \(text): is not in the past") }
    }
    return moment
  }

  /// The seconds of a number and a unit, such as "90d"; the most there are if that is too many for a number.
  static func seconds(of text: String) -> Int64? {
    let bytes = Array(text.utf8)
    let units: [UInt8: Int64] = [
      UInt8(ascii: "s"): 1, UInt8(ascii: "m"): 60, UInt8(ascii: "h"): 3600, UInt8(ascii: "d"): 86_400,
      UInt8(ascii: "w"): 7 * 86_400, UInt8(ascii: "y"): 365 * 86_400,
    ]
    guard let last = bytes.last, let unit = units[last] else { return nil }
    let digits = bytes.dropLast()
    guard !digits.isEmpty, digits.allSatisfy(isDigit) else { return nil }
    guard let count = Int64(String(decoding: digits, as: UTF8.self)) else { return .max }
    let (seconds, isTooMany) = count.multipliedReportingOverflow(by: unit)
    return isTooMany ? .max : seconds
  }

  /// A date or an instant of RFC 3339. The call is timegm(3).
  private static func instant(_ bytes: [UInt8]) -> Int64? {
    var rest = bytes[...]
    guard let year = number(4, &rest), skip("-", &rest), let month = number(2, &rest), skip("-", &rest),
      let day = number(2, &rest)
    else { return nil }
    var time = unsafe tm()
    unsafe (time.tm_year, time.tm_mon, time.tm_mday) = (year - 1900, month - 1, day)
    var offset: Int64 = 0
    if !rest.isEmpty {
      // RFC 3339 lets a space stand for the T, and so this program prints it.
      guard skip("T", &rest) || skip("t", &rest) || skip(" ", &rest), let hour = number(2, &rest), skip(":", &rest),
        let minute = number(2, &rest), skip(":", &rest), let second = number(2, &rest),
        hour < 24, minute < 60, second < 60
      else { return nil }
      unsafe (time.tm_hour, time.tm_min, time.tm_sec) = (hour, minute, second)
      if skip(".", &rest) {
        guard let first = rest.first, isDigit(first) else { return nil }
        rest = rest.drop(while: isDigit)
      }
      guard let shift = zone(&rest), rest.isEmpty else { return nil }
      offset = shift
    }
    let seconds = unsafe timegm(&time)
    // timegm makes the 2nd of March of a 30th of February, so a day that it has moved does not exist.
    guard unsafe time.tm_mon == month - 1, unsafe time.tm_mday == day else { return nil }
    return Int64(seconds) - offset
  }

  /// The seconds that a zone, "Z" or "+02:00", is ahead of UTC.
  private static func zone(_ rest: inout ArraySlice<UInt8>) -> Int64? {
    if skip("Z", &rest) || skip("z", &rest) { return 0 }
    let isBehind = skip("-", &rest)
    guard isBehind || skip("+", &rest), let hours = number(2, &rest), skip(":", &rest),
      let minutes = number(2, &rest), hours < 24, minutes < 60
    else { return nil }
    return Int64(hours * 3600 + minutes * 60) * (isBehind ? -1 : 1)
  }

  private static func number(_ digits: Int, _ rest: inout ArraySlice<UInt8>) -> Int32? {
    let head = rest.prefix(digits)
    guard head.count == digits, head.allSatisfy(isDigit) else { return nil }
    rest = rest.dropFirst(digits)
    return head.reduce(0) { $0 * 10 + Int32($1 - 0x30) }
  }

  private static func skip(_ mark: Unicode.Scalar, _ rest: inout ArraySlice<UInt8>) -> Bool {
    guard rest.first == UInt8(ascii: mark) else { return false }
    rest = rest.dropFirst()
    return true
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

/// How far off a moment is, in its largest unit: "in 89d", "3h ago", "now"; "never" for 0.
func formatDistance(_ seconds: Int64, from now: Int64) -> String {
  if seconds == 0 { return "never" }
  let (distance, _) = seconds.subtractingReportingOverflow(now)
  let length = distance.magnitude
  if length < 1 { return "now" }
  let units: [(UInt64, String)] = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")]
  // Two of a unit at least, so that little is lost: 36h rather than 1d.
  let unit = units.first { length >= 2 * $0.0 } ?? (1, "s")
  // Rounded to the nearest: what was made to expire in 90d does so "in 90d" a minute later too.
  let text = "\((length + unit.0 / 2) / unit.0)\(unit.1)"
  return distance > 0 ? "in \(text)" : "\(text) ago"
}
