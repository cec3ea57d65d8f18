// What Tests/Allocations/counting.c has counted within a daemon, read from the file that they share.

import Linux

/// The calls of the heap's functions that each thread of a process has made since it began.
struct AllocationTable {
  /// One thread's calls.
  struct Row: Equatable {
    var allocations = 0
    var frees = 0

    static func - (left: Row, right: Row) -> Row {
      Row(allocations: left.allocations - right.allocations, frees: left.frees - right.frees)
    }
  }

  /// By the threads' names. Threads of one name are counted together.
  private let rows: [String: Row]

  private static let rowBytes = 64
  private static let mostRows = 64

  /// Reads the counts of this moment.
  /// - Parameter process: whose threads they are, for their names.
  init(file: String, process: Int) throws {
    let bytes = try File.read(file, from: 0, most: Self.rowBytes * Self.mostRows)
    var rows: [String: Row] = [:]
    for start in stride(from: 0, to: bytes.count, by: Self.rowBytes) {
      let words = (0..<6).map { word in
        Int((0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + word * 8 + $1]) << UInt64(8 * $1) })
      }
      guard words[0] != 0 else { break }
      let name = try File.read("/proc/\(process)/task/\(words[0])/comm", most: 64) ?? Array("ended".utf8)
      let key = String(decoding: name.prefix { $0 != 0x0A }, as: UTF8.self)
      rows[key, default: Row()].allocations += words[1...4].reduce(0, +)
      rows[key, default: Row()].frees += words[5]
    }
    self.rows = rows
  }

  /// What the thread of that name has called.
  /// - Throws: if no such thread has been counted.
  func row(_ thread: String) throws -> Row {
    guard let row = rows[thread] else { throw BenchFailure("nothing was counted of a thread named \(thread)") }
    return row
  }
}
