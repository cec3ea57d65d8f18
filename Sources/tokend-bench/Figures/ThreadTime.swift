// How long one thread of a server has run.

import Linux

/// What a thread has had of processors, in nanoseconds.
/// - Parameter schedstat: the file of that name which proc(5) has for the thread.
func processorTime(ofThread schedstat: String) throws -> UInt64 {
  guard let bytes = try File.read(schedstat, most: 4096),
    let time = String(decoding: bytes, as: UTF8.self).split(separator: " ").first.flatMap({ UInt64($0) })
  else { throw BenchFailure("\(schedstat) does not say how long a thread has run") }
  return time
}
