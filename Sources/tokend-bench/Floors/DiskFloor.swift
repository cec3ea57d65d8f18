// What bounds every durable write: how often a file system makes a little durable.

import Linux

/// Writes 4 KiB and calls fdatasync(2), over and over, on a file of its own, which it removes.
struct DiskFloor {
  /// Where each write goes.
  enum Way: String, CaseIterable {
    /// Behind the last, as a log grows.
    case appending
    /// Over what is there, as SQLite's write-ahead log does once it has been as long.
    case overwriting
  }

  private static let block = [UInt8](repeating: 0x78, count: 4096)
  /// Blocks of the file that is written over.
  private static let blocks = 1024

  /// On the file system that is asked about.
  let directory: String

  func run(_ way: Way, seconds: Double) throws -> Outcome {
    let path = directory + "/floor"
    let file = try File.new(path)
    defer { System.remove(path) }
    if way == .overwriting {
      for _ in 0..<Self.blocks { try File.write(Self.block.span, to: file) }
      try File.sync(file)
    }
    var outcome = Outcome()
    var written = 0
    let begin = System.monotonicNanoseconds()
    let end = begin + UInt64(seconds * 1e9)
    var last = begin
    while last < end {
      let place = way == .appending ? written : written % Self.blocks
      try File.write(Self.block.span, to: file, at: place * Self.block.count)
      try File.syncData(file)
      written += 1
      let now = System.monotonicNanoseconds()
      outcome.latency.add(now - last)
      last = now
    }
    outcome.rate = Double(written) / (Double(last - begin) / 1e9)
    return outcome
  }
}
