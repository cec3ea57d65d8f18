// Moments, as they are written and read.
// The numbers are those of date(1).

import Options
import Testing
import Tokens

@testable import tokend_client

@Suite struct MomentTests {
  /// 2026-01-01 00:00:00 UTC.
  static let now: Int64 = 1_767_225_600

  @Test(arguments: [
    ("45s", now + 45), ("30m", now + 1800), ("12h", now + 43_200), ("90d", now + 7_776_000), ("2w", now + 1_209_600),
    ("1y", now + 31_536_000), ("never", 0), ("2027-01-31", 1_801_353_600), ("2027-01-31T12:00:00Z", 1_801_396_800),
    ("2027-01-31t12:00:00.999z", 1_801_396_800), ("2027-01-31 12:00:00Z", 1_801_396_800),
    ("2027-01-31T14:00:00+02:00", 1_801_396_800),
    ("2027-01-31T06:30:00-05:30", 1_801_396_800), ("2028-02-29", 1_835_395_200),
    ("9999-12-31T23:59:59Z", 253_402_300_799),
  ])
  func `an expiry is read`(text: String, seconds: Int64) throws {
    #expect(try Moment.parse(text, .future, option: "expires", now: Self.now) == seconds)
  }

  @Test(arguments: [
    "", "d", "90", "+9d", "-9d", "9 d", "1.5h", "9D", "90dd", "Never", "2027-1-31", "2027-02-29", "2027-13-01",
    "2027-00-10", "2027-04-31", "2027-01-31T", "2027-01-31T12:00:00", "2027-01-31T24:00:00Z",
    "2027-01-31T12:60:00Z", "2027-01-31T12:00:60Z", "2027-01-31T12:00:00.Z", "2027-01-31T12:00:00Zx",
    "2027-01-31T12:00:00+0200", "٣d", "tomorrow",
  ])
  func `what is none of the forms is refused with their list`(text: String) {
    #expect(throws: UsageError("--expires: \(text): use \(Moment.accepted(.future))")) {
      try Moment.parse(text, .future, option: "expires", now: Self.now)
    }
  }

  @Test(arguments: ["0s", "0000d", "1970-01-01", "1969-12-31", "0000-01-01", "2026-01-01", "2025-12-31T23:59:59Z"])
  func `the past is refused, and never taken for never`(text: String) {
    #expect(throws: UsageError("--expires: \(text): is not in the future")) {
      try Moment.parse(text, .future, option: "expires", now: Self.now)
    }
  }

  @Test(arguments: ["9223372036854775807s", "9223372036854775807y", "99999999999999999999d", "10000y"])
  func `what is too far is refused`(text: String) {
    #expect(throws: UsageError("--expires: \(text): is after the year 9999")) {
      try Moment.parse(text, .future, option: "expires", now: Self.now)
    }
  }

  @Test(arguments: [
    (1_801_396_800, "2027-01-31 12:00:00Z"), (0, "1970-01-01 00:00:00Z"), (-1, "1969-12-31 23:59:59Z"),
    (253_402_300_799, "9999-12-31 23:59:59Z"), (253_402_300_800, "@253402300800"),
    (Int64.max, "@9223372036854775807"), (Int64.min, "@-9223372036854775808"),
    (-62_167_219_200, "0000-01-01 00:00:00Z"),
  ])
  func `an instant is written in UTC`(seconds: Int64, text: String) {
    #expect(formatInstant(seconds) == text)
  }
}
